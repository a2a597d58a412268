"""Pages that are pictures of text, and their lines by OCR."""

from citespan.index.parse.formats import ocr
from citespan.index.parse.formats.layout import PageLine
from citespan.index.parse.formats.pdf.page import Glyphs, PdfPage
from citespan.index.parse.formats.pdf.pdfium import unmapped
from citespan.index.parse.formats.pdf.pictures import drawn, is_image

_FEW = 20  # letters: a page number and a stamp
_UNMAPPED = 0.3  # share of characters of which the file does not say what they mean
_SAMPLE = 200  # characters that are asked


def is_scan(page: PdfPage, glyphs: Glyphs) -> bool:
    """Return whether a page needs OCR: it has an image and no text, or text without meaning."""
    letters = 0
    for start, end in glyphs.words:
        letters += end - start
        if letters >= _FEW:
            return _is_unmapped(glyphs)
    return is_image(page)


def _is_unmapped(glyphs: Glyphs) -> bool:
    starts = [start for start, _ in glyphs.words]
    sample = starts[:: len(starts) // _SAMPLE + 1]
    return sum(unmapped(glyphs.handle, at) == 1 for at in sample) > _UNMAPPED * len(sample)


def scanned_lines(page: PdfPage, recogniser: ocr.Recogniser) -> list[PageLine]:
    """Return the lines of a picture of a page."""
    width = max(1, round(page.size.width * ocr.DPI / 720))
    height = max(1, round(page.size.height * ocr.DPI / 720))
    picture = drawn(page, width, height, colour=False)
    seen = recogniser.lines_of(picture.data, picture.width, picture.height, picture.stride)
    return ocr.placed(seen, page.size.width / picture.width)
