"""Lines with boxes, to a text with paragraphs and a map. Its names are loaded at once."""

from citespan.index.parse.formats.layout.assembly import (
    AssembledDocument,
    AssembledPage,
    Text,
    assembled,
)
from citespan.index.parse.formats.layout.headings import folded
from citespan.index.parse.formats.layout.line import PageLine

__all__ = ("AssembledDocument", "PageLine", "AssembledPage", "Text", "assembled", "folded")
