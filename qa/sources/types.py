"""What a source shows of itself: a list of entries, and the content of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from citespan.index.types import MetadataValue


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """An entry of a source: a file, a page, a message, a thread.

    key: what the source calls the entry, the same in each listing.
    version: what the source calls its present content, which differs for other content; empty if
        only `read` knows.
    uri: the address that citations lead to.
    title: empty to use the title that the content has.
    size: in bytes, if known.
    modified: when the content changed, if known.
    metadata: what filters can use.
    readers: the groups that may see it; empty for all.
    """

    key: str
    uri: str
    version: str = ""
    title: str = ""
    size: int | None = None
    modified: datetime | None = None
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict[str, MetadataValue])
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The bytes of an entry; `name` and `media_type` are hints of what they are.

    version: what the source calls these bytes; empty to use the version of the entry.
    """

    data: bytes
    name: str = ""
    media_type: str = ""
    version: str = ""


class DocumentSource(Protocol):
    """Where documents come from.

    Every error of the network or of the disk becomes one of `citespan.qa.sources.errors`.
    """

    @property
    def whole(self) -> bool:
        """Whether what is missing in a complete listing is gone; not so for a feed."""
        ...

    def entries(self) -> Iterable[SourceEntry]:
        """Yield all entries.

        Raises:
            Incomplete: not all entries could be seen; the ones before are valid.
        """
        ...

    def read(self, entry: SourceEntry, known: str) -> Content | None:
        """Return the content of an entry; None if it is still that of the version `known`.

        Raises:
            Gone: the entry is no longer there.
            NotRead: the entry could not be read now.
            DocumentRejected: the content cannot be stored, now or later; it is too large.
        """
        ...

    def close(self) -> None:
        """Release what the source has open."""
        ...
