"""Paragraph styles of a DOCX: the level of headings, and lists that belong to a style."""

from typing import NamedTuple

from citespan.index.parse.formats.markup import Element, local, whole
from citespan.index.parse.formats.numbering import W

_VAL = W + "val"
_DEEPEST = 50  # styles that a style builds on
TITLE = -1  # the level of a document's title, above all headings


class Style(NamedTuple):
    """A paragraph's style; `outline` is 0 to 8 for a heading, None for text."""

    outline: int | None = None
    list_id: str | None = None
    depth: int | None = None


class Styles:
    """The styles of a document by their ids, each with what it inherits."""

    def __init__(self, root: Element | None) -> None:
        """Read a document's part of styles."""
        self._entries: dict[str, Element] = {}
        self._default = ""
        for entry in root if root is not None else ():
            if local(entry) == "style" and entry.get(W + "type") == "paragraph":
                name = entry.get(W + "styleId") or ""
                self._entries[name] = entry
                if entry.get(W + "default") in {"1", "true"}:
                    self._default = name
        self._known: dict[str, Style] = {}

    def of(self, name: str | None) -> Style:
        """Return a style by its id; the default style for None."""
        name = self._default if name is None else name
        if name not in self._known:
            self._known[name] = self._resolved(name)
        return self._known[name]

    def _resolved(self, name: str) -> Style:
        style = Style()
        for _ in range(_DEEPEST):
            entry = self._entries.get(name)
            if entry is None:
                break
            style = _inherit(style, _stated(entry))
            if (based := entry.find(W + "basedOn")) is None:
                break
            name = based.get(_VAL) or ""
        return style


def _inherit(style: Style, base: Style) -> Style:
    return Style(
        outline=base.outline if style.outline is None else style.outline,
        list_id=base.list_id if style.list_id is None else style.list_id,
        depth=base.depth if style.depth is None else style.depth,
    )


def _stated(entry: Element) -> Style:
    style = properties_of(entry.find(W + "pPr"))
    name = entry.find(W + "name")
    spoken = (name.get(_VAL) or "").lower() if name is not None else ""
    if spoken == "title":
        return style._replace(outline=TITLE)
    if style.outline is None and spoken.startswith("heading ") and spoken[8:].isdigit():
        return style._replace(outline=whole(spoken[8:], 1) - 1)
    return style


def properties_of(properties: Element | None) -> Style:
    """Return what the properties of a paragraph or of a style state themselves."""
    if properties is None or not len(properties):
        return Style()
    outline = properties.find(W + "outlineLvl")
    list_id = properties.find(f"{W}numPr/{W}numId")
    depth = properties.find(f"{W}numPr/{W}ilvl")
    return Style(
        outline=whole(outline.get(_VAL), 9) if outline is not None else None,
        list_id=list_id.get(_VAL) if list_id is not None else None,
        depth=whole(depth.get(_VAL)) if depth is not None else None,
    )
