"""Checks that citations hold in the data set's text, and descriptions of faults. Pure."""

from collections.abc import Mapping

from citespan.evals.types import CitedSpan, SourceDocument


def pointer_problem(citation: CitedSpan, documents: Mapping[str, SourceDocument]) -> str | None:
    """Return what is untrue about a citation, in words; None if it holds.

    It holds if the document is known, and the offsets are inside its text and not empty. If a quote
    is given, it must be the text there. If UTF-16 offsets are given, they must be of the same
    characters.
    """
    document = documents.get(citation.document_id)
    if document is None:
        return f"there is no document {citation.document_id!r}"
    if problem := _outside(citation, document.text):
        return _with_place(problem, citation, documents)
    if citation.quote == "":
        return f"the quote of [{citation.start}, {citation.end}) is empty"
    if citation.quote not in (None, document.text[citation.start : citation.end]):
        return _place(citation, documents)
    return _utf16_problem(citation, document.text)


def _outside(citation: CitedSpan, text: str) -> str | None:
    offsets = f"[{citation.start}, {citation.end})"
    if citation.start < 0:
        return f"{offsets} starts before the text"
    if citation.end < citation.start:
        return f"{offsets} ends before it starts"
    if citation.end > len(text):
        return f"{offsets} ends beyond the text of {len(text)}"
    return f"{offsets} is empty" if citation.end == citation.start else None


def _with_place(problem: str, citation: CitedSpan, documents: Mapping[str, SourceDocument]) -> str:
    return f"{problem}; {_place(citation, documents)}" if citation.quote else problem


def _place(citation: CitedSpan, documents: Mapping[str, SourceDocument]) -> str:
    """Return where the quote really is: nearest in its document, else in another one."""
    quote = citation.quote or ""
    start = _nearest(quote, documents[citation.document_id].text, citation.start)
    if start is not None:
        place = f"the quote is at [{start}, {start + len(quote)}) of {citation.document_id!r}"
        return f"{place}, {_distance(start, citation, len(quote))}"
    for name, document in documents.items():
        if quote in document.text:
            return f"the quote is text of document {name!r}, not of {citation.document_id!r}"
    return "the quote is nowhere in the documents"


def _nearest(quote: str, text: str, at: int) -> int | None:
    at = max(0, at)
    found = (text.find(quote, at), text.rfind(quote, 0, at + len(quote)))
    return min((place for place in found if place >= 0), key=lambda p: abs(p - at), default=None)


def _distance(start: int, citation: CitedSpan, length: int) -> str:
    moved = start - citation.start
    if not moved:
        return f"{length} characters from where the offsets start, not the {_given(citation)} given"
    unit = "character" if abs(moved) == 1 else "characters"
    return f"{abs(moved)} {unit} {'before' if moved < 0 else 'after'} the offsets given"


def _given(citation: CitedSpan) -> int:
    return citation.end - citation.start


def _utf16_problem(citation: CitedSpan, text: str) -> str | None:
    start = _units(text[: citation.start])
    end = start + _units(text[citation.start : citation.end])
    given = (citation.utf16_start, citation.utf16_end)
    if given[0] in (None, start) and given[1] in (None, end):
        return None
    return f"in UTF-16 it is at [{start}, {end}), not at [{given[0]}, {given[1]})"


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
