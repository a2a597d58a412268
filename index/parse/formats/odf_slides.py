"""Slides of presentations of OpenDocument."""

import re
from collections.abc import Iterator

from citespan.index.parse.formats.markup import Element, local
from citespan.index.parse.formats.odf_inline import TEXT, inline
from citespan.index.parse.formats.odf_text import OdfDocument
from citespan.index.parse.formats.writing import folded
from citespan.index.parse.places import Slide

_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_SHOW = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_LENGTH = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?")
_UNITS = {"cm": 28.35, "mm": 2.835, "in": 72.0, "pt": 1.0, "pc": 12.0, "px": 0.75}
_OUT = {"page-number", "date-time", "footer", "header", "notes"}


def read_slides(document: OdfDocument, body: Element) -> int:
    """Write the slides, each title first, then shapes from top to bottom, then the notes.

    Returns:
        The number of slides.
    """
    slides = body.findall(_DRAW + "page")
    hidden = {
        style.get(_STYLE + "name") or ""
        for style in document.all_styles()
        if any(one.get(_SHOW + "visibility") == "hidden" for one in style)
    }
    for number, slide in enumerate(slides, 1):
        document.place = Slide(number)
        if (slide.get(_DRAW + "style-name") or "") in hidden:
            document.writer.paragraph()
            document.writer.separate("(hidden slide)")
            message = f"slide {number} is hidden in the presentation"
            document.writer.warn("hidden_slide", message)
        _read(document, slide, number)
    document.place = None
    return len(slides)


def _read(document: OdfDocument, slide: Element, number: int) -> None:
    shapes = list(_shapes(slide))
    for shape in shapes:
        if _kind(shape) == "title":
            texts = [inline(one).text for one in shape.iter(TEXT + "p", TEXT + "h")]
            title = folded(" ".join(texts))
            document.writer.block(title, Slide(number), level=1)
            document.title = document.title or title
    for shape in sorted(shapes, key=_point):
        if _kind(shape) != "title" and _kind(shape) not in _OUT:
            _shape(document, shape, number)
    notes = slide.find(_SHOW + "notes")
    prefix = "Notes: "
    for frame in notes if notes is not None else ():
        for paragraph in frame.iter(TEXT + "p") if _kind(frame) == "notes" else ():
            text = inline(paragraph).text
            document.writer.block(text, Slide(number, notes=True), prefix=prefix)
            prefix = "" if text.strip() else prefix


def _shape(document: OdfDocument, shape: Element, number: int) -> None:
    document.read(shape)
    for described in shape:
        if local(described) in {"title", "desc"}:
            document.writer.block(described.text or "", Slide(number))


def _shapes(element: Element) -> Iterator[Element]:
    for child in element:
        name = local(child)
        if name == "g":
            yield from _shapes(child)
        elif name not in {"notes", "forms", "animations", "par", "annotation"}:
            yield child


def _kind(shape: Element) -> str:
    return shape.get(_SHOW + "class") or ""


def _point(shape: Element) -> tuple[float, float]:
    """Return how far a shape is from the top and from the left, in points."""
    return _length(shape.get(_SVG + "y")), _length(shape.get(_SVG + "x"))


def _length(text: str | None) -> float:
    match = _LENGTH.match(text or "")
    return float(match.group()) * _UNITS.get((text or "")[match.end() :], 1.0) if match else 1e9
