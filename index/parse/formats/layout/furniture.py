"""Headers and footers: what stands at the same height with the same words on several pages."""

import re
from collections import defaultdict

from citespan.index.parse.formats.layout.line import PageLine

_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"(?i)\W*(?:page )?(\d{1,4})(?: of \d+| ?/ ?\d+)?\W*")
_EDGE = 6  # lines from the top and from the bottom of a page that may be furniture
_STEP = 30  # tenths of a point: two lines are at the same height within one
_PAGES = 3
_MOST = 0.5  # of a document's characters


def furniture_of(pages: list[list[PageLine]]) -> set[int]:
    """Return the ids (of Python) of the lines that are headers or footers."""
    seen: dict[tuple[str, int], list[tuple[int, PageLine]]] = defaultdict(list)
    for number, lines in enumerate(pages):
        for line in _at_edges(lines):
            key = _DIGITS.sub("#", line.text)
            for step in (line.y0 // _STEP, line.y0 // _STEP + 1):
                seen[key, step].append((number, line))
    needed = max(2, min(_PAGES, (len(pages) + 1) // 2))
    found: set[int] = set()
    for places in seen.values():
        if len({number for number, _ in places}) >= needed:
            found.update(id(line) for _, line in places)
    every = sum(len(line.text) for lines in pages for line in lines)
    taken = sum(len(line.text) for lines in pages for line in lines if id(line) in found)
    numbers = _numbers(pages)
    return found | numbers if taken <= _MOST * every else numbers


def _numbers(pages: list[list[PageLine]]) -> set[int]:
    """Return the ids of the numbers of pages: the first or last line, counting from page to page.

    A number that is that of its own page needs no neighbour, if there are several pages.
    """
    seen: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at, lines in enumerate(pages):
        ordered = sorted(lines, key=lambda line: line.y0)
        for line in {id(one): one for one in (*ordered[:1], *ordered[-1:])}.values():
            if found := _NUMBER.fullmatch(line.text):
                seen[at, int(found.group(1))].append(id(line))
    return {
        one
        for (at, number), ids in seen.items()
        if (number == at + 1 and len(pages) > 1)
        or {(at - 1, number - 1), (at + 1, number + 1)} & seen.keys()
        for one in ids
    }


def _at_edges(lines: list[PageLine]) -> list[PageLine]:
    if len(lines) <= 2 * _EDGE:
        return lines
    ordered = sorted(lines, key=lambda line: line.y0)
    return ordered[:_EDGE] + ordered[-_EDGE:]
