"""Shapes of a slide, from top to bottom."""

from typing import TypeAlias

from citespan.index.parse.formats.drawing import A, C, chart, paragraphs, table
from citespan.index.parse.formats.markup import Element, local, whole
from citespan.index.parse.formats.ooxml import RELATION, Package
from citespan.index.parse.formats.rows import write_table
from citespan.index.parse.formats.writing import BlockWriter, folded
from citespan.index.parse.places import Slide
from citespan.index.parse.request import Unreadable

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_TITLES = {"title", "ctrTitle"}
_SHAPES = {"sp", "pic", "graphicFrame", "grpSp", "cxnSp"}
_FOOTERS = {"ftr", "hdr"}
_EDGES = {*_FOOTERS, "sldNum", "dt"}
_BULLETED = {"body", "obj", ""}
_FURTHEST = 2**40
_MOST_BESIDE = 100  # shapes of a left column

# from the top, from the left, and how wide, in English metric units
Point: TypeAlias = tuple[int, int, int]
Positions: TypeAlias = dict[tuple[str, str], Point]  # by a placeholder's kind and number


class Layouts:
    """Where the layouts of a presentation put the placeholders of its slides."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._known: dict[str, Positions] = {}

    def of(self, slide: str) -> Positions:
        """Return the positions that a slide inherits from its layout."""
        for layout in self._package.related(slide, "slideLayout"):
            if layout not in self._known:
                self._known[layout] = self._positions(layout)
            return self._known[layout]
        return {}

    def _positions(self, layout: str) -> Positions:
        out: Positions = {}
        for part in (layout, *self._package.related(layout, "slideMaster")):
            try:
                root = self._package.tree(part)
            except Unreadable:
                continue
            for shape in root.iter(P + "sp"):
                if (point := _own_point(shape)) and (key := _placeholder(shape)):
                    out.setdefault(key, point)
                    out.setdefault((key[0], ""), point)
        return out


class Shapes:
    """The shapes of a slide while they are written; `footers` are kept for the end."""

    def __init__(
        self, package: Package, part: str, writer: BlockWriter, place: Slide, inherited: Positions
    ) -> None:
        self.footers: list[str] = []
        self._package = package
        self._part = part
        self._writer = writer
        self._place = place
        self._inherited = inherited

    def write(self, tree: Element) -> None:
        """Write the shapes of a tree or of a group; titles are left to the caller."""
        shapes = [shape for shape in _shapes_of(tree) if kind_of(shape) not in _TITLES]
        for shape in self._ordered(shapes):
            if _is_hidden(shape):
                self._writer.warn("hidden_text", f"slide {self._place.number}: a hidden shape")
                continue
            self._shape(shape)

    def _ordered(self, shapes: list[Element]) -> list[Element]:
        """Return shapes from top to bottom, or in two columns if they are drawn so."""
        inside = [shape for shape in shapes if kind_of(shape) not in _EDGES]
        points = [self._point(shape) for shape in inside]
        for cut in range(2, min(len(points) - 1, _MOST_BESIDE)):
            left, right = points[:cut], points[cut:]
            apart = max(x + width for _, x, width in left) <= min(x for _, x, _ in right)
            beside = left[0][0] < right[-1][0] and right[0][0] < left[-1][0]
            if apart and beside and sorted(left) == left and sorted(right) == right:
                return [*inside, *(shape for shape in shapes if kind_of(shape) in _EDGES)]
        return sorted(shapes, key=self._point)  # stable: as drawn where they are level

    def _point(self, shape: Element) -> Point:
        if own := _own_point(shape):
            return own
        kind, number = _placeholder(shape) or ("", "")
        inherited = self._inherited.get((kind, number)) or self._inherited.get((kind, ""))
        return inherited or (_FURTHEST, 0, 0)

    def _shape(self, shape: Element) -> None:
        name = local(shape)
        if name == "grpSp":
            self.write(shape)
        elif name == "graphicFrame":
            self._frame(shape)
        elif (body := shape.find(P + "txBody")) is not None:
            self._text(shape, body)
        if name != "grpSp":
            self._describe(shape)

    def _text(self, shape: Element, body: Element) -> None:
        kind = kind_of(shape)
        if kind in {"sldNum", "dt"}:
            return
        found = list(paragraphs(body, bulleted=kind in _BULLETED and len(body) > 3))
        if kind in _FOOTERS:
            self.footers.extend(folded(paragraph.text) for paragraph in found)
            return
        for paragraph in found:
            self._writer.block(
                paragraph.text, self._place, prefix=paragraph.prefix, depth=paragraph.depth
            )

    def _describe(self, shape: Element) -> None:
        """Write the text that describes a picture to those who cannot see it."""
        for properties in shape.iter(P + "cNvPr"):
            self._writer.block(properties.get("descr") or "", self._place)
            return

    def _frame(self, frame: Element) -> None:
        for entry in frame.iter(A + "tbl"):
            grid, headers = table(entry, self._place)
            write_table(self._writer, grid, headers=headers, pairs=True)
        for entry in frame.iter(C + "chart"):
            if (root := self._other(entry.get(RELATION + "id"))) is not None:
                title, grid = chart(root, self._place)
                self._writer.block(title, self._place)
                write_table(self._writer, grid, headers=1)
        for entry in frame.iter(_DIAGRAM + "relIds"):
            if (root := self._other(entry.get(RELATION + "dm"))) is not None:
                self._diagram(root)

    def _diagram(self, root: Element) -> None:
        for body in root.iter(_DIAGRAM + "t"):
            for paragraph in paragraphs(body):
                self._writer.block(paragraph.text, self._place, prefix="• ")

    def _other(self, name: str | None) -> Element | None:
        relation = self._package.relations(self._part).get(name or "")
        if relation is None or not self._package.has(relation.target):
            return None
        try:
            return self._package.tree(relation.target)
        except Unreadable as error:
            message = f"slide {self._place.number}: {error}"
            self._writer.warn("part_failed", message, partial=True)
            return None


def kind_of(shape: Element) -> str | None:
    """Return the kind of a placeholder, empty for contents of any kind; None for other shapes."""
    placeholder = _placeholder(shape)
    return placeholder[0] if placeholder else None


def _shapes_of(tree: Element) -> list[Element]:
    out: list[Element] = []
    for child in tree:
        name = local(child)
        if name in _SHAPES:
            out.append(child)
        elif name == "AlternateContent":
            out.extend(shape for choice in list(child)[:1] for shape in _shapes_of(choice))
    return out


def _placeholder(shape: Element) -> tuple[str, str] | None:
    for properties in shape:
        if local(properties).startswith("nv"):
            found = properties.find(f"{P}nvPr/{P}ph")
            return (found.get("type") or "", found.get("idx") or "") if found is not None else None
    return None


def _own_point(shape: Element) -> Point | None:
    for path in (f"{P}spPr/{A}xfrm", f"{P}grpSpPr/{A}xfrm", f"{P}xfrm"):
        frame = shape.find(path)
        offset = frame.find(A + "off") if frame is not None else None
        if offset is not None:
            size = frame.find(A + "ext") if frame is not None else None
            width = whole(size.get("cx"), most=2**40) if size is not None else 0
            y, x = (whole(offset.get(side), most=2**40) for side in "yx")
            return y, x, width
    return None


def _is_hidden(shape: Element) -> bool:
    properties = next(iter(shape.iter(P + "cNvPr")), None)
    return properties is not None and properties.get("hidden") in {"1", "true"}
