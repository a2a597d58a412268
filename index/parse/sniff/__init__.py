"""What a file is, by its content."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.parse.sniff.kinds import is_plain, sniff

__all__ = ("is_plain", "sniff")

__getattr__ = names_of(
    __name__,
    {
        "is_plain": "citespan.index.parse.sniff.kinds",
        "sniff": "citespan.index.parse.sniff.kinds",
    },
)
