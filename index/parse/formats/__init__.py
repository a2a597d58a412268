"""Readers: one module or folder a family of formats, from bytes to `Parsed`.

They run only in a process of their own, which `index/parse/isolation` starts.
"""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.parse.formats.preload import preload_readers
    from citespan.index.parse.formats.registry import all_readers, reader_of

__all__ = (
    "all_readers",
    "preload_readers",
    "reader_of",
)

__getattr__ = names_of(
    __name__,
    {
        "all_readers": "citespan.index.parse.formats.registry",
        "preload_readers": "citespan.index.parse.formats.preload",
        "reader_of": "citespan.index.parse.formats.registry",
    },
)
