"""Files of any kind in, drafts out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.parse.isolation import missing, render
    from citespan.index.parse.parsed import Builder, Member, PageSize, Parsed, ReadingWarning
    from citespan.index.parse.request import Request, Unreadable
    from citespan.index.reading.reader import FileReader, ReadFile, stop_reading, stops
    from citespan.index.reading.walk import files_in, title_of

__all__ = (
    "Builder",
    "FileReader",
    "Member",
    "PageSize",
    "Parsed",
    "ReadFile",
    "ReadingWarning",
    "Request",
    "Unreadable",
    "files_in",
    "missing",
    "render",
    "stop_reading",
    "stops",
    "title_of",
)

__getattr__ = names_of(
    __name__,
    {
        "FileReader": "citespan.index.reading.reader",
        "Builder": "citespan.index.parse.parsed",
        "Member": "citespan.index.parse.parsed",
        "PageSize": "citespan.index.parse.parsed",
        "Parsed": "citespan.index.parse.parsed",
        "ReadFile": "citespan.index.reading.reader",
        "ReadingWarning": "citespan.index.parse.parsed",
        "Request": "citespan.index.parse.request",
        "Unreadable": "citespan.index.parse.request",
        "files_in": "citespan.index.reading.walk",
        "missing": "citespan.index.parse.isolation",
        "render": "citespan.index.parse.isolation",
        "stop_reading": "citespan.index.reading.reader",
        "stops": "citespan.index.reading.reader",
        "title_of": "citespan.index.reading.walk",
    },
)
