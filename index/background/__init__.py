"""Chunks and vectors, made in a process that gives way to questions."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.background.maker import BackgroundMaker

__all__ = ("BackgroundMaker",)

__getattr__ = names_of(__name__, {"BackgroundMaker": "citespan.index.background.maker"})
