"""Characters of a paragraph of OpenDocument."""

from typing import NamedTuple

from citespan.index.parse.formats.markup import Element, local, whole

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_MOST_SPACES = 1000  # of one element, which could stand for two thousand million
_SPACES = {"s": " ", "tab": "\t", "line-break": "\n"}
_OUT = {"tracked-changes", "note-citation", "ruby-text", "script", "page-number", "page-count"}


class OdfInline(NamedTuple):
    """The contents of a paragraph: its characters, and what hangs on it."""

    text: str
    notes: list[Element]
    comments: list[tuple[str, Element]]  # with their authors
    frames: list[Element]  # text boxes
    hidden: bool
    spans: list[str]  # the styles of the pieces that have characters; empty for none


class OdfWalk:
    """A walk over a paragraph, which gathers its pieces."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.notes: list[Element] = []
        self.comments: list[tuple[str, Element]] = []
        self.frames: list[Element] = []
        self.hidden = False
        self.spans: list[str] = []

    def walk(self, element: Element, style: str = "") -> None:
        """Gather the characters of an element, in order."""
        self._gather(element.text, style)
        for child in element:
            self._child(child, local(child), child.get(TEXT + "style-name") or style)
            self._gather(child.tail, style)

    def _gather(self, text: str | None, style: str) -> None:
        """Take characters with each white space as one space, as the standard says."""
        if text:
            if text.strip():
                self.spans.append(style)
            start = " " if text[0].isspace() else ""
            end = " " if text[-1].isspace() and text.strip() else ""
            self.pieces.append(start + " ".join(text.split()) + end)

    def _child(self, child: Element, name: str, style: str) -> None:
        if name in _SPACES:
            count = min(max(whole(child.get(TEXT + "c"), 1), 1), _MOST_SPACES)
            self.pieces.append(_SPACES[name] * count)
        elif name == "note":
            self.notes.extend(one for one in child if local(one) == "note-body")
        elif name == "annotation":
            author = next((one.text or "" for one in child if local(one) == "creator"), "")
            self.comments.append((author, child))
        elif name in {"hidden-text", "hidden-paragraph"}:
            self.hidden = True
        elif name in {"title", "desc"}:  # of a picture, to those who cannot see it
            self.pieces.append(f" {(child.text or '').strip()} ")
        elif name in {"text-box", "table", "list"}:
            self.frames.append(child)
        elif name in {"p", "h"}:
            self.pieces.append("\n")
            self.walk(child, style)
        elif name and name not in _OUT:
            self.walk(child, style)


def inline(paragraph: Element) -> OdfInline:
    """Return the contents of a paragraph."""
    reading = OdfWalk()
    reading.walk(paragraph)
    return OdfInline(
        "".join(reading.pieces),
        reading.notes,
        reading.comments,
        reading.frames,
        reading.hidden,
        reading.spans,
    )
