"""Footnotes: each follows the paragraph that holds its mark."""

import re
from collections.abc import Iterator, Sequence

from citespan.index.parse.formats.layout.paragraphs import Paragraph

_NOTE = re.compile(r"(\d{1,3}) ?[^\W\d_]")
_MARK = re.compile(r"[^\W\d_][,.;:)\]”’\"']{0,2}(\d{1,3})(?![.,]?\d|\w)")
_SMALLER = 0.93  # times the body


def placed(paragraphs: Sequence[Paragraph], body: float) -> list[Paragraph]:
    """Return the paragraphs with each footnote after the one that it belongs to.

    A footnote is in smaller letters and begins with its number. If no paragraph of its page has
    this number right after a word, or if several have it, the footnote stays where it is.
    """
    apart = [part for one in paragraphs for part in _apart(one, body)]
    notes: dict[int, list[Paragraph]] = {}
    moved: set[int] = set()
    homes = _homes([one for one in apart if not one.note and not one.rows])
    for one in apart:
        first = one.lines[0]
        found = homes.get((first.page, first.text[: one.note]), ()) if one.note else ()
        if len(found) == 1:
            notes.setdefault(found[0], []).append(one)
            moved.add(id(one))
    return [
        part for one in apart if id(one) not in moved for part in (one, *notes.get(id(one), ()))
    ]


def _apart(one: Paragraph, body: float) -> Iterator[Paragraph]:
    """Yield a paragraph, or the footnotes that it is, each with the length of its mark."""
    found = _NOTE.match(one.lines[0].text)
    if not found or one.rows or one.level or one.size > _SMALLER * body:
        yield one
        return
    number, start = int(found.group(1)), 0
    for at, line in enumerate(one.lines):
        follows = at and (found := _NOTE.match(line.text)) and int(found.group(1)) == number + 1
        if follows:
            yield Paragraph(one.lines[start:at], note=len(str(number)))
            number, start = number + 1, at
    yield Paragraph(one.lines[start:], note=len(str(number)))


def _homes(paragraphs: Sequence[Paragraph]) -> dict[tuple[int, str], list[int]]:
    """Return, for each page and number right after a word, the paragraphs that hold it."""
    found: dict[tuple[int, str], list[int]] = {}
    for one in paragraphs:
        pages: dict[int, list[str]] = {}
        for line in one.lines:
            pages.setdefault(line.page, []).append(line.text)
        for page, texts in pages.items():
            for mark in dict.fromkeys(_MARK.findall(" ".join(texts))):
                found.setdefault((page, mark), []).append(id(one))
    return found
