"""Lines to paragraphs, by geometry: what belongs together is decided here and nowhere later."""

import re
from collections import Counter
from itertools import pairwise

import msgspec

from citespan.index.parse.formats.layout.columns import Columns
from citespan.index.parse.formats.layout.line import PageLine
from citespan.index.parse.formats.layout.tables import LineCell

_MARK = r"[•▪◦‣●○■□➢❖✓]|o(?=\s+[A-Z])"
_BULLET = re.compile(rf"(?:{_MARK})\s")
_ITEM = re.compile(rf"(?:{_MARK}|[–—*·-]|\(?(?:\d{{1,3}}|[a-zA-Z]|[ivxIVX]{{1,5}})[.)])\s")
_LEADER = re.compile(r"(?:[.][. ]{3,40}|…[… ]{1,40})\w{1,6}$")  # to the number of a page
_NOTE = re.compile(r"\d{1,3} ?[^\W\d_]")
_FINISHED = re.compile(r"""[.!?:;]["'”’)\]]*\d{0,3}$""")
_TERMINAL = re.compile(r"""[.!?]["'”’)\]]*\d{0,3}$""")
_LONGEST_HEADING = 250  # characters


class Labels(msgspec.Struct):
    """The columns of a table, and the pieces of the label of each."""

    columns: Columns
    pieces: list[list[LineCell]]

    @property
    def page(self) -> int:
        """The page that the labels stand on."""
        return next(cell.line.page for cells in self.pieces for cell in cells)


class Paragraph(msgspec.Struct):
    """Lines that are read as one; `rows` are lines of a table, each by itself.

    `level` is that of a heading, 1 to 6, or 0. `labels` are those of the columns of a table;
    `headed` is true if they stand above these rows. `note` is the length of a footnote's mark.
    """

    lines: list[PageLine]
    rows: bool = False
    level: int = 0
    labels: Labels | None = None
    headed: bool = False
    note: int = 0

    @property
    def size(self) -> float:
        """The size of the letters of its first line."""
        return self.lines[0].size

    @property
    def text(self) -> str:
        """Its characters, with a space for each end of a line."""
        return " ".join(line.text for line in self.lines)


def paragraphs_of(lines: list[PageLine], body: float) -> list[Paragraph]:
    """Return the paragraphs of a page's lines; `body` is the size of most of the text."""
    rows = _rows(lines)
    leading = _leading(lines)
    rights = _right_edges(lines, leading)
    made: list[Paragraph] = []
    for at, line in enumerate(lines):
        before = lines[at - 1] if at else None
        if before is None or rows[at] != rows[at - 1]:
            made.append(Paragraph([line], rows[at]))
        elif rows[at]:
            together = _gap(before, line) < 3 * line.height
            made[-1].lines.append(line) if together else made.append(Paragraph([line], rows=True))
        elif not _ends_item(made[-1].lines[0], line) and _joined(
            before, line, leading, _right(rights, lines, at), body
        ):
            made[-1].lines.append(line)
        else:
            made.append(Paragraph([line]))
    return made


def _ends_item(first: PageLine, line: PageLine) -> bool:
    """Return whether a line is no part of the item that begins with `first`, but after it."""
    if _BULLET.match(line.text):
        return True
    if _BULLET.match(first.text) and line.x0 < first.x0 - 0.8 * first.height:
        return True
    near = abs(first.x0 - line.x0) < first.height // 4
    return near and bool(_ITEM.match(first.text) and _ITEM.match(line.text))


def _right(rights: list[int], lines: list[PageLine], at: int) -> int:
    """Return where the line before one could have ended: a heading as wide as the text below it."""
    before, line = lines[at - 1], lines[at]
    same = before.bold == line.bold and _alike(before.size, line.size, 0.05)
    return rights[at - 1] if same else max(rights[at - 1], rights[at])


def _gap(before: PageLine, line: PageLine) -> int:
    """Return the white space between two lines; large if the second is not below the first."""
    return line.y0 - before.y1 if line.y1 > before.y0 else 10_000


def _rows(lines: list[PageLine]) -> list[bool]:
    """Return which lines are rows of a table: their wide gaps lie above one another."""
    near = [
        at + 1 < len(lines) and _gap(lines[at], lines[at + 1]) < 3 * lines[at].height
        and _share_gap(lines[at], lines[at + 1])
        for at in range(len(lines))
    ]  # fmt: skip
    rows = [near[at] or (at > 0 and near[at - 1]) for at in range(len(lines))]
    for at in range(1, len(lines) - 1):  # the rest of a cell, between rows
        if rows[at - 1] and not rows[at] and rows[at + 1] and len(lines[at].text) < 60:
            rows[at] = _gap(lines[at - 1], lines[at]) < lines[at].height
    return rows


def _share_gap(one: PageLine, other: PageLine) -> bool:
    for gap in one.gaps:
        left, right = one.edges[2 * gap], one.edges[2 * gap + 3]
        left = one.edges[2 * gap - 1] if gap else left
        right = one.edges[2 * gap + 2]
        for second in other.gaps:
            start, end = other.edges[2 * second - 1], other.edges[2 * second + 2]
            if min(right, end) - max(left, start) > 30:
                return True
    return False


def _leading(lines: list[PageLine]) -> dict[int, int]:
    """Return the usual distance of two lines, for each height of a line."""
    seen: dict[int, Counter[int]] = {}
    for before, line in pairwise(lines):
        distance = line.y1 - before.y1
        if 0 < distance < 3 * line.height:
            seen.setdefault(round(line.size), Counter())[distance // 5] += 1
    return {size: 5 * counts.most_common(1)[0][0] + 5 for size, counts in seen.items()}


def _joined(
    before: PageLine, line: PageLine, leading: dict[int, int], right: int, body: float
) -> bool:
    """Return whether a line continues the paragraph of the one before it."""
    alike = _alike(before.size, line.size, 0.1) or _small_capitals(before, line)
    if before.upright != line.upright or not alike:
        return False
    if _LEADER.search(before.text):
        return False
    distance = line.y1 - before.y1
    usual = leading.get(round(line.size), int(1.3 * line.height))
    if not 0.3 * line.height < distance <= 1.3 * usual + 10:
        return False
    if before.x1 < line.x0 or line.x1 < before.x0:
        return False
    if before.bold != line.bold and _TERMINAL.search(before.text):
        return False
    if line.size > 1.12 * body and before.bold == line.bold:
        return len(before.text) + len(line.text) < _LONGEST_HEADING
    return _flows(before, line, right)


def _small_capitals(before: PageLine, line: PageLine) -> bool:
    """Return whether a line may be in small capitals that end in the next one."""
    word = line.text.split(" ", 1)[0]
    smaller = 0.6 * line.size < before.size < line.size
    return smaller and len(word) > 2 and before.text.isupper() and word.isupper()


def _flows(before: PageLine, line: PageLine, right: int) -> bool:
    """Return whether a sentence may run from one line into the next; `right` is the block's."""
    if before.hyphen:
        return True
    word = line.edges[2 * min(len(line.text.split(" ", 1)[0]), len(line.text)) - 1] - line.x0
    spare = max(word + 0.3 * line.height, 1.5 * line.height)
    reaches = before.x1 >= right - spare
    half = 2 * (before.x1 - before.x0) > right - before.x0
    lower = line.text[0].islower() and not _FINISHED.search(before.text)
    if _ITEM.match(line.text) and (not reaches or _FINISHED.search(before.text)):
        return False
    if line.x0 > before.x0 + 0.8 * line.height and not _ITEM.match(before.text):
        return lower or (reaches and not _TERMINAL.search(before.text))
    if before.bold and not line.bold and not reaches:
        return False
    return reaches or (lower and half)


def _right_edges(lines: list[PageLine], leading: dict[int, int]) -> list[int]:
    """Return, for each line, where the lines of its block end on the right."""
    edges: list[int] = []
    block: list[PageLine] = []
    for line in [*lines, None]:
        if block and (line is None or not _in_block(block[-1], line, leading)):
            ends = sorted(other.x1 for other in block)
            edges += [ends[-2] if len(ends) > 2 else ends[-1]] * len(block)
            block = []
        if line:
            block.append(line)
    return edges


def _in_block(before: PageLine, line: PageLine, leading: dict[int, int]) -> bool:
    usual = leading.get(round(line.size), int(1.3 * line.height))
    return (
        _alike(before.size, line.size, 0.05)
        and 0 < line.y1 - before.y1 < 1.6 * usual + 10
        and abs(before.x0 - line.x0) < 4 * line.height
    )


def _alike(one: float, other: float, share: float) -> bool:
    return abs(one - other) <= share * max(one, other)


def bridged(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Return paragraphs with those joined that a column, a page or a footnote cuts in two.

    What stood between the two parts follows them.
    """
    made: list[Paragraph] = []
    gone: set[int] = set()
    for at, one in enumerate(paragraphs):
        if at in gone:
            continue
        made.append(one)
        end = at
        while (rest := _rest(paragraphs, end, one, gone)) is not None:
            one.lines += paragraphs[rest].lines
            gone.add(rest)
            end = rest
    return made


_BETWEEN = 8  # paragraphs, such as footnotes and captions, between two parts


def _rest(paragraphs: list[Paragraph], at: int, one: Paragraph, gone: set[int]) -> int | None:
    """Return the paragraph that continues one, if its last line ends inside a sentence."""
    last = one.lines[-1]
    if one.rows or one.level or len(last.text) < 20 or _FINISHED.search(last.text):
        return None
    for after in range(at + 1, min(at + 1 + _BETWEEN, len(paragraphs))):
        other = paragraphs[after]
        if after in gone or other.rows or other.level:
            continue
        first = other.lines[0]
        alike = _alike(last.size, first.size, 0.04) and last.bold == first.bold
        if alike and _elsewhere(last, first):
            lower = first.text[0].islower()
            return after if lower and not _ITEM.match(first.text) else None
        if alike and not _NOTE.match(first.text):
            return None
    return None


def _elsewhere(last: PageLine, first: PageLine) -> bool:
    """Return whether a line is on another page or in another column than one before it."""
    return first.page > last.page or first.y0 < last.y0 or first.x0 > last.x1
