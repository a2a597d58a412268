"""The same passage laid out as documents are: as a list, below a heading, beside a table. Pure."""

from collections.abc import Sequence

import msgspec

from index.sentences import sentences
from index.types import Span
from qa.training.examples import Example


def listed(example: Example) -> Example | None:
    """Each sentence an item of a list; None if an answer crosses sentences or there is one.

    Evidence may cross them too: its sentences were found in the whole document.
    """
    spans = sentences(example.passage, Span(0, len(example.passage)))
    text, moves = "", list[tuple[Span, int]]()
    for span in spans:
        text += "\n- " if text else "- "
        moves.append((span, len(text) - span.start))
        text += " ".join(span.of(example.passage).split("\n"))
    labels = (*example.answers, *(example.evidence or ()))
    if len(spans) < 2 or not all(_inside(label, spans) for label in labels):
        return None
    return _moved(example, text, "listed", moves)


def headed(example: Example, heading: str) -> Example:
    """Below a Markdown heading."""
    lead = f"## {heading}\n\n"
    whole = Span(0, len(example.passage))
    return _moved(example, lead + example.passage, "headed", [(whole, len(lead))])


def beside(example: Example, block: str, *, before: bool) -> Example:
    """With something else, a table for instance, before or after it."""
    lead = f"{block}\n\n" if before else ""
    text = lead + example.passage + ("" if before else f"\n\n{block}")
    return _moved(example, text, "beside", [(Span(0, len(example.passage)), len(lead))])


def _inside(label: Span, spans: Sequence[Span]) -> bool:
    return any(span.start <= label.start and label.end <= span.end for span in spans)


def _moved(example: Example, passage: str, kind: str, moves: Sequence[tuple[Span, int]]) -> Example:
    def moved(span: Span) -> Span:
        shift = next(by for place, by in moves if span.start < place.end)
        return Span(span.start + shift, span.end + shift)

    evidence = example.evidence
    return msgspec.structs.replace(
        example,
        id=f"{example.id}-{kind}",
        passage=passage,
        answers=tuple(moved(span) for span in example.answers),
        evidence=None if evidence is None else tuple(moved(span) for span in evidence),
    )
