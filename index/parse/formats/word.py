"""Characters of a DOCX's paragraphs: runs, breaks, symbols, pictures, changes and notes."""

from collections.abc import Iterator
from typing import NamedTuple

from citespan.index.parse.formats.markup import Element, attribute, local
from citespan.index.parse.formats.numbering import W
from citespan.index.parse.formats.ooxml import RELATION
from citespan.index.parse.formats.superscripts import raised

_VAL, _BOLD, _VANISH, _HIGH = W + "val", W + "b", W + "vanish", W + "vertAlign"
_SIGNS = {"f": "/", "sSup": "^", "sSub": "_"}  # in formulas
_OFF = frozenset({"0", "false", "off"})
_OUT = frozenset(
    {"del", "moveFrom", "instrText", "delText", "pPr", "rPr", "sdtPr", "sectPr", "Fallback",
     "tbl", "delInstrText", "fldSimplePr", "tblPr", "trPr", "tcPr", "ffData"}
)  # fmt: skip
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_SYMBOLS = {
    0xB7: "•", 0xA7: "▪", 0xA8: "◻", 0xD8: "➢", 0xFC: "✓", 0xFE: "☑", 0x6F: "☐", 0x78: "☒",
    0xE0: "→", 0xDF: "←", 0xF0: "⇨", 0xD2: "®", 0xD3: "©", 0xD4: "™", 0xB0: "°", 0xB3: "≥",
    0xA3: "≤", 0xB1: "±", 0xB4: "×", 0x6D: "μ", 0x61: "α", 0x62: "β", 0x67: "γ", 0x44: "Δ",
}  # fmt: skip


class WordInline(NamedTuple):
    """The contents of a paragraph: its characters, and what hangs on it."""

    text: str
    boxes: list[Element]  # text boxes
    notes: list[tuple[str, str]]  # kind and id of each note and comment
    charts: list[str]  # ids of relationships
    hidden: bool
    described: bool = False  # all of the characters describe pictures
    bold: bool = False  # all of the characters are


class WordWalk:
    """A walk over a paragraph, which gathers its pieces."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.boxes: list[Element] = []
        self.notes: list[tuple[str, str]] = []
        self.charts: list[str] = []
        self.hidden = False
        self.alternatives = 0
        self.light = False

    def walk(self, element: Element) -> None:
        """Gather the characters of an element's children, in order."""
        for child in element:
            name = local(child)
            if name == "r":
                self._run(child)
            elif name == "t":
                self.pieces.append(child.text or "")
            elif name in _BREAKS:
                self.pieces.append(_BREAKS[name])
            elif name not in _OUT:
                self._special(child, name)

    def _run(self, run: Element) -> None:
        bold = high = False
        for child in next(iter(run), ()):  # its properties, if it has any, come first
            if child.tag == _HIGH:
                high = child.get(_VAL) == "superscript"
            elif child.tag == _BOLD:
                bold = child.get(_VAL) not in _OFF
            elif child.tag == _VANISH and child.get(_VAL) not in _OFF:
                self.hidden = self.hidden or any(text.text for text in run.iter(W + "t"))
                return
        written = len(self.pieces)
        self.walk(run)
        if high:
            self.pieces[written:] = [raised("".join(self.pieces[written:]))]
        if not bold and not self.light:
            self.light = any(piece.strip() for piece in self.pieces[written:])

    def _base(self, ruby: Element) -> None:
        for part in ruby.findall(W + "rubyBase"):
            self.walk(part)

    def _special(self, child: Element, name: str) -> None:
        if name == "txbxContent":
            self.boxes.append(child)
        elif name == "AlternateContent":
            self.walk(alternative(child))
        elif name == "ruby":
            self._base(child)
        elif name in {"footnoteReference", "endnoteReference", "commentReference"}:
            self.notes.append((name.removesuffix("Reference"), child.get(W + "id") or ""))
        elif name == "sym":
            self.pieces.append(symbol(child.get(W + "char")))
        elif name == "chart":
            self.charts.append(child.get(RELATION + "id") or "")
        elif name == "docPr":
            self._picture(child)
        elif name in _SIGNS:
            self._formula(child, _SIGNS[name])
        else:
            self.walk(child)

    def _formula(self, element: Element, sign: str) -> None:
        """Write the two parts of a fraction, a power or an index with the sign between them."""
        parts = [part for part in element if not local(part).endswith("Pr")]
        for at, part in enumerate(parts):
            written = len(self.pieces)
            self.walk(part)
            text = "".join(self.pieces[written:])
            high = raised(text) if sign == "^" and at else text
            bare = text.isalnum() or (not at and sign != "/")
            shown = high if high != text or bare else f"({text})"
            self.pieces[written:] = [shown if not at or high != text else sign + shown]

    def _picture(self, properties: Element) -> None:
        """Take the text that describes a picture to those who cannot see it."""
        if described := properties.get("descr"):
            self.pieces.append(f" {described.strip()} ")
            self.alternatives += 1


def inline(paragraph: Element) -> WordInline:
    """Return the contents of a paragraph."""
    reading = WordWalk()
    reading.walk(paragraph)
    written = sum(1 for piece in reading.pieces if piece.strip())
    described = 0 < written <= reading.alternatives
    text = "".join(reading.pieces)
    bold = written > 0 and not reading.light
    return WordInline(
        text, reading.boxes, reading.notes, reading.charts, reading.hidden, described, bold
    )


def symbol(code: str | None) -> str:
    """Return the character of a symbol font as Unicode; U+FFFD if it is not known."""
    try:
        number = int(code or "", 16)
    except ValueError:
        return ""
    number -= 0xF000 if 0xF000 <= number <= 0xF0FF else 0
    return _SYMBOLS.get(number, "\ufffd" if number < 0x100 else chr(min(number, 0x10FFFF)))


def is_on(properties: Element, name: str) -> bool:
    """Return whether a property that is on or off is on."""
    found = properties.find(W + name)
    return found is not None and found.get(_VAL) not in _OFF


def alternative(element: Element) -> Element:
    """Return the first choice of alternative contents, or else the fallback."""
    for child in element:
        if local(child) == "Choice":
            return child
    for child in element:
        return child
    return element


def blocks_of(element: Element) -> Iterator[Element]:
    """Yield the paragraphs, tables and chunks of an element in order; deleted ones are left out."""
    for child in element:
        name = local(child)
        if name in {"p", "tbl", "altChunk"}:
            yield child
        elif name == "AlternateContent":
            yield from blocks_of(alternative(child))
        elif name not in {"del", "moveFrom", "sdtPr", "sdtEndPr", "tcPr"}:
            yield from blocks_of(child)


def author_of(comment: Element) -> str:
    """Return who wrote a comment."""
    return attribute(comment, "author") or ""
