"""Retrieved or cited characters against gold ones.

A place is a document and a span of it in code points. Passages are best first.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from index import Span


class Place(NamedTuple):
    """Characters of a document."""

    document_id: str
    span: Span


Covered: TypeAlias = Mapping[str, Sequence[Span]]


def covered(places: Iterable[Place]) -> dict[str, list[Span]]:
    """The characters that the places cover, each once: disjoint spans in order, by document."""
    by_document: dict[str, list[Span]] = {}
    for document_id, span in sorted(places):
        spans = by_document.setdefault(document_id, [])
        if spans and span.start <= spans[-1].end:
            spans[-1] = Span(spans[-1].start, max(spans[-1].end, span.end))
        else:
            spans.append(span)
    return by_document


def characters(places: Covered) -> int:
    """How many characters are covered."""
    return sum(span.end - span.start for spans in places.values() for span in spans)


def shared(a: Covered, b: Covered) -> int:
    """How many characters both cover."""
    return sum(
        mine.overlap(other) for name in a.keys() & b.keys() for mine in a[name] for other in b[name]
    )


def recall(found: Sequence[Place], gold: Sequence[Place]) -> float:
    """Share of the gold characters that were found: |found ∩ gold| / |gold|, in [0, 1].

    Source: Smith and Troynikov 2024, "Evaluating Chunking Strategies for Retrieval", section
    "Metrics", recall; in characters.

    Raises:
        ValueError: there is no gold.
    """
    wanted = covered(gold)
    if not wanted:
        raise ValueError("recall needs gold spans")
    return shared(covered(found), wanted) / characters(wanted)


def precision(found: Sequence[Place], gold: Sequence[Place]) -> float:
    """Share of what was found that is gold: |found ∩ gold| / Σ|found|, in [0, 1]; 0 of nothing.

    Source: as `recall`, precision: characters that were returned twice count twice.
    """
    returned = sum(span.end - span.start for _, span in found)
    return shared(covered(found), covered(gold)) / returned if returned else 0.0


def iou(found: Sequence[Place], gold: Sequence[Place]) -> float:
    """Intersection over union: |found ∩ gold| / (Σ|found| + |gold not found|), in [0, 1].

    Source: as `recall`, intersection over union; characters returned twice count twice.
    """
    returned = sum(span.end - span.start for _, span in found)
    wanted = covered(gold)
    both = shared(covered(found), wanted)
    union = returned + characters(wanted) - both
    return both / union if union else 0.0


def within(passages: Sequence[Place], budget: int) -> list[Place]:
    """What is read of the passages, best first, in so many characters; the last one is cut."""
    read: list[Place] = []
    left = budget
    for document_id, span in passages:
        if left <= 0:
            break
        end = min(span.end, span.start + left)
        read.append(Place(document_id, Span(span.start, end)))
        left -= end - span.start
    return read
