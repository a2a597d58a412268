"""Images: their text by OCR, the extra `ocr`."""

import io
import warnings
from collections.abc import Iterator
from typing import Any

from citespan.index.parse.formats import ocr
from citespan.index.parse.formats.layout import AssembledDocument, AssembledPage, assembled
from citespan.index.parse.formats.png import png
from citespan.index.parse.parsed import PageSize, Parsed, ReadingWarning
from citespan.index.parse.request import Request, Unreadable

READABLE = (ocr.FOLDER,)

_MAX_PIXELS = 50_000_000  # of a frame; a larger one is refused by its header
_SMALL = 1000  # pixels: an image that is smaller is read at twice its size
_TYPES = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP")

_TYPE_OF = {"MPO": "jpeg"}  # two JPEGs in one, as some cameras write

if ocr.pillow is not None:
    _exif: Any = __import__("PIL.ImageOps", fromlist=["exif_transpose"])
    ocr.pillow.init()  # it imports its readers late
    ocr.pillow.MAX_IMAGE_PIXELS = _MAX_PIXELS


def read(data: bytes, request: Request) -> Parsed:
    """Return the text of an image; each frame is a page.

    Raises:
        Unreadable: `no_text`, `corrupt` or `too_large`.
    """
    if not ocr.available():
        raise Unreadable("no_text", f"the file is an image; {ocr.ADVICE}")
    if request.ocr == "never":
        raise Unreadable("no_text", "the file is an image; allow OCR to have it read")
    image = _opened(data)
    recogniser = ocr.Recogniser()
    document = AssembledDocument()
    for number, frame in enumerate(_frames(image), 1):
        if number > ocr.MAX_PAGES:
            message = f"only the first {ocr.MAX_PAGES} frames were read"
            document.warnings.append(ReadingWarning("page_scanned", message, number, partial=True))
            break
        document.add(_sheet(frame, number, recogniser))
    if recogniser.dropped:
        message = f"{recogniser.dropped} words were too unclear to be read"
        document.warnings.append(ReadingWarning("ocr_uncertain", message))
    text = assembled(document)
    return Parsed(
        text=text.builder.text,
        media_type=f"image/{_TYPE_OF.get(image.format, image.format.lower())}",
        made_by=f"image 1, {recogniser.made_by}",
        metadata={"pages": len(document.sheets)},
        runs=text.builder.runs,
        headings=text.builder.headings,
        furniture=text.furniture,
        pages=[sheet.size for sheet in document.sheets],
        warnings=document.warnings,
    )


def render(data: bytes, page: int, width_px: int, password: str | None = None) -> bytes:  # noqa: ARG001
    """Return a frame (1-based) of an image as PNG.

    Raises:
        Unreadable: `no_text` without the extra, `corrupt` or `too_large`.
    """
    if ocr.pillow is None:
        raise Unreadable("no_text", f"images cannot be drawn; {ocr.ADVICE}")
    for number, frame in enumerate(_frames(_opened(data)), 1):
        if number == page:
            height = max(1, frame.height * width_px // frame.width)
            shown = frame.convert("RGB").resize((width_px, height))
            return png(shown.tobytes(), width_px, height, 3 * width_px, 3)
    raise Unreadable("corrupt", f"the image has no page {page}")


def _opened(data: bytes) -> Any:
    """Return an image whose header was read."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ocr.pillow.DecompressionBombWarning)
        try:
            return ocr.pillow.open(io.BytesIO(data), formats=_TYPES)
        except (ocr.pillow.DecompressionBombWarning, ocr.pillow.DecompressionBombError):
            size = f"{_MAX_PIXELS // 1_000_000} million pixels"
            raise Unreadable("too_large", f"the image has more than {size}") from None
        except (OSError, ValueError, SyntaxError):
            raise _damaged() from None


def _damaged() -> Unreadable:
    return Unreadable("corrupt", "the image is damaged; make or send it again")


def _frames(image: Any) -> Iterator[Any]:
    """Yield the frames of an image, upright, one at a time."""
    try:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            if image.width * image.height > _MAX_PIXELS:
                raise Unreadable("too_large", "a frame of the image has too many pixels")
            yield _exif.exif_transpose(image)
    except (OSError, ValueError, SyntaxError, EOFError, ArithmeticError):
        raise _damaged() from None


def _sheet(frame: Any, number: int, recogniser: ocr.Recogniser) -> AssembledPage:
    dpi = float((frame.info.get("dpi") or (0, 0))[0])
    dpi = dpi if dpi > 1 else _guessed(frame)
    size = PageSize(round(frame.width * 720 / dpi), round(frame.height * 720 / dpi))
    grey = frame.convert("RGBA") if frame.mode in {"P", "LA", "PA"} else frame
    if grey.mode == "RGBA":  # letters on nothing are letters on white
        paper = ocr.pillow.new("RGBA", grey.size, "white")
        paper.alpha_composite(grey)
        grey = paper
    grey = grey.convert("L")
    grow = 2.0 if max(grey.size) < _SMALL else 1.0
    grow = min(grow, (ocr.MAX_PIXELS / (grey.width * grey.height)) ** 0.5)
    if grow != 1:
        grey = grey.resize((max(1, int(grey.width * grow)), max(1, int(grey.height * grow))))
    seen = recogniser.lines_of(grey.tobytes(), grey.width, grey.height, grey.width)
    lines = ocr.placed(seen, size.width / grey.width)
    for line in lines:
        line.page = number
    return AssembledPage(size, lines)


def _guessed(frame: Any) -> float:
    """Return the resolution at which an image that names none fills a page of A4."""
    return max(frame.size) / 11.7
