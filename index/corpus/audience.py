"""Who a request is for, and which documents that lets it see: one rule, as code and as a filter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from citespan.index.catalogue import Equals, Exists, Filter, Some, Without
from citespan.index.types import ACCESS, MetadataValue

RESTRICTED = Exists(ACCESS)  # the filter of documents that not everybody sees


@dataclass(frozen=True, slots=True)
class Audience:
    """Readers of a collection: all documents, or those that `access` leaves to their groups.

    A document without `access` in its metadata is for every reader of its collection. One with
    `access`, a group or a list of groups, is only for readers in one of them. Any other value of
    `access` leaves the document to those who see everything.
    """

    groups: frozenset[str] = frozenset()
    everything: bool = False

    @property
    def filter(self) -> Filter:
        """The documents that these readers see, as a filter; not for those who see everything."""
        return Some((Without(RESTRICTED), Equals(ACCESS, tuple(sorted(self.groups)))))

    def sees(self, metadata: Mapping[str, MetadataValue]) -> bool:
        """Return whether these readers see a revision with this metadata."""
        if self.everything or ACCESS not in metadata:
            return True
        return not self.groups.isdisjoint(groups_in(metadata))


def groups_in(metadata: Mapping[str, MetadataValue]) -> list[str]:
    """Return the groups that `access` names."""
    value: Any = metadata.get(ACCESS)
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, Iterable):
        return []
    return [one for one in cast("Iterable[object]", listed) if isinstance(one, str)]
