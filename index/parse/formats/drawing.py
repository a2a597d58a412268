"""DrawingML, in which slides are written: paragraphs, tables, charts and diagrams."""

from collections.abc import Iterator
from typing import NamedTuple

from citespan.index.parse.formats.grid import FilledCell, Grid, check_size, put
from citespan.index.parse.formats.markup import Element, local, whole
from citespan.index.parse.formats.numbering import numeral
from citespan.index.parse.formats.superscripts import raised
from citespan.index.parse.places import Place

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_WIDEST = 1000  # columns of a table
_STYLES = {"alpha": "Letter", "roman": "Roman", "arabic": ""}


class SlideParagraph(NamedTuple):
    """A paragraph's characters, its bullet or number with a space, and its depth in lists."""

    text: str
    prefix: str
    depth: int


def paragraphs(body: Element, *, bulleted: bool = False) -> Iterator[SlideParagraph]:
    """Yield the paragraphs of a text body; `bulleted` is what they inherit."""
    counts: dict[int, int] = {}
    for entry in body.findall(A + "p"):
        text = text_of(entry)
        if text.strip():
            properties = entry.find(A + "pPr")
            depth = whole(properties.get("lvl"), most=8) if properties is not None else 0
            prefix = _prefix(properties, depth, counts, bulleted=bulleted)
            yield SlideParagraph(text, prefix, depth)


def text_of(paragraph: Element) -> str:
    """Return the characters of a paragraph, formulas too."""
    pieces: list[str] = []
    for part in paragraph.iter():
        name = local(part)
        if name == "t":
            pieces.append(raised(part.text or "") if _is_high(part) else part.text or "")
        elif name == "br":
            pieces.append("\n")
        elif name == "tab":
            pieces.append("\t")
    return "".join(pieces)


def _is_high(part: Element) -> bool:
    """Return whether the letters of a run stand above the line."""
    run = part.getparent()
    properties = run.find(A + "rPr") if run is not None else None
    return properties is not None and whole(properties.get("baseline")) > 0


def _prefix(
    properties: Element | None, depth: int, counts: dict[int, int], *, bulleted: bool
) -> str:
    for deeper in [other for other in counts if other > depth]:
        del counts[deeper]
    numbered = properties.find(A + "buAutoNum") if properties is not None else None
    if numbered is not None:
        first = whole(numbered.get("startAt"), 1)
        counts[depth] = counts.get(depth, first - 1) + 1
        return _numbered(numbered.get("type") or "", counts[depth])
    counts.pop(depth, None)
    if properties is not None and properties.find(A + "buNone") is not None:
        return ""
    own = properties is not None and properties.find(A + "buChar") is not None
    return "• " if own or bulleted else ""


def _numbered(kind: str, number: int) -> str:
    """Return a number in a style such as `alphaLcParenR`."""
    name = next((value for key, value in _STYLES.items() if kind.startswith(key)), "")
    shown = numeral(number, ("upper" if "Uc" in kind else "lower") + name if name else "decimal")
    before = "(" if kind.endswith("ParenBoth") else ""
    after = ")" if "Paren" in kind else "" if kind.endswith("Plain") else "."
    return f"{before}{shown}{after} "


def table(entry: Element, place: Place) -> tuple[Grid, int | None]:
    """Return a table's cells, and its number of header rows; None if the file does not say it."""
    grid: Grid = {}
    rows = entry.findall(A + "tr")
    check_size(sum(len(row) for row in rows))
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row.findall(A + "tc")[:_WIDEST], 1):
            if covering := _covering(grid, cell, number, column):
                grid.setdefault(number, {})[column] = covering
                continue
            text = "\n".join(text_of(paragraph) for paragraph in cell.iter(A + "p"))
            put(grid, number, column, text, place)
    properties = entry.find(A + "tblPr")
    first = properties is not None and properties.get("firstRow") in {"1", "true"}
    return grid, 1 if first else None


def _covering(grid: Grid, cell: Element, row: int, column: int) -> FilledCell | None:
    """Return the cell to the left or above that covers this one."""
    if cell.get("hMerge") in {"1", "true"}:
        return grid.get(row, {}).get(column - 1)
    if cell.get("vMerge") in {"1", "true"}:
        return grid.get(row - 1, {}).get(column)
    return None


def chart(root: Element, place: Place) -> tuple[str, Grid]:
    """Return a chart's title, and its data: a row for each category, a column for each series."""
    grid: Grid = {}
    title = root.find(f"{C}chart/{C}title")
    for column, series in enumerate(root.iter(C + "ser"), 2):
        if column > _WIDEST:
            break
        put(grid, 1, column, " ".join(_points(series, "tx").values()), place)
        categories = _points(series, "cat") or _points(series, "xVal")
        for at, value in (_points(series, "val") or _points(series, "yVal")).items():
            if column == 2 and at in categories:
                put(grid, at + 2, 1, categories[at], place)
            put(grid, at + 2, column, value, place)
    text = " ".join(part.text or "" for part in title.iter(A + "t")) if title is not None else ""
    return text, dict(sorted(grid.items()))


def _points(series: Element, name: str) -> dict[int, str]:
    found = series.find(C + name)
    out: dict[int, str] = {}
    for point in found.iter(C + "pt") if found is not None else ():
        value = point.find(C + "v")
        out[whole(point.get("idx"))] = (value.text or "") if value is not None else ""
    return out
