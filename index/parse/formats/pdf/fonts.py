"""The size and weight of the letters of a line."""

import ctypes
import math
import re

from citespan.index.parse.formats.layout import PageLine
from citespan.index.parse.formats.pdf.pdfium import font_name, font_size, font_weight, matrix_of

_BOLD = 600  # of weights from 100 to 900
_BOLD_NAME = re.compile(rb"(?i)bold|black|heavy|-bd")
_NAME = 128  # bytes of a font's name that are looked at


def set_fonts(lines: list[PageLine], handle: int) -> None:
    """Set the size in points and the weight of each line, from its longest and its last word.

    The size is the larger one: a word in small capitals or a superscript is smaller than its line.
    """
    matrix = (ctypes.c_float * 6)()
    for line in lines:
        line.size = _size(handle, line.at, matrix)
        line.bold = _bold(handle, line.at)
        if line.last != line.at:
            line.size = max(line.size, _size(handle, line.last, matrix))
            line.bold = line.bold and _bold(handle, line.last)


def _size(handle: int, at: int, matrix: "ctypes.Array[ctypes.c_float]") -> float:
    size: float = font_size(handle, at)
    if matrix_of(handle, at, ctypes.addressof(matrix)):
        size *= math.hypot(matrix[2], matrix[3]) or 1
    return round(size, 1) if math.isfinite(size) else 0.0


def _bold(handle: int, at: int) -> bool:
    if font_weight(handle, at) >= _BOLD:
        return True
    name = ctypes.create_string_buffer(_NAME)
    font_name(handle, at, ctypes.addressof(name), _NAME, None)
    return bool(_BOLD_NAME.search(name.value))
