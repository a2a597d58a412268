"""PDF. Its names are loaded at once: a reader at work can import nothing."""

from citespan.index.parse.formats.pdf.reader import read

__all__ = ("read",)
