"""XML of any kind: paragraphs where it is prose, `name: value` where it is data."""

from citespan.index.parse.formats.markup import Element, local, parse
from citespan.index.parse.formats.writing import BlockWriter, folded
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.places import Line
from citespan.index.parse.request import Request

MADE_BY = "xml 1"
MEDIA_TYPE = "application/xml"
_TITLES = {"title", "head", "heading", "caption"}
_LONG = 200  # characters of a leaf that is prose
_STRUCTURE = {"id", "class", "style", "href", "src", "lang", "space", "schemaLocation", "rel"}


def read(data: bytes, _: Request) -> Parsed:
    """Read XML; the request adds nothing. An element of leaves is a record, as a row of a table.

    Raises:
        Unreadable: it is no XML, declares entities, is too large, or holds no text.
    """
    root = parse(data, "the file", doctype=True)
    writer = BlockWriter()
    title = _write(writer, root)
    return writer.parsed(MEDIA_TYPE, MADE_BY, title=title)


def _write(writer: BlockWriter, root: Element) -> str:
    """Write a document; return its first title."""
    title = ""
    pending = [(root, 0)]
    while pending:
        element, depth = pending.pop()
        if _is_prose(element):
            text = folded(_text(element))
            level = min(max(depth, 1), 6) if local(element).lower() in _TITLES else 0
            writer.block(text, _line(element), level=level if len(text) < _LONG else 0)
            title = title or (text if level else "")
        elif _is_record(element):
            _record(writer, element)
        else:
            _attributes(writer, element)
            pending.extend((child, depth + 1) for child in reversed(list(element)))
    return title


def _is_prose(element: Element) -> bool:
    """Return whether an element has characters of its own."""
    return bool((element.text or "").strip()) or any((one.tail or "").strip() for one in element)


def _is_record(element: Element) -> bool:
    """Return whether all children are short leaves, and there are at least two."""
    return len(element) > 1 and all(
        not len(child) and len(child.text or "") <= _LONG for child in element
    )


def _text(element: Element) -> str:
    return "".join(_pieces(element))


def _pieces(element: Element) -> list[str]:
    out: list[str] = []
    for part in element.iter():
        if local(part):
            out.append(part.text or "")
        if part is not element:
            out.append(part.tail or "")
    return out


def _line(element: Element) -> Line:
    return Line(max(1, element.sourceline or 1))


def _stated(element: Element) -> list[tuple[str, str]]:
    """Return the attributes that are data, with their names."""
    named = ((str(key).rpartition("}")[2], folded(value)) for key, value in element.attrib.items())
    return [(name, value) for name, value in named if value and name not in _STRUCTURE]


def _record(writer: BlockWriter, element: Element) -> None:
    pairs = [(name, value, _line(element)) for name, value in _stated(element)]
    for child in element:
        if text := folded(child.text or ""):
            pairs.append((local(child), text, _line(child)))
        pairs.extend(
            (f"{local(child)} {name}", value, _line(child)) for name, value in _stated(child)
        )
    _pairs(writer, pairs)


def _attributes(writer: BlockWriter, element: Element) -> None:
    _pairs(writer, [(name, value, _line(element)) for name, value in _stated(element)])


def _pairs(writer: BlockWriter, pairs: list[tuple[str, str, Line]]) -> None:
    for number, (name, value, line) in enumerate(pairs):
        if number:
            writer.separate("; ")
        else:
            writer.paragraph()
        writer.add(name, line)
        writer.separate(": ")
        writer.add(value, line)
    if pairs and pairs[-1][1][-1] not in ".!?":
        writer.separate(".")
