"""Measures of how much an answer cites, and of the characters it cites. Pure.

Offsets are checked elsewhere.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from citespan.evals.metrics.answers import contains
from citespan.evals.metrics.intervals import Placed, Places, common, length, merged, places
from citespan.evals.types import AnswerPart, CitedSpan, SourceDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedShares:
    """Cited characters against gold ones, in [0, 1]; precision is 0 if nothing is cited."""

    recall: float
    precision: float
    f1: float


def cited_shares(cited: Places, gold: Places) -> CitedShares:
    """Return recall |cited ∩ gold| / |gold|, precision |cited ∩ gold| / |cited|, and their F1.

    Both sides are unions, so a character that is cited twice counts once.

    Source: DeYoung et al. 2020, "ERASER", section 4 (token-level rationale F1); over characters.

    Raises:
        ValueError: there is no gold.
    """
    wanted, given = length(gold), length(cited)
    if not wanted:
        raise ValueError("citation recall needs gold characters")
    hit = common(cited, gold)
    return CitedShares(
        recall=hit / wanted,
        precision=hit / given if given else 0.0,
        f1=2 * hit / (wanted + given),
    )


def coverage(text: str, parts: Sequence[AnswerPart], citations: int) -> float | None:
    """Return the share of the answer's non-space characters in a part with a citation, in [0, 1].

    Without parts, every citation counts for the whole text. None if the text is blank.

    Source: Liu et al. 2023, "Evaluating Verifiability in Generative Search Engines", section 2.2,
    the denominator of citation recall: sentences with a citation; over characters.
    """
    written = _written(text, 0, len(text))
    if not written:
        return None
    if not parts:
        return float(citations > 0)
    cited = merged(
        (max(0, part.start), min(part.end, len(text)))
        for part in parts
        if any(0 <= at < citations for at in part.citations)
    )
    return sum(_written(text, start, end) for start, end in cited) / written


def document_precision(cited: Sequence[Placed], gold_documents: Collection[str]) -> float:
    """Return the share of the citations whose document is a gold one; 0 without citations.

    Source: citation precision of Gao et al. 2023, "Enabling Large Language Models to Generate Text
    with Citations", section 4, with gold documents instead of an entailment model.
    """
    if not cited:
        return 0.0
    return sum(citation.document_id in gold_documents for citation in cited) / len(cited)


def minimality(cited: Sequence[CitedSpan], gold: Places) -> float | None:
    """Return the share of the citations that add gold characters; None if there are none.

    A citation adds gold if fewer gold characters would be cited without it.

    Source: adapted from citation precision of Gao et al. 2023, section 4: a citation is irrelevant
    if it supports nothing that the others do not support without it; here "supports" is "covers
    gold characters".
    """
    if not cited:
        return None
    whole = common(places(cited), gold)
    needed = 0
    for at in range(len(cited)):
        others = places((*cited[:at], *cited[at + 1 :]))
        needed += common(others, gold) < whole
    return needed / len(cited)


def cited_text(cited: Places, documents: Mapping[str, SourceDocument]) -> str:
    """Return all cited text, each character once, in the documents' order.

    Unknown documents add nothing.
    """
    return "\n".join(
        documents[name].text[max(0, start) : max(0, end)]
        for name, ranges in cited.items()
        if name in documents
        for start, end in ranges
    )


def answer_in_citations(
    cited: Places, answers: Sequence[str], documents: Mapping[str, SourceDocument]
) -> bool:
    """Return whether the cited text contains an accepted answer, as `contains` finds it."""
    return contains(cited_text(cited, documents), answers)


def _written(text: str, start: int, end: int) -> int:
    return sum(not character.isspace() for character in text[start:end])
