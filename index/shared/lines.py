"""Lines of bytes that all servers of a database append to and change."""

from collections.abc import Callable, Iterable, Sequence

from citespan.index.catalogue import Tables
from citespan.index.shared.files import SharedFiles

_READ = "SELECT number, line FROM lines WHERE collection = ? AND kind = ? ORDER BY number"
_ADD = "INSERT INTO lines (collection, kind, line) VALUES (?, ?, ?)"
_CHANGE = "UPDATE lines SET line = ? WHERE number = ?"
_REMOVE = "DELETE FROM lines WHERE number = ?"


class SharedLines:
    """The lines of one kind of a collection. They are deleted with it.

    Args:
        db: the shared tables.
        collection: the identity of the collection.
        kind: what the lines are, such as the name of the file that would hold them.

    Raises:
        StoreUnavailable: any method: the server cannot be reached, or the collection was deleted.
    """

    name = "the table citespan_shared.lines"

    def __init__(self, db: Tables, collection: str, kind: str) -> None:
        self._db, self._of = db, (collection, kind)

    def read(self) -> list[tuple[int, bytes]]:
        """Return all lines with their numbers, in the order in which they were appended."""
        return [(number, bytes(line)) for number, line in self._db.rows(_READ, self._of)]

    def append(self, line: bytes) -> None:
        """Append a line, which is durable when this returns."""
        with self._db.transaction() as db:
            db.execute(_ADD, (*self._of, line))

    def rewrite(self, alter: Callable[[list[tuple[int, bytes]]], Iterable[bytes | None]]) -> None:
        """Replace each line by what `alter` returns for it, or remove it for None.

        No other process changes the lines meanwhile; it may append.
        """
        with self._db.transaction(removing=True) as db:
            found = db.execute(f"{_READ} FOR UPDATE", self._of).fetchall()
            before = [(number, bytes(line)) for number, line in found]
            made = list(zip(before, alter(before), strict=True))
            db.executemany(_REMOVE, [(one[0],) for one, line in made if line is None])
            changed = [(line, one[0]) for one, line in made if line not in {None, one[1]}]
            db.executemany(_CHANGE, changed)

    def take_over(self, lines: Sequence[bytes]) -> None:
        """Append the lines of a file that held them before, once: the same ones are not again."""
        files, whole = SharedFiles(self._db), b"\n".join(lines)
        with files.changing():
            if files.is_new("/".join(self._of), whole):
                with self._db.transaction() as db:
                    db.executemany(_ADD, [(*self._of, line) for line in lines])
