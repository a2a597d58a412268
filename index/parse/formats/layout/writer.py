"""Paragraphs to the text and its map."""

from citespan.index.parse.formats.layout.hyphens import Hyphens
from citespan.index.parse.formats.layout.line import Line
from citespan.index.parse.formats.layout.paragraphs import Paragraph
from citespan.index.parse.parsed import Builder
from citespan.index.parse.places import Box

# Characters whose edges are kept. They take 70 bytes each in the process that stores them.
_MAX_EDGES = 2_000_000


class Writer:
    """Writes to a builder what the reader has put in order."""

    def __init__(self, hyphens: Hyphens) -> None:
        self.builder = Builder()
        self._hyphens = hyphens

    def paragraph(self, one: Paragraph) -> None:
        """Write a paragraph, a heading or the rows of a table."""
        self.builder.paragraph()
        start = self.builder.length
        if one.rows:
            for line in one.lines:
                self._row(line)
        else:
            self._prose(one.lines)
        if one.level:
            self.builder.heading(start, one.level)

    def line(self, line: Line) -> None:
        """Write a line by itself."""
        self._piece(line, 0, len(line.text))
        self.builder.separate("\n")

    def _prose(self, lines: list[Line]) -> None:
        for at, line in enumerate(lines):
            after = lines[at + 1].text if at + 1 < len(lines) else ""
            cut = line.hyphen or (line.text.endswith("-") and len(line.text) > 1)
            if after and cut and line.text[-2:-1].isalpha() and after[0].isalpha():
                keep = self._hyphens.is_kept(line.text, after)
                self._piece(line, 0, len(line.text) - (not keep))
            else:
                self._piece(line, 0, len(line.text))
                if after:
                    self.builder.separate(" ")

    def _row(self, line: Line) -> None:
        start = 0
        for gap in line.gaps:
            self._piece(line, start, gap)
            self.builder.separate(" | ")
            start = gap + 1
        self._piece(line, start, len(line.text))
        self.builder.separate("\n")

    def _piece(self, line: Line, start: int, end: int) -> None:
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
