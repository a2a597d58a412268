"""Bullets and numbers of the lists of OpenDocument."""

from typing import NamedTuple

from citespan.index.parse.formats.markup import Element, local, whole
from citespan.index.parse.formats.numbering import numeral
from citespan.index.parse.formats.odf_inline import TEXT
from citespan.index.parse.formats.odf_tables import STYLE

_FORMATS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman",
            "I": "upperRoman"}  # fmt: skip


class OdfLevel(NamedTuple):
    """How a level is marked; without a format by a bullet."""

    format: str = ""
    before: str = ""
    after: str = ""
    start: int = 1
    shown: int = 1  # levels whose numbers are shown


class Lists:
    """The list styles of a document, and how far each of its lists is counted."""

    def __init__(self, roots: list[Element]) -> None:
        """Read the list styles of the parts of a document."""
        self._styles: dict[str, dict[int, OdfLevel]] = {}
        for root in roots:
            for entry in root.iter(TEXT + "list-style"):
                self._styles[entry.get(STYLE + "name") or ""] = _levels(entry)
        self._counts: dict[str, dict[int, int]] = {}

    def begin(self, entry: Element, style: str, depth: int) -> None:
        """Begin a list, unless it continues the one before of the same style."""
        continued = entry.get(TEXT + "continue-numbering") == "true" or (
            entry.get(TEXT + "continue-list") is not None
        )
        if not continued:
            counts = self._counts.setdefault(style, {})
            for deeper in [one for one in counts if one >= depth]:
                del counts[deeper]

    def next(self, item: Element, style: str, depth: int) -> str:
        """Count an item; return its bullet or number with a space."""
        levels = self._styles.get(style)
        level = levels.get(depth) if levels else OdfLevel()
        if level is None:
            return ""
        if not level.format:
            return "• "
        counts = self._counts.setdefault(style, {})
        stated = whole(item.get(TEXT + "start-value"), -1)
        counts[depth] = stated if stated >= 0 else counts.get(depth, level.start - 1) + 1
        for deeper in [one for one in counts if one > depth]:
            del counts[deeper]
        first = max(1, depth - level.shown + 1)
        numbers = [
            numeral(counts.get(at, 1), ((levels or {}).get(at) or level).format or "decimal")
            for at in range(first, depth + 1)
        ]
        return f"{level.before}{'.'.join(numbers)}{level.after} "


def _levels(entry: Element) -> dict[int, OdfLevel]:
    out: dict[int, OdfLevel] = {}
    for level in entry:
        depth = whole(level.get(TEXT + "level"), 1)
        if local(level) != "list-level-style-number":
            out[depth] = OdfLevel()
        elif code := _FORMATS.get(level.get(STYLE + "num-format") or ""):
            out[depth] = OdfLevel(
                code,
                (level.get(STYLE + "num-prefix") or "")[:10],
                (level.get(STYLE + "num-suffix") or "")[:10],
                whole(level.get(TEXT + "start-value"), 1),
                min(max(whole(level.get(TEXT + "display-levels"), 1), 1), 10),
            )
    return out
