"""PDF. Its names are loaded at once: a reader at work can import nothing."""

from citespan.index.parse.formats.ocr import FOLDER
from citespan.index.parse.formats.pdf.reader import read, render

READABLE = (FOLDER,)  # the model of OCR

__all__ = ("READABLE", "read", "render")
