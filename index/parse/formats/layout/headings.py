"""Headings: by the outline of the file, or by size, weight and numbers."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from citespan.index.parse.formats.layout.line import PageLine
from citespan.index.parse.formats.layout.paragraphs import Paragraph

_NUMBERED = re.compile(r"(?:(\d{1,2}(?:\.\d{1,2}){0,4})\.?|[A-Z]\.|[IVX]{1,4}\.)\s+\S")
_LONGEST = 200  # characters of a heading
_LONGEST_BOLD = 120
_DEEPEST = 6
_LARGER = 1.12  # times the body


def body_size(pages: Iterable[list[PageLine]]) -> float:
    """Return the size of most characters of a document, in points."""
    sizes: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            sizes[round(2 * line.size) / 2] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], size), default=0.0)


def mark(paragraphs: list[Paragraph], body: float, outline: Mapping[tuple[int, str], int]) -> None:
    """Set the levels of the paragraphs that are headings."""
    large = sorted(
        {_rounded(one.size) for one in paragraphs if _may_be(one) and one.size > _LARGER * body},
        reverse=True,
    )
    levels = {size: min(at + 1, 4) for at, size in enumerate(large)}
    below = min(len(levels) + 1, _DEEPEST)
    for one in paragraphs:
        if one.rows:
            continue
        listed = outline.get((one.lines[0].page, folded(one.text)))
        if listed:
            one.level = listed
        elif _may_be(one):
            one.level = _level(one, levels, below, body)


def _level(one: Paragraph, levels: dict[float, int], below: int, body: float) -> int:
    numbered = _NUMBERED.match(one.text)
    depth = numbered.group(1).count(".") if numbered and numbered.group(1) else 0
    if one.size > _LARGER * body:
        return min(levels[_rounded(one.size)] + depth, _DEEPEST)
    bold = all(line.bold for line in one.lines) and one.size > 0.95 * body
    if bold and len(one.text) <= _LONGEST_BOLD and one.text[:1].isalnum():
        return min(below + depth, _DEEPEST)
    return 0


def _may_be(one: Paragraph) -> bool:
    text = one.text
    if one.rows or not 2 < len(text) <= _LONGEST or len(one.lines) > 3:
        return False
    letters = sum(map(str.isalpha, text))
    return (
        2 * letters > len(text)
        and not text.endswith((".", ",", ";", ":"))
        and not text[0].islower()
    )


def _rounded(size: float) -> float:
    return round(2 * size) / 2


def folded(text: str) -> str:
    """Return a text as it is compared with an entry of an outline."""
    return "".join(filter(str.isalnum, text.lower()))
