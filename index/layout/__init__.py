"""Where the characters of a text stand in its file, and the headings and tables over them."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.layout.encoding import encoded
    from citespan.index.layout.layout import Layout
    from citespan.index.layout.outline import MARKDOWN, SEPARATOR, Outline, outline_of
    from citespan.index.layout.where import NOWHERE, PageBox, Where, where_in_file, where_in_text

__all__ = (
    "Layout",
    "MARKDOWN",
    "NOWHERE",
    "Outline",
    "PageBox",
    "SEPARATOR",
    "Where",
    "encoded",
    "outline_of",
    "where_in_file",
    "where_in_text",
)

__getattr__ = names_of(
    __name__,
    {
        "Layout": "citespan.index.layout.layout",
        "MARKDOWN": "citespan.index.layout.outline",
        "NOWHERE": "citespan.index.layout.where",
        "Outline": "citespan.index.layout.outline",
        "PageBox": "citespan.index.layout.where",
        "SEPARATOR": "citespan.index.layout.outline",
        "Where": "citespan.index.layout.where",
        "encoded": "citespan.index.layout.encoding",
        "outline_of": "citespan.index.layout.outline",
        "where_in_file": "citespan.index.layout.where",
        "where_in_text": "citespan.index.layout.where",
    },
)
