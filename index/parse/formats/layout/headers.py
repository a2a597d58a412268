"""Headers of several lines above the rows of a table, and tables that continue on the next page."""

import re
from collections.abc import Sequence
from itertools import takewhile

from citespan.index.parse.formats.layout.columns import Columns, columns_of
from citespan.index.parse.formats.layout.line import PageLine
from citespan.index.parse.formats.layout.paragraphs import Labels, Paragraph
from citespan.index.parse.formats.layout.tables import LineCell, header_of

_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"[-+$€£]?\d[\d.,]*%?|\([-+$€£]?\d[\d.,]*\)%?|[$€£]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(r"(?:19|20)\d\d,?|[0-3]?\d,")
_CAPTION = re.compile(r"(?:Table|Figure|Exhibit|Appendix|Schedule|Note)\b", re.IGNORECASE)
_APART = 2.0  # heights of a line, between two lines of a header
_MOST_LINES = 30  # of a header; each cell has some
_LONGEST = 120  # characters of a line of a header
_LONGEST_LABEL = 60
_LABELLED = 0.6  # share of the columns that have a label, and of the rows that fit
_LEAST_ROWS = 2
_BETWEEN = 3  # paragraphs, such as the number of a page, between two parts of a table


def headed(paragraphs: Sequence[Paragraph]) -> list[Paragraph]:
    """Return the paragraphs, with those that are headers made part of their tables."""
    made: list[Paragraph] = []
    last: tuple[int, Paragraph] | None = None
    for one in paragraphs:
        if one.rows and not header_of(one.lines) and (columns := columns_of(one.lines)):
            _label(made, one, columns)
            if not one.labels and last and _goes_on(made, *last, one, columns):
                one.labels = last[1].labels
        if one.labels:
            last = len(made), one
        made.append(one)
    return made


def _label(made: list[Paragraph], one: Paragraph, columns: Columns) -> None:
    """Take a header from the first rows, and from the end of what is above them."""
    own = _first_labels(one.lines, columns)
    body = one.lines[len(own) :]
    if len(body) < _LEAST_ROWS or not _fits(body, columns):
        return
    near = _above(made, [*own, body[0]])
    columns = columns.around([line for other in near for line in other.lines] + own)
    fitting = list(takewhile(lambda other: _lie_in(columns, other.lines), near))
    above = [line for other in reversed(fitting) for line in other.lines] + own
    labels = None
    if _lie_in(columns, own):
        above.sort(key=lambda line: (line.y0 + line.y1, line.x0))
        while _is_section(above, columns):
            body.insert(0, above.pop())
        labels = _labels(above, columns)
    if labels:
        del made[len(made) - len(fitting) :]
        one.lines, one.labels, one.headed = body, labels, True


def _first_labels(lines: Sequence[PageLine], columns: Columns) -> list[PageLine]:
    """Return the first rows without digits, and one of years; a name of a section is no label."""
    found = list(takewhile(lambda line: not _DIGIT.search(line.text), lines))
    while len(found) > 1 and not any(columns.cells(found[-1])[1:]):
        found.pop()
    after = lines[len(found) : len(found) + 2]
    if len(after) == 2 and _has_years(after[0]) and not _has_years(after[1]):
        found.append(after[0])
    return found


def _is_section(lines: Sequence[PageLine], columns: Columns) -> bool:
    """Return whether the last line stands below the labels of other columns, without its own."""
    if not lines or any(columns.cells(lines[-1])[1:]):
        return False
    others = [line.y1 for line in lines if any(columns.cells(line)[1:])]
    return bool(others) and max(others) <= lines[-1].y0 + lines[-1].height // 4


def _has_years(line: PageLine) -> bool:
    """Return whether all numbers of a line are years, and it has some."""
    words = [word for word in line.text.split() if _NUMBER.fullmatch(word)]
    return bool(words) and all(map(_YEAR.fullmatch, words))


def _lie_in(columns: Columns, lines: Sequence[PageLine]) -> bool:
    return all(any(columns.labels(line)) for line in lines)


def _above(made: Sequence[Paragraph], rows: Sequence[PageLine]) -> list[Paragraph]:
    """Return what may be the header above rows, the nearest paragraph first."""
    found: list[Paragraph] = []
    top, count = rows[0].y0, 0
    for before in reversed(made):
        count += len(before.lines)
        if before.rows or count > _MOST_LINES:
            break
        for line in reversed(before.lines):
            if not _is_above(line, top, rows[-1]):
                return found
            top = min(top, line.y0)
        found.append(before)
    return found


def _fits(body: Sequence[PageLine], columns: Columns) -> bool:
    fitting = sum(any(columns.cells(line)) for line in body)
    numbers = sum(bool(_DIGIT.search(line.text)) for line in body)
    return fitting >= _LABELLED * len(body) and 2 * numbers >= len(body)


def _is_above(line: PageLine, top: int, first: PageLine) -> bool:
    """Return whether a line may be one of the header whose other lines begin at `top`."""
    text = line.text
    return (
        line.page == first.page
        and line.y1 <= first.y0 + first.height // 2
        and top - line.y1 < _APART * line.height
        and not line.upright
        and len(text) <= _LONGEST
        and not _CAPTION.match(text)
        and not text.endswith((".", ";"))
        and line.size <= 1.15 * first.size + 0.5
        and not any(_NUMBER.fullmatch(word) and not _DATE.fullmatch(word) for word in text.split())
    )


def _labels(lines: Sequence[PageLine], columns: Columns) -> Labels | None:
    """Return the pieces of each column's label, from the top; None if most columns have none."""
    pieces: list[list[LineCell]] = [[] for _ in columns.sides]
    for line in lines:
        for column, cell in enumerate(columns.labels(line)):
            if cell:
                pieces[column].append(cell)
    named = sum(map(bool, pieces))
    if named < 2 or named < _LABELLED * len(pieces):
        return None
    if any(sum(len(cell.text) for cell in cells) > _LONGEST_LABEL for cells in pieces):
        return None
    return Labels(columns, pieces)


def _goes_on(
    made: Sequence[Paragraph], at: int, before: Paragraph, one: Paragraph, columns: Columns
) -> bool:
    """Return whether rows without a header are more of a table with one."""
    labels = before.labels
    return (
        labels is not None
        and len(made) - at - 1 <= _BETWEEN
        and not any(other.rows for other in made[at + 1 :])
        and one.lines[0].page - before.lines[-1].page in {0, 1}
        and columns.agree(labels.columns)
    )
