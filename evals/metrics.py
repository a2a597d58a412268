"""Metrics over cited and gold spans. Pure: spans in, numbers out; never NaN."""

from collections.abc import Iterable, Sequence

from index import Span


def covered(spans: Iterable[Span]) -> set[int]:
    """The code points that the spans cover, each once."""
    return {at for span in spans for at in range(span.start, span.end)}


def evidence_recall(cited: Sequence[Span], gold: Sequence[Span]) -> float:
    """Share of the gold characters that are cited: |cited ∩ gold| / |gold|, in [0, 1].

    Source: Smith and Troynikov 2024, "Evaluating chunking strategies for retrieval", section
    "Metrics", recall; over characters instead of tokens.

    Raises:
        ValueError: there is no gold.
    """
    wanted = covered(gold)
    if not wanted:
        raise ValueError("recall needs gold spans")
    return len(covered(cited) & wanted) / len(wanted)


def evidence_precision(cited: Sequence[Span], gold: Sequence[Span]) -> float:
    """Share of the cited characters that are gold: |cited ∩ gold| / |cited|, in [0, 1].

    Whole sentences are cited and gold spans are shorter, so 1 is out of reach; nothing cited
    is 0.

    Source: as `evidence_recall`, precision.
    """
    given = covered(cited)
    return len(given & covered(gold)) / len(given) if given else 0.0


def overlaps(cited: Iterable[Span], gold: Sequence[Span]) -> bool:
    """Whether any cited span shares a character with any gold span."""
    return any(span.overlap(wanted) for span in cited for wanted in gold)


def mean(values: Sequence[float]) -> float | None:
    """The mean, or None of nothing."""
    return sum(values) / len(values) if values else None
