"""PDFium's functions: a file opened, its pages, and calls that are made for each character.

PDFium keeps state that belongs to the process and is not safe with threads. One process reads one
file, so both do no harm, and nothing is closed but pages.
"""

import ctypes
import importlib
from typing import Any

from citespan.index.parse.request import Unreadable

raw: Any = importlib.import_module("pypdfium2_raw")  # it has no types
_INFO: Any = importlib.import_module("pypdfium2.version").PDFIUM_INFO

MADE_BY = f"pdf 6, pdfium {_INFO.build}"
MAX_PAGES = 5000

_ADVICE = {
    raw.FPDF_ERR_SECURITY: ("unsupported", "the PDF is encrypted in a way that is not supported"),
}


def _start() -> None:
    """Start PDFium without the fonts of the machine: it would look for them while it reads."""
    no_folders = (ctypes.POINTER(ctypes.c_char) * 1)()
    config = raw.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=no_folders)
    raw.FPDF_DestroyLibrary()  # `pypdfium2` has started it, with those fonts
    raw.FPDF_InitLibraryWithConfig(config)


_start()


def _fast(name: str, result: Any, *arguments: Any) -> Any:
    """Return a function of PDFium that takes addresses: half the time of the one with types."""
    address: Any = ctypes.cast(getattr(raw, name), ctypes.c_void_p).value
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


_PAGE, _INT, _AT = ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p

unicode_of = _fast("FPDFText_GetUnicode", ctypes.c_uint, _PAGE, _INT)
loose_box = _fast("FPDFText_GetLooseCharBox", _INT, _PAGE, _INT, _AT)
tight_box = _fast("FPDFText_GetCharBox", _INT, _PAGE, _INT, _AT, _AT, _AT, _AT)
is_generated = _fast("FPDFText_IsGenerated", _INT, _PAGE, _INT)
unmapped = _fast("FPDFText_HasUnicodeMapError", _INT, _PAGE, _INT)
text_object = _fast("FPDFText_GetTextObject", ctypes.c_void_p, _PAGE, _INT)
render_mode = _fast("FPDFTextObj_GetTextRenderMode", _INT, _AT)
font_size = _fast("FPDFText_GetFontSize", ctypes.c_double, _PAGE, _INT)
font_weight = _fast("FPDFText_GetFontWeight", _INT, _PAGE, _INT)
matrix_of = _fast("FPDFText_GetMatrix", _INT, _PAGE, _INT, _AT)
fill_colour = _fast("FPDFText_GetFillColor", _INT, _PAGE, _INT, _AT, _AT, _AT, _AT)
stroke_colour = _fast("FPDFText_GetStrokeColor", _INT, _PAGE, _INT, _AT, _AT, _AT, _AT)
set_active = _fast("FPDFPageObj_SetIsActive", _INT, _AT, _INT)
set_fill = _fast("FPDFPageObj_SetFillColor", _INT, _AT, *[ctypes.c_uint] * 4)
set_stroke = _fast("FPDFPageObj_SetStrokeColor", _INT, _AT, *[ctypes.c_uint] * 4)
object_at = _fast("FPDFPage_GetObject", ctypes.c_void_p, _PAGE, _INT)
inner_object = _fast("FPDFFormObj_GetObject", ctypes.c_void_p, _AT, ctypes.c_ulong)
inner_objects = _fast("FPDFFormObj_CountObjects", _INT, _AT)
object_kind = _fast("FPDFPageObj_GetType", _INT, _AT)
object_bounds = _fast("FPDFPageObj_GetBounds", _INT, _AT, _AT, _AT, _AT, _AT)
object_fill = _fast("FPDFPageObj_GetFillColor", _INT, _AT, _AT, _AT, _AT, _AT)
object_stroke = _fast("FPDFPageObj_GetStrokeColor", _INT, _AT, _AT, _AT, _AT, _AT)
stroke_width = _fast("FPDFPageObj_GetStrokeWidth", _INT, _AT, _AT)
path_mode = _fast("FPDFPath_GetDrawMode", _INT, _AT, _AT, _AT)
font_name = _fast("FPDFText_GetFontInfo", ctypes.c_ulong, _PAGE, _INT, _AT, ctypes.c_ulong, _AT)


def open_document(data: bytes, password: str | None) -> Any:
    """Return PDFium's handle of a file; `data` must be kept while it is used.

    Raises:
        Unreadable: `encrypted`, `password_wrong`, `corrupt`, `unsupported`, `too_many_pages`.
    """
    given = password.encode() if password else None
    document = raw.FPDF_LoadMemDocument64(data, len(data), given)
    if not document:
        raise _refusal(raw.FPDF_GetLastError(), password)
    pages = raw.FPDF_GetPageCount(document)
    if pages > MAX_PAGES:
        raise Unreadable("too_many_pages", f"the PDF has {pages:,} pages; at most {MAX_PAGES:,}")
    if pages < 1:
        raise Unreadable("corrupt", "the PDF has no pages; make or send it again")
    return document


def _refusal(error: int, password: str | None) -> Unreadable:
    if error == raw.FPDF_ERR_PASSWORD:
        if password:
            return Unreadable("password_wrong", "the password does not open the PDF")
        return Unreadable("encrypted", "the PDF is encrypted; send its password")
    code, message = _ADVICE.get(error, ("corrupt", "the PDF is damaged; make or send it again"))
    return Unreadable(code, message)


def string(call: Any, *arguments: Any) -> str:
    """Return what a function of PDFium writes as UTF-16 into a buffer that it measures first."""
    size = call(*arguments, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(min(size, 1 << 20))
    call(*arguments, ctypes.cast(buffer, call.argtypes[-2]), len(buffer))
    return buffer.raw[: len(buffer) - 2].decode("utf-16-le", "replace").partition("\0")[0]
