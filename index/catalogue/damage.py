"""Damaged pages of the catalogue: what they are part of, and making again what can be."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from citespan.index.catalogue.chunks import ChunkTable
from citespan.index.catalogue.schema import drop_build
from citespan.index.disk.database import Database, wrong_pages
from citespan.index.disk.folder import CATALOGUE, lock_for_writing
from citespan.index.errors import StoreCorrupt
from citespan.index.types import Chunk, Document, Vectors

_UNUSED = "unused space"
_FORMER = "SELECT id FROM builds WHERE id <> (SELECT value FROM meta WHERE key = 'build')"
_EXISTS = "SELECT 1 FROM sqlite_schema WHERE name = ?"


def wrong_parts(file: Path) -> Mapping[str, int]:
    """How many pages with a wrong checksum there are, by the table or index they are part of.

    Args:
        file: a database whose log is empty, and that nobody writes to.
    """
    pages = set(wrong_pages(file))
    if not pages:
        return {}
    with closing(Database(file, read_only=True, verified=False)) as db:
        owners = dict(db.rows("SELECT pageno, name FROM dbstat"))
    return Counter(owners.get(page, _UNUSED) for page in pages)


def mend_unsearched(folder: Path) -> list[str]:
    """Make indexes again, and leave out former chunks and unused space, if that alone is damaged.

    Args:
        folder: the data folder, which nobody may have open to write.

    Returns:
        What was mended.

    Raises:
        StoreLocked: somebody has.
    """
    file = folder / CATALOGUE
    if not file.exists():
        return []
    lock = lock_for_writing(folder)
    try:
        with closing(Database(file, read_only=False, verified=False)) as db:
            if not db.reserves_checksums() or not db.empty_log():
                return []
            parts = wrong_parts(file)
            tables = dict(db.rows("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index'"))
            former = {f"chunks_{build}": build for (build,) in db.rows(_FORMER)}
            if not parts or not parts.keys() <= {*tables, *former, _UNUSED}:
                return []
            with db.transaction() as changing:
                for build in (former[part] for part in parts if part in former):
                    drop_build(changing, build)
                for table in {tables[part] for part in parts if part in tables}:
                    if changing.execute(_EXISTS, (table,)).fetchone():
                        changing.execute(f"REINDEX {table}")
                _check_whole(db)
            db.vacuum()
    except StoreCorrupt:  # too much is damaged: opening it tells what
        return []
    finally:
        lock.release()
    return [f"{part} in the catalogue was damaged" for part in sorted(parts)]


def mend_chunks(
    file: Path, build: int, remade: Sequence[tuple[Document, Sequence[Chunk], Vectors]]
) -> None:
    """Put chunks in the place of those on damaged pages.

    Args:
        file: the catalogue, whose log is empty, opened by nobody else to write.
        build: whose chunks they are.
        remade: every document that has chunks on such a page, with new ones.

    Raises:
        StoreCorrupt: something else is damaged as well; nothing has changed.
    """
    if list(wrong_parts(file)) != [f"chunks_{build}"]:
        raise StoreCorrupt(f"the catalogue {file} is damaged in more than its chunks")
    with closing(Database(file, read_only=False, verified=False)) as db:
        table = ChunkTable(db, build)
        with db.transaction() as changing:
            changing.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            generation = int(db.rows("SELECT value FROM meta WHERE key = 'generation'")[0][0])
            for document, chunks, vectors in remade:
                changing.execute(
                    "UPDATE documents SET generation = ? WHERE id = ?", (generation, document.id)
                )
                table.forget(changing, generation, document.id)
                table.insert(changing, chunks, vectors)
            _check_whole(db)
        db.empty_log()


def _check_whole(db: Database) -> None:
    if problems := db.integrity_problems():
        raise StoreCorrupt("; ".join(problems))
