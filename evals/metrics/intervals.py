"""Sets of characters as sorted half-open ranges, by document. Pure."""

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias

Range: TypeAlias = tuple[int, int]
Ranges: TypeAlias = list[Range]
#: Disjoint sorted ranges of each document; documents without any are left out.
Places: TypeAlias = Mapping[str, Ranges]


class Placed(Protocol):
    """A place: a document and a range of its characters."""

    @property
    def document_id(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def merged(ranges: Iterable[Range]) -> Ranges:
    """Return the characters as disjoint sorted ranges; empty and backward ones cover nothing."""
    union: Ranges = []
    for start, end in sorted(pair for pair in ranges if pair[0] < pair[1]):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return union


def places(spans: Iterable[Placed]) -> dict[str, Ranges]:
    """Return the characters that spans cover, each once."""
    by_document: dict[str, Ranges] = {}
    for span in spans:
        if span.start < span.end:
            by_document.setdefault(span.document_id, []).append((span.start, span.end))
    return {name: merged(ranges) for name, ranges in by_document.items()}


def length(covered: Places) -> int:
    """Return the number of characters."""
    return sum(end - start for ranges in covered.values() for start, end in ranges)


def common(one: Places, other: Places) -> int:
    """Return the number of characters that both cover."""
    return sum(_shared(ranges, other[name]) for name, ranges in one.items() if name in other)


def _shared(one: Ranges, other: Ranges) -> int:
    total = left = right = 0
    while left < len(one) and right < len(other):
        total += max(0, min(one[left][1], other[right][1]) - max(one[left][0], other[right][0]))
        if one[left][1] <= other[right][1]:
            left += 1
        else:
            right += 1
    return total
