"""Paragraphs to the text and its map."""

from collections.abc import Sequence

from citespan.index.parse.formats.layout.hyphens import Hyphens
from citespan.index.parse.formats.layout.line import PageLine
from citespan.index.parse.formats.layout.paragraphs import Labels, Paragraph
from citespan.index.parse.formats.layout.tables import LineCell, cells_of, header_of, labelled
from citespan.index.parse.parsed import Builder
from citespan.index.parse.places import Box

# Characters whose edges are kept. They take 70 bytes each in the process that stores them.
_MAX_EDGES = 2_000_000


class LayoutWriter:
    """Writes to a builder what the reader has put in order."""

    def __init__(self, hyphens: Hyphens) -> None:
        self.builder = Builder()
        self._hyphens = hyphens

    def paragraph(self, one: Paragraph) -> None:
        """Write a paragraph, a heading or the rows of a table."""
        self.builder.paragraph()
        start = self.builder.length
        if one.labels:
            self._table(one, one.labels)
        elif one.rows:
            self._rows(one.lines)
        else:
            self._prose(one.lines, one.note)
        if one.level:
            self.builder.heading(start, one.level)

    def line(self, line: PageLine) -> None:
        """Write a line by itself."""
        self._piece(line, 0, len(line.text))
        self.builder.separate("\n")

    def _prose(self, lines: list[PageLine], mark: int) -> None:
        """Write lines; a space follows the mark that they begin with."""
        if mark and lines[0].text[mark] != " ":
            self._piece(lines[0], 0, mark)
            self.builder.separate(" ")
        else:
            mark = 0
        for at, line in enumerate(lines):
            first = 0 if at else mark
            after = lines[at + 1].text if at + 1 < len(lines) else ""
            cut = line.hyphen or (line.text.endswith("-") and len(line.text) > 1)
            if after and cut and line.text[-2:-1].isalpha() and after[0].isalpha():
                keep = self._hyphens.is_kept(line.text, after)
                self._piece(line, first, len(line.text) - (not keep))
            else:
                self._piece(line, first, len(line.text))
                if after:
                    self.builder.separate(" ")

    def _rows(self, lines: list[PageLine]) -> None:
        """Write rows as lines; below a clear header, as paragraphs with its labels."""
        labels = header_of(lines)
        if not labels:
            for line in lines:
                self._row(line)
            return
        self._row(lines[0])
        self.builder.paragraph()
        start = self.builder.length
        for line in lines[1:]:
            pairs = labelled(line, labels)
            self._labelled(line, [([label] if label else [], cell) for label, cell in pairs])
        self.builder.table(start, " | ".join(label.text for label in labels))

    def _table(self, one: Paragraph, labels: Labels) -> None:
        """Write the header as one line, and each row as a paragraph with the labels."""
        if one.headed:
            self._header(labels)
        start = self.builder.length
        for line in one.lines:
            cells = labels.columns.cells(line)
            pairs = [
                (pieces, cell) for pieces, cell in zip(labels.pieces, cells, strict=True) if cell
            ]
            if any(cells[1:]):
                self._labelled(line, pairs)
            else:  # the name of a section, or of nothing
                self._row(line)
                self.builder.paragraph()
        names = (" ".join(cell.text for cell in pieces) for pieces in labels.pieces)
        self.builder.table(start, " | ".join(filter(None, names)))

    def _header(self, labels: Labels) -> None:
        for at, pieces in enumerate(filter(None, labels.pieces)):
            for nth, piece in enumerate(pieces):
                self.builder.separate(" " if nth else " | " if at else "")
                self._piece(piece.line, piece.start, piece.end)
        self.builder.paragraph()

    def _row(self, line: PageLine) -> None:
        for at, cell in enumerate(cells_of(line)):
            self.builder.separate(" | " if at else "")
            self._piece(line, cell.start, cell.end)
        self.builder.separate("\n")

    def _labelled(
        self, line: PageLine, pairs: Sequence[tuple[Sequence[LineCell], LineCell]]
    ) -> None:
        """Write `Label: value; Label: value.`: what a question asks for, next to its name."""
        if not pairs:
            self._row(line)
        for at, (label, cell) in enumerate(pairs):
            self.builder.separate("; " if at else "")
            self._label(label, line)
            self._piece(line, cell.start, cell.end)
        self.builder.separate("." if pairs else "")
        self.builder.paragraph()

    def _label(self, pieces: Sequence[LineCell], line: PageLine) -> None:
        """Write the label of a cell; one of another page has no place, for a quote is of one."""
        for at, piece in enumerate(pieces):
            self.builder.separate(" " if at else "")
            if piece.line.page == line.page:
                self._piece(piece.line, piece.start, piece.end)
            else:
                self.builder.separate(piece.text)
        self.builder.separate(": " if pieces else "")

    def _piece(self, line: PageLine, start: int, end: int) -> None:
        """Write characters of a line, with the box that they fill."""
        if start >= end:
            return
        if line.upright or self.builder.length > _MAX_EDGES:
            box = Box(line.page, line.x0, line.y0, line.x1, line.y1)
            self.builder.add(line.text[start:end], box)
            return
        edges = line.edges[2 * start : 2 * end].tolist()
        box = Box(line.page, min(edges), line.y0, max(edges), line.y1)
        self.builder.add(line.text[start:end], box, edges)
