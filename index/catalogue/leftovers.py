"""Removed data that SQLite may still hold: rows without an owner, free pages with data."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from citespan.index.catalogue.database import Tables

# The revisions of documents, newest first, beyond the current one and `keep` more.
PURGED = """(document_id, revision) IN (
    SELECT document_id, revision FROM (
        SELECT document_id, revision, row_number() OVER (
            PARTITION BY document_id ORDER BY revision DESC) AS age
        FROM revisions{chosen}) AS aged
    WHERE age > ? + 1)
    AND (document_id, revision) NOT IN (SELECT id, revision FROM documents)"""

_OWNERLESS = "SELECT count(*) FROM {table} WHERE document_id NOT IN (SELECT id FROM documents)"
_RETIRED = (
    "SELECT count(*) FROM documents d JOIN retired t ON t.id = d.id"
    " JOIN revisions r ON r.document_id = d.id AND r.revision <= t.revision"
)


def ownerless_rows(db: Tables, builds: Iterable[int]) -> Iterator[str]:
    """Yield a line for each kind of row that is left of deleted documents."""
    chunks = [("chunks", _OWNERLESS.format(table=f"chunks_{build}")) for build in builds]
    for what, statement in (
        ("revisions", _OWNERLESS.format(table="revisions")),
        *chunks,
        ("earlier revisions", _RETIRED),  # of an id that is stored again
    ):
        if count := db.rows(statement)[0][0]:
            yield f"the catalogue holds {count} {what} of documents that were deleted"


def unclean_free_pages(file: Path) -> int:
    """Return how many free pages of a database file are not all zeros, by the free-page list.

    The pages that hold the list itself are not counted, because they hold numbers.

    Source: https://www.sqlite.org/fileformat2.html, sections 1.3 and 1.5
    """
    found = 0
    with file.open("rb") as database:
        header = database.read(100)
        size = int.from_bytes(header[16:18])
        size = 65536 if size == 1 else size
        trunk = int.from_bytes(header[32:36])
        for _ in range(int.from_bytes(header[36:40])):  # no more trunks than free pages
            if not trunk:
                break
            database.seek((trunk - 1) * size)
            page = database.read(size)
            trunk, leaves = int.from_bytes(page[:4]), int.from_bytes(page[4:8])
            for at in range(8, 8 + 4 * leaves, 4):
                database.seek((int.from_bytes(page[at : at + 4]) - 1) * size)
                found += any(database.read(size))
    return found
