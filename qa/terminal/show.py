"""Answers and passages for people, in a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from citespan.index.jobs.types import FileOutcome
from citespan.index.text import shown
from citespan.index.types import DocumentInfo, Passage
from citespan.qa.citation import Citation
from citespan.qa.terminal.intake import Intake
from citespan.qa.terminal.places import place_words
from citespan.qa.types import Answer, Segment, Support

_QUOTE = "bold green"
_ANSWER = "underline"
_MARK = "cyan"
_SHORT = "bold"
_QUIET = "dim"
_MOST_SKIPPED = 20  # names of skipped files that are printed
_OUTCOMES = {FileOutcome.REJECTED: "not stored", FileOutcome.PARTIAL: "stored in part"}
UNSUPPORTED = " [not in the documents]"
FELL_BACK = "The language model did not write the whole answer ({}), so these are quotes."


def print_answer(answer: Answer, console: Console | None = None) -> None:
    """Print the answer with markers, then each source with its quote in context."""
    console = console or Console()
    why = answer.abstention
    if why and not answer.segments:
        console.print(Text(why.message, style="yellow"))
        console.print(Text(f"No answer ({why.reason}).", style=_QUIET))
        return
    if answer.fallback:
        console.print(Text(FELL_BACK.format(shown(answer.fallback)), style="yellow"))
    if short := _short_answer(answer):
        console.print(Text(f"{short}\n", style=_SHORT), soft_wrap=True)
    if not answer.segments:
        console.print(Text(shown(answer.text)), soft_wrap=True)
    for segment in answer.segments:
        console.print(_sentence(answer, segment), soft_wrap=not console.is_terminal)
    if why:
        console.print(Text(shown(why.message), style="yellow"), soft_wrap=True)
    console.print()
    for citation in answer.citations:
        print_source(citation, console)


def print_source(citation: Citation, console: Console) -> None:
    """Print a citation with its number, its place and its quote in context."""
    source = _source(citation, coloured=console.is_terminal)
    console.print(source, soft_wrap=not console.is_terminal)


def print_passages(passages: Sequence[Passage], console: Console | None = None) -> None:
    """Print each passage with its place and its scores."""
    console = console or Console()
    if not passages:
        console.print(Text("Nothing found.", style="yellow"))
    for n, passage in enumerate(passages, start=1):
        chunk, scores = passage.chunk, passage.scores
        parts = {"dense": scores.dense, "lexical": scores.lexical, "fused": scores.fused}
        scored = "  ".join(f"{name} {x:.3f}" for name, x in parts.items() if x is not None)
        head = Text(f"[{n}] ", style=_MARK)
        head.append(f"{shown(passage.title or chunk.document_id)}  ", style="bold")
        head.append(
            f"{shown(chunk.document_id)} {chunk.span.start}-{chunk.span.end}  {scored}", _QUIET
        )
        console.print(head, soft_wrap=True)
        console.print(Text(shown(passage.text) + "\n"), soft_wrap=not console.is_terminal)


def print_documents(documents: Sequence[DocumentInfo], console: Console | None = None) -> None:
    """Print a line for each document."""
    console = console or Console()
    for info in documents:
        line = Text(shown(info.id), style="bold")
        line.append(f"  revision {info.revision}, {info.length:,} characters  ", style=_QUIET)
        line.append(shown(info.title))
        console.print(line, soft_wrap=True)


def print_intake(
    intake: Intake, console: Console | None = None, errors: Console | None = None
) -> None:
    """Print the number of files by outcome, and on standard error each file not stored."""
    console, errors = console or Console(), errors or Console(stderr=True)
    stored = [
        f"{count} {outcome}"
        for outcome, count in intake.outcomes.items()
        if outcome is not FileOutcome.REJECTED
    ]
    summary = f"{', '.join(stored) or 'nothing new'}; {intake.documents} documents and"
    console.print(Text(f"{summary} {intake.chunks} chunks are stored"), soft_wrap=True)
    if intake.skipped:
        skipped = (
            f"skipped {len(intake.skipped)} files of kinds that citespan does not read; name one to"
            " see why:"
        )
        console.print(Text(skipped), soft_wrap=True)
        for name in intake.skipped[:_MOST_SKIPPED]:
            console.print(Text(f"    {shown(name)}"), soft_wrap=True)
        if more := len(intake.skipped[_MOST_SKIPPED:]):
            console.print(Text(f"    and {more} more (--json lists all)"), soft_wrap=True)
    for file in intake.files:
        what = _OUTCOMES.get(file.outcome, "skipped")
        errors.print(Text(shown(f"{what}: {file.name}: {file.reason}")), soft_wrap=True)


def _short_answer(answer: Answer) -> str | None:
    """Return the words of the quotes that answer; None if they are no shorter than the answer."""
    found = [
        _one_line(citation.quote[words.start - start : words.end - start])
        for citation in answer.citations
        for start in (citation.span.start,)
        for words in citation.highlights
    ]
    short = "; ".join(dict.fromkeys(found))
    return short if 0 < len(short) < len(answer.text) / 2 else None


def _sentence(answer: Answer, segment: Segment) -> Text:
    line = Text(shown(segment.span.of(answer.text)))
    for citation in segment.citations:
        line.append(f" [{citation.number}]", style=_MARK)
    if segment.support is Support.UNSUPPORTED:
        line.append(UNSUPPORTED, style="yellow")
    return line


def _source(citation: Citation, *, coloured: bool) -> Text:
    document = citation.document
    text = Text(f"[{citation.number}] ", style=_MARK)
    text.append(shown(document.title or document.id), style="bold")
    place = f"{document.id}, revision {document.revision}, characters "
    place += f"{citation.span.start}-{citation.span.end}"
    place = "; ".join(part for part in (place, place_words(citation.where)) if part)
    text.append(f"\n    {shown(place)}\n", style=_QUIET)
    if document.uri:
        text.append(f"    {shown(document.uri)}\n", style=_QUIET)
    before, after = _words_before(citation), _words_after(citation)
    quote = Text(_one_line(citation.quote), style=_QUOTE)
    for answer in citation.highlights:
        start = citation.span.start
        ends = (citation.quote[: at - start] for at in (answer.start, answer.end))
        quote.stylize(_ANSWER, *(len(shown(until)) for until in ends))
    text.append(f"    {before}", style=_QUIET)
    text.append(quote if coloured else f"**{quote}**")
    text.append(f"{after}\n", style=_QUIET)
    return text


def _words_before(citation: Citation) -> str:
    """Return the context before a quote, from the beginning of a word."""
    if len(citation.prefix) == citation.span.start:
        return _one_line(citation.prefix)
    return "…" + _one_line(citation.prefix.partition(" ")[2])


def _words_after(citation: Citation) -> str:
    """Return the context after a quote, to the end of a word."""
    if citation.span.end + len(citation.suffix) == citation.document.length:
        return _one_line(citation.suffix.rstrip())
    return _one_line(citation.suffix.rpartition(" ")[0]) + "…"


def _one_line(text: str) -> str:
    return shown(text).replace("\n", " ")
