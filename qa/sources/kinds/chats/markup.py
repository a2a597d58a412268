"""The HTML of one message as plain text, with the lines that it is shown in."""

import re
from html.parser import HTMLParser

_BLOCKS = {"br", "div", "p", "li", "tr", "blockquote", "pre", "h1", "h2", "h3", "h4", "hr"}
_HIDDEN = {"script", "style", "attachment"}


def plain(html: str) -> str:
    """Return the text of a message; links keep their addresses, people their names."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _BLOCKS:
            self.parts.append("\n")
        elif tag in _HIDDEN:
            self._hidden += 1
        elif tag == "at":
            self.parts.append("@")
        elif tag in {"emoji", "img"}:
            self.parts.append(given.get("alt") or "")
        elif tag == "a" and (address := given.get("href")):
            self._link = address, len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        elif tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag == "a" and self._link:
            address, start = self._link
            if address not in "".join(self.parts[start:]):
                self.parts.append(f" ({address})")
            self._link = None

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data.replace("\n", " "))
