"""Damaged pages of the catalogue: the tables they belong to, and repairs from the texts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from citespan.index.catalogue.builds import drop_build
from citespan.index.catalogue.chunks import ChunkTable
from citespan.index.disk.database import Database
from citespan.index.disk.folder import CATALOGUE, lock_for_writing
from citespan.index.disk.pages import wrong_pages
from citespan.index.errors import StoreCorrupt
from citespan.index.types import Chunk, Document, Vectors

_UNUSED = "unused space"
_FORMER = "SELECT id FROM builds WHERE id <> (SELECT value FROM meta WHERE key = 'build')"
_EXISTS = "SELECT 1 FROM sqlite_schema WHERE name = ?"


def wrong_parts(file: Path) -> Mapping[str, int]:
    """Return how many pages have a wrong checksum, by their table or index.

    Args:
        file: a database whose log is empty, and to which no process writes.
    """
    pages = set(wrong_pages(file))
    if not pages:
        return {}
    with closing(Database(file, read_only=True, verified=False)) as db:
        owners = dict(db.rows("SELECT pageno, name FROM dbstat"))
    return Counter(owners.get(page, _UNUSED) for page in pages)


def mend_unsearched(folder: Path) -> list[str]:
    """Rebuild indexes, and drop former builds and unused space, if only these are damaged.

    Args:
        folder: the data folder, which no process may have open for writing.

    Returns:
        A line for each repaired part.

    Raises:
        StoreLocked: another process has the folder open for writing.
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
                    changing.execute("DELETE FROM derived WHERE name LIKE ?", (f"{build}/%",))
                for table in {tables[part] for part in parts if part in tables}:
                    if changing.execute(_EXISTS, (table,)).fetchone():
                        changing.execute(f"REINDEX {table}")
                _check_whole(db)
            db.vacuum()
    except StoreCorrupt:  # too much is damaged; opening the catalogue reports it
        return []
    finally:
        lock.release()
    return [f"{part} in the catalogue was damaged" for part in sorted(parts)]


def repair_chunks(
    file: Path, build: int, rebuilt: Sequence[tuple[Document, Sequence[Chunk], Vectors]]
) -> None:
    """Replace the chunks on damaged pages.

    Args:
        file: the catalogue, whose log is empty, and which no other caller has open for writing.
        build: the build of the chunks.
        rebuilt: every document that has chunks on such a page, with its new chunks and vectors.

    Raises:
        StoreCorrupt: other parts are damaged as well; nothing has changed.
    """
    if list(wrong_parts(file)) != [f"chunks_{build}"]:
        raise StoreCorrupt(
            f"the catalogue {file} is damaged in more than its chunks; restore a backup"
        )
    with closing(Database(file, read_only=False, verified=False)) as db:
        table = ChunkTable(db, build)
        with db.transaction() as changing:
            changing.execute("UPDATE meta SET value = value + 1 WHERE key = 'generation'")
            generation = int(db.rows("SELECT value FROM meta WHERE key = 'generation'")[0][0])
            for document, chunks, vectors in rebuilt:
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
