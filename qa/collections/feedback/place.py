"""Where labels and unanswered questions are: in the folder of a collection, or on a server."""

from pathlib import Path
from typing import Protocol

from citespan.index.catalogue import Tables
from citespan.qa.collections.feedback.lines import FileLines, Lines


class FeedbackPlace(Protocol):
    """Where the labels and the unanswered questions of a collection are."""

    def lines(self, file: str, *, durable: bool = True) -> Lines:
        """Return the lines of a file; if `durable` is not set, the last ones may be lost.

        Raises:
            StoreUnavailable: the place cannot be reached.
        """
        ...


class FeedbackInFolder:
    """Files in the folder of a collection."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lines(self, file: str, *, durable: bool = True) -> Lines:
        return FileLines(self._folder / file, durable=durable)


class FeedbackOnServer:
    """Lines that all servers of a database have; they get those of the folder, once.

    Args:
        db: the shared tables.
        collection: the identity of the collection.
        folder: its folder.
    """

    def __init__(self, db: Tables, collection: str, folder: Path) -> None:
        self._db, self._collection, self._folder = db, collection, folder

    def lines(self, file: str, *, durable: bool = True) -> Lines:  # noqa: ARG002  (all are durable)
        from citespan.index.shared import SharedLines  # its driver is an extra

        made = SharedLines(self._db, self._collection, file)
        FileLines(self._folder / file).hand_over(made.take_over)
        return made


def feedback_place(db: Tables | None, collection: str, folder: Path) -> FeedbackPlace:
    """Return where the feedback of a collection is: on a server if `db` is given."""
    if db is None:
        return FeedbackInFolder(folder)
    return FeedbackOnServer(db, collection, folder)
