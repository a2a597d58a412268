"""The contracts of what a catalogue keeps with documents: their files, and their sources."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from citespan.index.catalogue.types import SourceInfo
from citespan.index.types import SourceFile, Tracked


class SourceStore(Protocol):
    """The files of revisions that readers made the texts of."""

    def info(self, document_id: str, revision: int) -> SourceInfo | None:
        """Return the file of a revision without its bytes; None if the text was given as text.

        Raises:
            DocumentDamaged: the layout is not what was stored.
        """
        ...

    def file(self, document_id: str, revision: int) -> SourceFile | None:
        """Return the file of a revision; None if the text was given as text.

        Raises:
            DocumentDamaged: the layout or the bytes are not what was stored.
        """
        ...


class TrackingStore(Protocol):
    """What became of the entries of sources. A deleted document's entry is deleted with it."""

    def of(self, source: str, key: str | None = None) -> list[Tracked]:
        """Return the entries of a source, or only one with what is inside, in order."""
        ...

    def with_document(self, document_id: str) -> Tracked | None:
        """Return the entry that a document is of, if there is one."""
        ...

    def sources(self) -> Mapping[str, int]:
        """Return how many documents are tracked, by the name of the source."""
        ...

    def record(self, entry: Tracked) -> None:
        """Record an entry; durable on return.

        It replaces what was recorded for the entry, and for its document.
        """
        ...

    def forget(self, entries: Iterable[Tracked]) -> None:
        """Remove entries, but not their documents; durable on return."""
        ...
