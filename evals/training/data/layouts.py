"""A passage in the layouts of documents: as a list, below a heading, next to a table. Pure."""

from collections.abc import Callable, Sequence

import msgspec

from citespan.evals.training.examples import Example
from citespan.index.text import sentences
from citespan.index.types import Span

_SPEAKERS = ("Anna", "Ben", "Chidi", "Dana")


def bullets(_: int) -> str:
    """Return the marker of a list's item."""
    return "- "


def steps(place: int) -> str:
    """Return the marker of a numbered step."""
    return f"{place + 1}. "


def messages(place: int) -> str:
    """Return the time and the name in front of a message of a conversation."""
    return f"[{9 + place // 12:02}:{place % 12 * 5:02}] {_SPEAKERS[place % len(_SPEAKERS)]}: "


def changes(place: int) -> str:
    """Return the heading of a version in front of its changes."""
    return f"{chr(10) if place else ''}## {3 - place // 10}.{9 - place % 10}.0{chr(10)}- "


def listed(example: Example, marker: Callable[[int], str] = bullets) -> Example | None:
    """Return the passage with each sentence on a line of its own, behind a marker.

    None if an answer crosses sentences or there is only one sentence. Evidence may cross them too:
    its sentences were found in the whole document.
    """
    spans = sentences(example.passage, Span(0, len(example.passage)))
    text, moves = "", list[tuple[Span, int]]()
    for place, span in enumerate(spans):
        text += ("\n" if text else "") + marker(place)
        moves.append((span, len(text) - span.start))
        text += " ".join(span.of(example.passage).split("\n"))
    labels = (*example.answers, *(example.evidence or ()))
    if len(spans) < 2 or not all(_inside(label, spans) for label in labels):
        return None
    return _moved(example, text, "listed", moves)


def headed(example: Example, heading: str) -> Example:
    """Return the passage below a Markdown heading."""
    lead = f"## {heading}\n\n"
    whole = Span(0, len(example.passage))
    return _moved(example, lead + example.passage, "headed", [(whole, len(lead))])


def next_to(example: Example, block: str, *, before: bool) -> Example:
    """Return the passage with another block, a table for instance, before or after it."""
    lead = f"{block}\n\n" if before else ""
    text = lead + example.passage + ("" if before else f"\n\n{block}")
    return _moved(example, text, "next-to", [(Span(0, len(example.passage)), len(lead))])


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
