"""Answers and passages for people, in a terminal."""

import re
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from index.types import Passage
from qa.cite import Citation
from qa.types import Answer, Segment

# Documents must not steer the terminal: escapes, other controls, and reversals of direction.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

_QUOTE = "bold green"
_MARK = "cyan"
_QUIET = "dim"


def print_answer(answer: Answer, console: Console | None = None) -> None:
    """The answer with markers, then each source with its quote in context."""
    console = console or Console()
    if answer.abstention:
        console.print(Text(answer.abstention.message, style="yellow"))
        console.print(Text(f"No answer ({answer.abstention.reason}).", style=_QUIET))
        return
    numbers = {id(citation): n for n, citation in enumerate(answer.citations, start=1)}
    for segment in answer.segments:
        console.print(_sentence(answer, segment, numbers))
    console.print()
    for citation in answer.citations:
        console.print(_source(citation, numbers[id(citation)]))


def print_passages(passages: Sequence[Passage], console: Console | None = None) -> None:
    """Each passage with its place and its scores."""
    console = console or Console()
    if not passages:
        console.print(Text("Nothing found.", style="yellow"))
    for n, passage in enumerate(passages, start=1):
        chunk, scores = passage.chunk, passage.scores
        parts = {"dense": scores.dense, "lexical": scores.lexical, "fused": scores.fused}
        shown = "  ".join(f"{name} {x:.3f}" for name, x in parts.items() if x is not None)
        head = Text(f"[{n}] ", style=_MARK)
        head.append(f"{_shown(passage.title or chunk.document_id)}  ", style="bold")
        head.append(f"{chunk.document_id} {chunk.span.start}-{chunk.span.end}  {shown}", _QUIET)
        console.print(head)
        console.print(Text(_shown(passage.text)))


def _sentence(answer: Answer, segment: Segment, numbers: dict[int, int]) -> Text:
    line = Text(_shown(segment.span.of(answer.text)))
    for citation in segment.citations:
        line.append(f" [{numbers[id(citation)]}]", style=_MARK)
    return line


def _source(citation: Citation, number: int) -> Text:
    document = citation.document
    text = Text(f"[{number}] ", style=_MARK)
    text.append(_shown(document.title or document.id), style="bold")
    place = f"  {document.id}, revision {document.revision}, characters "
    text.append(f"{place}{citation.span.start}-{citation.span.end}\n", style=_QUIET)
    text.append("    …" + _one_line(citation.prefix), style=_QUIET)
    text.append(_one_line(citation.quote), style=_QUOTE)
    text.append(_one_line(citation.suffix) + "…\n", style=_QUIET)
    return text


def _one_line(text: str) -> str:
    return _shown(text).replace("\n", " ")


def _shown(text: str) -> str:
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
