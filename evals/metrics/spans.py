"""Measures of how much of the gold the retrieved passages hold, in characters. Pure.

Source: Smith and Troynikov 2024, "Evaluating Chunking Strategies for Retrieval", section "Metrics",
as the package chunking_evaluation computes them; over characters instead of tokens, as that package
does. Deviation: gold spans that overlap count once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from citespan.evals.metrics.answers import contains
from citespan.evals.metrics.intervals import Placed, Places, common, length, places
from citespan.evals.types import GoldSpan, RetrievedSpan, SourceDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanScores:
    """Shares in [0, 1]; precision and intersection over union are 0 if nothing was retrieved."""

    recall: float
    precision: float
    iou: float


def span_scores(retrieved: Sequence[Placed], gold: Places) -> SpanScores:
    """Return recall, precision and intersection over union of retrieved characters against gold.

    hit = length of the union of the intersections of retrieved and gold
    recall = hit / |gold|
    precision = hit / sum of the retrieved lengths; a character counts as often as it is returned
    iou = hit / (sum of the retrieved lengths + gold characters not retrieved)

    Args:
        retrieved: as returned, duplicates included.
        gold: not empty.

    Raises:
        ValueError: there is no gold.
    """
    wanted = length(gold)
    if not wanted:
        raise ValueError("span scores need gold characters")
    hit = common(places(retrieved), gold)
    read = sum(max(0, span.end - span.start) for span in retrieved)
    return SpanScores(
        recall=hit / wanted,
        precision=hit / read if read else 0.0,
        iou=hit / (read + wanted - hit),
    )


def read_characters(passages: Iterable[RetrievedSpan], budget: int) -> list[RetrievedSpan]:
    """Return the passages best first up to a budget of characters; the last one is cut at it."""
    read: list[RetrievedSpan] = []
    for passage in passages:
        if budget <= 0:
            break
        end = min(passage.end, passage.start + budget)
        budget -= max(0, end - passage.start)
        read.append(RetrievedSpan(document_id=passage.document_id, start=passage.start, end=end))
    return read


def answer_in_passages(
    k: int,
    passages: Sequence[Placed],
    gold: Sequence[GoldSpan],
    answers: Sequence[str],
    gold_documents: Iterable[str],
    documents: Mapping[str, SourceDocument],
) -> bool:
    """Return whether one of the first k passages shows the answer.

    A passage shows it if it holds a gold span entirely, or if it is in a gold document and its text
    contains an accepted answer.

    Source: Karpukhin et al. 2020, "Dense Passage Retrieval for Open-Domain Question Answering",
    section 5 (top-k accuracy); deviations: only passages of gold documents count, and a whole gold
    span counts without an answer string.
    """
    wanted = set(gold_documents)
    for passage in passages[:k]:
        if any(_holds(passage, span) for span in gold):
            return True
        document = documents.get(passage.document_id)
        if document and answers and passage.document_id in wanted:
            text = document.text[max(0, passage.start) : max(0, passage.end)]
            if contains(text, answers):
                return True
    return False


def _holds(passage: Placed, span: GoldSpan) -> bool:
    same = passage.document_id == span.document_id
    return same and passage.start <= span.start < span.end <= passage.end
