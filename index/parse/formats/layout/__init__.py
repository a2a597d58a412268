"""Lines with boxes, to a text with paragraphs and a map. Its names are loaded at once."""

from citespan.index.parse.formats.layout.assembly import Document, Sheet, Text, assembled
from citespan.index.parse.formats.layout.headings import folded
from citespan.index.parse.formats.layout.line import Line

__all__ = ("Document", "Line", "Sheet", "Text", "assembled", "folded")
