"""Files of any kind in, drafts out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.parse.isolation import close, missing, render
    from citespan.index.parse.parsed import Member, ReadingWarning
    from citespan.index.parse.request import Request, Unreadable
    from citespan.index.reading.reader import FileReader, ReadFile
    from citespan.index.reading.walk import files_in, title_of

__all__ = (
    "FileReader",
    "Member",
    "ReadFile",
    "ReadingWarning",
    "Request",
    "Unreadable",
    "close",
    "files_in",
    "missing",
    "render",
    "title_of",
)

__getattr__ = names_of(
    __name__,
    {
        "FileReader": "citespan.index.reading.reader",
        "Member": "citespan.index.parse.parsed",
        "ReadFile": "citespan.index.reading.reader",
        "ReadingWarning": "citespan.index.parse.parsed",
        "Request": "citespan.index.parse.request",
        "Unreadable": "citespan.index.parse.request",
        "close": "citespan.index.parse.isolation",
        "files_in": "citespan.index.reading.walk",
        "missing": "citespan.index.parse.isolation",
        "render": "citespan.index.parse.isolation",
        "title_of": "citespan.index.reading.walk",
    },
)
