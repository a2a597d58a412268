"""The live build of a corpus: the one place where its searcher is held and replaced."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import TypeVar

from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus.searcher import Searcher
from citespan.index.corpus.tally import Tally
from citespan.index.errors import BuildReplaced

_PATIENCE_S = 10.0  # that a question waits while another thread reads the new chunks
_FOLLOWED = 8  # switches of others during one piece of work

T = TypeVar("T")


class Live:
    """The searcher over the live build. Any thread may read it.

    Documents are stored, and the searcher is replaced, only inside `storing`. If another process
    has switched to another build, `use` and `storing` follow it.

    Args:
        searcher: the searcher over the live build.
        searcher_over: opens a searcher over the build that a catalogue is seen with.
    """

    def __init__(self, searcher: Searcher, searcher_over: Callable[[Catalogue], Searcher]) -> None:
        self._searcher, self._searcher_over = searcher, searcher_over
        self.tally = Tally()
        self._lock = threading.Lock()

    @property
    def searcher(self) -> Searcher:
        """The searcher over the live build; another one once the build is replaced."""
        return self._searcher

    def use(self, work: Callable[[Searcher], T]) -> T:
        """Return what `work` does with the searcher; it is repeated if that is replaced.

        Raises:
            BuildReplaced: another thread is still reading the chunks of a new build.
            ModelUnavailable: the embedder of the new chunks is not on this machine.
        """
        for _ in range(_FOLLOWED):
            try:
                return work(self._searcher)
            except BuildReplaced:
                if not self._lock.acquire(timeout=_PATIENCE_S):
                    raise
                try:
                    with suppress(BuildReplaced):  # once more, by another switch
                        self._follow()
                finally:
                    self._lock.release()
        return work(self._searcher)

    def refresh(self, *, wait: bool = True) -> None:
        """Bring the index up to date with the documents, as `SearchIndex.refresh`."""
        self.use(lambda searcher: searcher.index.refresh(wait=wait))

    @contextmanager
    def storing(self) -> Generator[Searcher]:
        """Yield the searcher; inside, nobody else stores documents or replaces it.

        Raises:
            As `use`.
        """
        with self._lock:
            while True:
                catalogue = self._searcher.catalogue
                with catalogue.exclusive():
                    if catalogue.current() == catalogue.build.id:
                        yield self._searcher
                        return
                self._follow()  # others may store meanwhile

    def replace(self, new: Searcher) -> Searcher:
        """Replace the searcher, inside `storing`, and return the former one."""
        former, self._searcher = self._searcher, new
        return former

    def _follow(self) -> None:
        """Open the build that is current now."""
        catalogue = self._searcher.catalogue.at_current()
        if catalogue.build.id != self._searcher.catalogue.build.id:
            self._searcher = self._searcher_over(catalogue)
