"""Where the characters of a text are in its file, and the headings and tables over them."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.layout.encoding import encoded
    from citespan.index.layout.grid import Grid, grids_in
    from citespan.index.layout.layout import Layout
    from citespan.index.layout.outline import MARKDOWN, SEPARATOR, Outline, outline_of
    from citespan.index.layout.where import NOWHERE, PageBox, Where, where_in_file, where_in_text
    from citespan.index.parse.places import Box, Cell, Line, Node, Part, Place, Slide

__all__ = (
    "Box",
    "Cell",
    "Grid",
    "Layout",
    "Line",
    "MARKDOWN",
    "NOWHERE",
    "Node",
    "Outline",
    "PageBox",
    "Part",
    "Place",
    "SEPARATOR",
    "Slide",
    "Where",
    "encoded",
    "grids_in",
    "outline_of",
    "where_in_file",
    "where_in_text",
)

__getattr__ = names_of(
    __name__,
    {
        "Grid": "citespan.index.layout.grid",
        "Layout": "citespan.index.layout.layout",
        "MARKDOWN": "citespan.index.layout.outline",
        "NOWHERE": "citespan.index.layout.where",
        "Outline": "citespan.index.layout.outline",
        "PageBox": "citespan.index.layout.where",
        "SEPARATOR": "citespan.index.layout.outline",
        "Where": "citespan.index.layout.where",
        "encoded": "citespan.index.layout.encoding",
        "grids_in": "citespan.index.layout.grid",
        "Box": "citespan.index.parse.places",
        "Cell": "citespan.index.parse.places",
        "Line": "citespan.index.parse.places",
        "Node": "citespan.index.parse.places",
        "Part": "citespan.index.parse.places",
        "Place": "citespan.index.parse.places",
        "Slide": "citespan.index.parse.places",
        "outline_of": "citespan.index.layout.outline",
        "where_in_file": "citespan.index.layout.where",
        "where_in_text": "citespan.index.layout.where",
    },
)
