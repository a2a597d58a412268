"""Numbers and bullets of a DOCX's paragraphs, counted as a word processor counts them."""

import re
from collections import defaultdict
from typing import NamedTuple

from citespan.index.parse.formats.markup import Element, local, whole

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VAL = W + "val"
_PLACEHOLDER = re.compile(r"%([1-9])")
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


class Level(NamedTuple):
    """How a level of a list is numbered; `text` holds %1 for the number of the first level."""

    style: str = "decimal"
    text: str = ""
    start: int = 1
    restarts: bool = True


class Numbering:
    """The lists of a document, and how far each is counted."""

    def __init__(self, root: Element | None) -> None:
        """Read the definitions of a document's numbering part."""
        self._levels: dict[str, dict[int, Level]] = {}  # by abstract list
        self._lists: dict[str, str] = {}  # a list's abstract list
        self._overrides: dict[str, dict[int, Level]] = defaultdict(dict)
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._begun: set[tuple[str, int]] = set()
        for entry in root if root is not None else ():
            if local(entry) == "abstractNum":
                levels = dict(map(_level, entry.findall(W + "lvl")))
                self._levels[entry.get(W + "abstractNumId") or ""] = levels
            elif local(entry) == "num":
                self._read_list(entry)

    def next(self, list_id: str, depth: int) -> str:
        """Count a paragraph of a list; return its bullet or number, empty if it has none.

        Args:
            list_id: the list.
            depth: of the paragraph, from 0.
        """
        abstract = self._lists.get(list_id)
        if abstract is None:
            return ""
        levels = {**self._levels.get(abstract, {}), **self._overrides[list_id]}
        level = levels.get(depth)
        if level is None or level.style == "none":
            return ""
        if level.style == "bullet":
            return "•"
        counts = self._counts[abstract]
        if depth in self._overrides[list_id] and (list_id, depth) not in self._begun:
            counts.pop(depth, None)
        self._begun.add((list_id, depth))
        counts[depth] = counts[depth] + 1 if depth in counts else level.start
        for deeper in [other for other in counts if other > depth]:
            if levels.get(deeper, Level()).restarts:
                del counts[deeper]
        return _PLACEHOLDER.sub(lambda match: _shown(match, levels, counts), level.text)

    def _read_list(self, entry: Element) -> None:
        name = entry.get(W + "numId") or ""
        abstract = entry.find(W + "abstractNumId")
        self._lists[name] = abstract.get(_VAL) or "" if abstract is not None else ""
        base = self._levels.get(self._lists[name], {})
        for override in entry.findall(W + "lvlOverride"):
            depth = whole(override.get(W + "ilvl"))
            if (own := override.find(W + "lvl")) is not None:
                self._overrides[name][depth] = _level(own)[1]
            elif (start := override.find(W + "startOverride")) is not None:
                level = base.get(depth, Level())
                self._overrides[name][depth] = level._replace(start=whole(start.get(_VAL), 1))


def _level(entry: Element) -> tuple[int, Level]:
    stated = {local(child): child.get(_VAL) or "" for child in entry}
    level = Level(
        style=stated.get("numFmt", "decimal"),
        text=stated.get("lvlText", "")[:100],
        start=whole(stated.get("start"), 1),
        restarts=stated.get("lvlRestart") != "0",
    )
    return whole(entry.get(W + "ilvl")), level


def _shown(match: re.Match[str], levels: dict[int, Level], counts: dict[int, int]) -> str:
    depth = int(match[1]) - 1
    level = levels.get(depth, Level())
    return numeral(counts.get(depth, level.start), level.style)


def numeral(number: int, style: str) -> str:
    """Return a number as a list shows it: `decimal`, `lowerLetter`, `upperRoman` and so on."""
    if style.endswith("Letter") and 0 < number < 1000:
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if style.startswith("upper") else letter
    if style.endswith("Roman") and 0 < number < 5000:
        return roman(number).upper() if style.startswith("upper") else roman(number)
    return f"{number:02d}" if style == "decimalZero" else str(number)


def roman(number: int) -> str:
    """Return a number in small Roman numerals."""
    out = ""
    for value, letters in _ROMAN:
        out += letters * (number // value)
        number %= value
    return out
