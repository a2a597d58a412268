"""The figures of the model's outputs, on tokens. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citespan.evals.training.model.encoding import EncodedSet
from citespan.evals.training.model.losses import UNKNOWN
from citespan.qa.evidence.model import RowLogits
from citespan.qa.evidence.protocol import Floats, best_span


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One example's outputs against its labels.

    margin: the best span's logits less those of no answer.
    span_f1: token F1 of the best span against the nearest right one; None without an answer.
    kept, missed, extra: evidence tokens found, not found, and wrongly marked, at probability .5.
    """

    early: float
    relevance: float
    answerable: float
    margin: float
    label: int
    span_f1: float | None
    kept: int
    missed: int
    extra: int


def judge(encoded: EncodedSet, row: int, logits: RowLogits) -> Judged:
    """Compare the outputs for an example with its labels."""
    low, high = int(encoded.bounds[row]), int(encoded.bounds[row + 1])
    gold = np.asarray(encoded.evidence[low:high])
    marked = logits.evidence > 0
    first, last, best = best_span(logits.start, logits.end, int(encoded.first[row]))
    label = int(encoded.answerable[row])
    return Judged(
        early=float(logits.early[-1]),
        relevance=logits.relevance,
        answerable=logits.answerable,
        margin=best - float(logits.start[0] + logits.end[0]),
        label=label,
        span_f1=_span_f1((first, last), encoded.spans[row]) if label == 1 else None,
        kept=int((marked & (gold == 1)).sum()),
        missed=int((~marked & (gold == 1)).sum()),
        extra=int((marked & (gold == 0)).sum()),
    )


def _span_f1(found: tuple[int, int], right: NDArray[np.int16]) -> float:
    best = 0.0
    for first, last in right.tolist():
        if first == UNKNOWN:
            continue
        both = min(found[1], last) - max(found[0], first) + 1
        size = found[1] - found[0] + last - first + 2
        best = max(best, 2 * max(0, both) / size)
    return best


def summary(rows: Sequence[Judged], teacher: Floats) -> dict[str, float | None]:
    """Return the figures of a sample; None if no example has the labels that a figure needs.

    answerable_auroc: by the answerability logit; margin_auroc: by the span's margin.
    span_f1: mean over answerable examples, for any answerability logit.
    evidence_*: over all tokens together.
    early_rank, relevance_rank: Spearman's correlation with the teacher.
    """
    known = [row for row in rows if row.label != UNKNOWN]
    labels = np.array([row.label for row in known])
    kept, missed, extra = (
        sum(getattr(row, name) for row in known) for name in ("kept", "missed", "extra")
    )
    spans = [row.span_f1 for row in rows if row.span_f1 is not None]
    taught = ~np.isnan(teacher)
    early = np.array([row.early for row in rows])[taught]
    relevance = np.array([row.relevance for row in rows])[taught]
    return {
        "answerable_auroc": auroc(np.array([row.answerable for row in known]), labels),
        "margin_auroc": auroc(np.array([row.margin for row in known]), labels),
        "span_f1": float(np.mean(spans)) if spans else None,
        "evidence_precision": kept / (kept + extra) if kept + extra else None,
        "evidence_recall": kept / (kept + missed) if kept + missed else None,
        "evidence_f1": 2 * kept / (2 * kept + extra + missed) if kept + missed else None,
        "early_rank": spearman(early, teacher[taught]),
        "relevance_rank": spearman(relevance, teacher[taught]),
    }


def auroc(scores: Floats, labels: NDArray[np.int_]) -> float | None:
    """Return how often a positive scores above a negative, ties half; None without both."""
    positives, negatives = int((labels == 1).sum()), int((labels == 0).sum())
    if not positives or not negatives:
        return None
    above = ranks(scores)[labels == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def spearman(a: Floats, b: Floats) -> float | None:
    """Return the rank correlation; None if there is no spread."""
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def ranks(values: Floats) -> Floats:
    """Return ranks from 1; ties share their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]
