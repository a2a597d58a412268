"""Bytes in, canonical text out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.parse.decode import canonical
    from citespan.index.parse.drafts import document_of
    from citespan.index.parse.files import (
        TEXT_SUFFIXES,
        matching,
        other_files,
        printable,
        read_file,
        text_files,
    )
    from citespan.index.parse.parsed import Parsed
    from citespan.index.parse.request import Request, Unreadable

__all__ = (
    "Parsed",
    "Request",
    "TEXT_SUFFIXES",
    "Unreadable",
    "canonical",
    "document_of",
    "matching",
    "other_files",
    "printable",
    "read_file",
    "text_files",
)

__getattr__ = names_of(
    __name__,
    {
        "Parsed": "citespan.index.parse.parsed",
        "Request": "citespan.index.parse.request",
        "TEXT_SUFFIXES": "citespan.index.parse.files",
        "Unreadable": "citespan.index.parse.request",
        "canonical": "citespan.index.parse.decode",
        "document_of": "citespan.index.parse.drafts",
        "matching": "citespan.index.parse.files",
        "other_files": "citespan.index.parse.files",
        "printable": "citespan.index.parse.files",
        "read_file": "citespan.index.parse.files",
        "text_files": "citespan.index.parse.files",
    },
)
