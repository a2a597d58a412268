"""Texts that are kept exactly as they are: Markdown, reST, AsciiDoc, LaTeX and source code."""

from citespan.index.errors import DocumentRejected
from citespan.index.parse.decode import canonical
from citespan.index.parse.formats.heading_scan import SCANS, front_matter, kind_of
from citespan.index.parse.formats.texts import decoded
from citespan.index.parse.formats.writing import MAX_TEXT, short
from citespan.index.parse.parsed import Heading, Parsed
from citespan.index.parse.places import Line, PlaceRun
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "marked 1"
_MEDIA_TYPES = {
    "markdown": "text/markdown",
    "rst": "text/x-rst",
    "asciidoc": "text/asciidoc",
    "latex": "application/x-tex",
    "code": "text/x-source",
    "plain": "text/plain",
}


def read(data: bytes, request: Request) -> Parsed:
    """Read a text; each line is a run, and a light scan finds the headings.

    Raises:
        Unreadable: it is no text, too large, or empty.
    """
    text, warnings = decoded(data, request.encoding)
    try:
        text = canonical(text)
    except DocumentRejected as error:
        code = "no_text" if not text.strip() else "corrupt"
        raise Unreadable(code, str(error)) from error
    if len(text) > MAX_TEXT:
        raise Unreadable("too_large", "the text has more than 20 million characters; split it")
    kind = kind_of(request.name, request.media_type, text)
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found = SCANS[kind](lines) if kind in SCANS else []
    headings = [
        Heading(starts[one.line] + one.start, starts[one.line] + one.end, min(max(one.level, 1), 6))
        for one in found
        if one.end > one.start
    ]
    stated, metadata = front_matter(kind, lines)
    first = next((one for one in headings if one.level == 1), None)
    return Parsed(
        text=text,
        media_type=_MEDIA_TYPES[kind],
        made_by=MADE_BY,
        title=short(stated or (text[first.start : first.end] if first else "")),
        metadata=metadata,
        runs=_runs(lines),
        headings=headings,
        warnings=warnings,
    )


def _runs(lines: list[str]) -> list[PlaceRun]:
    """Return a run for each line that is not empty."""
    out: list[PlaceRun] = []
    at = 0
    for number, line in enumerate(lines, 1):
        if line:
            out.append(PlaceRun(at, at + len(line), Line(number)))
        at += len(line) + 1
    return out
