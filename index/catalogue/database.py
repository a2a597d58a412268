"""The contract between the tables of a catalogue and the database that holds them."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Tables(Protocol):
    """A database for many threads, which raises the errors of `index.errors`.

    Statements mark their values with `?`.

    Attributes:
        log_is_clean: whether the log of a file holds no removed data; callers that remove data set
            it to False. A server cares for its own log.
    """

    log_is_clean: bool

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of one statement."""
        ...

    def in_batches(self, statement: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement that ends in IN for all of the ids."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Return a context inside which all reads of this thread see one state."""
        ...

    def transaction(self, *, removing: bool = False) -> AbstractContextManager[Any]:
        """Yield a connection; its changes inside are committed together, or not at all.

        The connection has `execute`, `executemany` and `changes`, which counts the changed rows.
        """
        ...
