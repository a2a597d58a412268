"""The live build of a corpus: the one place where its searcher is held and replaced."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from citespan.index.corpus.searcher import Searcher
from citespan.index.corpus.tally import Tally


class Live:
    """The searcher over the live build. Any thread may read it.

    Documents are stored, and the searcher is replaced, only inside `storing`.
    """

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self.tally = Tally()
        self._lock = threading.Lock()

    @property
    def searcher(self) -> Searcher:
        """The searcher over the live build; another one once the build is replaced."""
        return self._searcher

    @contextmanager
    def storing(self) -> Generator[Searcher]:
        """Yield the searcher; inside, nobody else stores documents or replaces it."""
        with self._lock, self._searcher.catalogue.exclusive():
            yield self._searcher

    def replace(self, new: Searcher) -> Searcher:
        """Replace the searcher, inside `storing`, and return the former one."""
        former, self._searcher = self._searcher, new
        return former
