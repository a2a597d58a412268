"""Readers run here: one process a file, which can open, send and start nothing."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.parse.isolation.kernel import missing
    from citespan.index.parse.isolation.outcome import Ended
    from citespan.index.parse.isolation.sandbox import Sandbox
    from citespan.index.parse.isolation.shared import close, parse, render

__all__ = ("Ended", "Sandbox", "close", "missing", "parse", "render")

__getattr__ = names_of(
    __name__,
    {
        "Ended": "citespan.index.parse.isolation.outcome",
        "Sandbox": "citespan.index.parse.isolation.sandbox",
        "close": "citespan.index.parse.isolation.shared",
        "missing": "citespan.index.parse.isolation.kernel",
        "parse": "citespan.index.parse.isolation.shared",
        "render": "citespan.index.parse.isolation.shared",
    },
)
