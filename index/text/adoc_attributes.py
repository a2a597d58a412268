"""What the attributes and the identifiers of a text in AsciiDoc mean. Pure."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence

_NAME = re.compile(r"\{(\w[\w-]{0,60})\}")
_DEEPEST = 5  # attributes inside of the values of others
_LONGEST = 1000  # code points of a value
_FIXED = {
    "nbsp": " ", "sp": " ", "empty": "", "blank": "", "zwsp": "", "wj": "", "apos": "'",
    "quot": '"', "lsquo": "\u2018", "rsquo": "\u2019", "ldquo": "\u201c", "rdquo": "\u201d",
    "deg": "°", "plus": "+", "brvbar": "¦", "vbar": "|", "amp": "&", "lt": "<", "gt": ">",
    "startsb": "[", "endsb": "]", "caret": "^", "asterisk": "*", "tilde": "~", "backslash": "\\",
    "backtick": "`", "two-colons": "::", "two-semicolons": ";;", "cpp": "C++", "pp": "++",
}  # fmt: skip


class Attributes:
    """The values of a text's attributes, each from a place on, and the titles of its identifiers.

    Args:
        set_at: of each name, where it is set, ascending, with the values; None if it is unset.
        titles: of each identifier.
    """

    def __init__(
        self,
        set_at: Mapping[str, Sequence[tuple[int, str | None]]],
        titles: Mapping[str, str],
    ) -> None:
        self._set_at, self._titles = set_at, titles

    def value(self, name: str, at: int) -> str | None:
        """Return what an attribute means at a place; None if nothing says so."""
        return self._value(name.casefold(), at, 0)

    def title(self, identifier: str) -> str:
        """Return the title that an identifier names; empty if none does."""
        return self._titles.get(identifier, "")

    def _value(self, name: str, at: int, depth: int) -> str | None:
        places = self._set_at.get(name, ())
        before = bisect_right(places, at, key=lambda place: place[0])
        value = places[before - 1][1] if before else None
        if value is None:
            return _FIXED.get(name)
        if depth >= _DEEPEST or "{" not in value:
            return value
        return _NAME.sub(lambda match: self._nested(match, at, depth + 1), value[:_LONGEST])[
            :_LONGEST
        ]

    def _nested(self, match: re.Match[str], at: int, depth: int) -> str:
        value = self._value(match[1].casefold(), at, depth)
        return match[0] if value is None else value
