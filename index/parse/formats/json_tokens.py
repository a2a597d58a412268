"""Tokens of JSON with their lines, which the standard library does not give."""

import re
from collections.abc import Iterator
from json import decoder
from typing import Any, NamedTuple

from citespan.index.parse.request import Unreadable

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"-?\d[\d.eE+-]{0,400}|true|false|null|NaN|-?Infinity")
_LENIENT = False  # control characters are accepted in strings
_ENDS = {"{": "}", "[": "]"}
_decoder: Any = decoder


class JsonToken(NamedTuple):
    """A token: a bracket, "key" or "value", its text, and its line from 1."""

    kind: str
    text: str
    line: int


def tokens(text: str) -> Iterator[JsonToken]:
    """Yield the tokens of a text of JSON, or of several one after another, as in JSON Lines.

    Raises:
        Unreadable: the text is no JSON; the message names the line.
    """
    scanner = _Scanner(text)
    opened: list[str] = []
    first = True
    while scanner.mark():
        if opened and scanner.take(_ENDS[opened[-1]]):
            yield JsonToken(_ENDS[opened.pop()], "", scanner.line)
            first = False
            continue
        if opened and not first:
            scanner.expect(",")
        if opened and opened[-1] == "{":
            yield scanner.key()
        if (mark := scanner.mark()) in _ENDS:
            scanner.take(mark)
            opened.append(mark)
            first = True
            yield JsonToken(mark, "", scanner.line)
        else:
            yield scanner.value()
            first = False
    if opened:
        raise scanner.wrong(f"the file ends before {_ENDS[opened[-1]]!r}")


class _Scanner:
    """A position in a text, and its line."""

    def __init__(self, text: str) -> None:
        self.line = 1
        self._text = text
        self._at = 0

    def mark(self) -> str:
        """Return the next character that is no space; empty at the end."""
        match = _SPACE.match(self._text, self._at)
        self._move(match.end() if match else self._at)
        return self._text[self._at : self._at + 1]

    def take(self, mark: str) -> bool:
        """Step over a character if it comes next."""
        found = self.mark() == mark
        self._at += found
        return found

    def expect(self, mark: str) -> None:
        """Step over a character that must come next."""
        if not self.take(mark):
            raise self.wrong(f"{mark!r} is missing")

    def key(self) -> JsonToken:
        """Return the key that comes next, and step over its colon."""
        if self.mark() != '"':
            raise self.wrong("a key in quotes is missing")
        token = JsonToken("key", *self._string())
        self.expect(":")
        return token

    def value(self) -> JsonToken:
        """Return the string, number or word that comes next."""
        if self.mark() == '"':
            return JsonToken("value", *self._string())
        match = _SCALAR.match(self._text, self._at)
        if match is None:
            raise self.wrong("a value is missing")
        self._at = match.end()
        return JsonToken("value", match.group(), self.line)

    def wrong(self, what: str) -> Unreadable:
        """Return the error of a text that is no JSON here."""
        return Unreadable("corrupt", f"it is not valid JSON: {what} in line {self.line}")

    def _string(self) -> tuple[str, int]:
        line = self.line
        try:
            text, end = _decoder.scanstring(self._text, self._at + 1, _LENIENT)
        except decoder.JSONDecodeError as error:
            raise self.wrong("a string does not end") from error
        self._move(end)
        return text, line

    def _move(self, end: int) -> None:
        self.line += self._text.count("\n", self._at, end)
        self._at = end
