"""What the attributes and the identifiers of a text in AsciiDoc mean. Pure."""

import re
from bisect import bisect_right

_NAME = re.compile(r"\{(\w[\w-]{0,60})\}")
_LONGEST = 1000  # code points of a value
_FIXED = {
    "nbsp": " ", "sp": " ", "empty": "", "blank": "", "zwsp": "", "wj": "", "apos": "'",
    "quot": '"', "lsquo": "\u2018", "rsquo": "\u2019", "ldquo": "\u201c", "rdquo": "\u201d",
    "deg": "°", "plus": "+", "brvbar": "¦", "vbar": "|", "amp": "&", "lt": "<", "gt": ">",
    "startsb": "[", "endsb": "]", "caret": "^", "asterisk": "*", "tilde": "~", "backslash": "\\",
    "backtick": "`", "two-colons": "::", "two-semicolons": ";;", "cpp": "C++", "pp": "++",
}  # fmt: skip


class Attributes:
    """The values of a text's attributes, each from a place on, and titles by identifier."""

    def __init__(self) -> None:
        self._set_at: dict[str, list[tuple[int, str | None]]] = {}
        self._titles: dict[str, str] = {}

    def set(self, name: str, at: int, value: str | None) -> None:
        """Note what an attribute means from a place on, the last so far; None if it is unset.

        Other attributes in the value mean what they do there.
        """
        if value is not None:
            value = _NAME.sub(lambda match: self._nested(match, at), value[:_LONGEST])[:_LONGEST]
        self._set_at.setdefault(name.casefold(), []).append((at, value))

    def entitle(self, identifier: str, title: str) -> None:
        """Note the title that an identifier names, if none is noted."""
        if identifier:
            self._titles.setdefault(identifier, title)

    def value(self, name: str, at: int) -> str | None:
        """Return what an attribute means at a place; None if nothing says so."""
        places = self._set_at.get(name.casefold(), ())
        before = bisect_right(places, at, key=lambda place: place[0])
        value = places[before - 1][1] if before else None
        return _FIXED.get(name.casefold()) if value is None else value

    def title(self, identifier: str) -> str:
        """Return the title that an identifier names; empty if none does."""
        return self._titles.get(identifier, "")

    def _nested(self, match: re.Match[str], at: int) -> str:
        value = self.value(match[1], at)
        return match[0] if value is None else value
