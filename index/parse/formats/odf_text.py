"""Text of OpenDocument: paragraphs, headings, lists, notes, comments and tables."""

from collections.abc import Iterable, Iterator

from citespan.index.parse.formats.markup import Element, local, whole
from citespan.index.parse.formats.odf_inline import TEXT, OdfInline, inline
from citespan.index.parse.formats.odf_lists import Lists
from citespan.index.parse.formats.odf_tables import STYLE, TABLE, table_grid
from citespan.index.parse.formats.rows import write_table
from citespan.index.parse.formats.writing import BlockWriter, folded, is_like_heading
from citespan.index.parse.parsed import Heading
from citespan.index.parse.places import Cell, Node, Place

_FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_CONTAINERS = {
    "section", "index-body", "index-title", "text-box", "frame", "g", "page", "custom-shape",
    "table-of-content", "alphabetical-index", "bibliography", "list-item", "a", "list-header",
    "illustration-index", "table-index", "user-index", "object-index", "numbered-paragraph",
    "rect", "ellipse", "line", "connector", "circle", "polygon", "polyline", "path",
}  # fmt: skip
_DEEPEST = 20  # styles that a style builds on


class OdfDocument:
    """A document while it is read; `place` is set while a slide is read."""

    def __init__(self, root: Element, styles: Element | None) -> None:
        self.writer = BlockWriter()
        self.title = ""
        self.place: Place | None = None
        self._roots = [one for one in (styles, root) if one is not None]
        self._parents = {
            style.get(STYLE + "name") or "": style.get(STYLE + "parent-style-name") or ""
            for style in self.all_styles()
        }
        self._lists = Lists(self._roots)
        self._comments: list[tuple[str, Element]] = []
        self._titles: set[int] = set()
        self._bold = bold_styles(self.all_styles())
        self._blocks = self._tables = self._notes = 0
        self._styled = 0  # the level of the last heading

    def all_styles(self) -> Iterator[Element]:
        """Yield the styles of the document."""
        for root in self._roots:
            yield from root.iter(STYLE + "style")

    def read_body(self, body: Element) -> None:
        """Write a body; headings below a title are a level deeper."""
        self.read(body)
        if self._titles:
            self.writer.headings = [
                one
                if one.end in self._titles
                else Heading(one.start, one.end, min(6, one.level + 1))
                for one in self.writer.headings
            ]

    def read(self, element: Element) -> None:
        """Write the blocks of an element."""
        for child in element:
            name = local(child)
            if name in {"p", "h"}:
                self._paragraph(child)
            elif name == "list":
                self._list(child, 1, "")
            elif name == "table":
                self._table(child)
            elif name in _CONTAINERS:
                self.read(child)

    def read_comments(self) -> None:
        """Write the comments, each with its author."""
        for author, comment in self._comments:
            prefix = f"Comment by {author}: " if author else "Comment: "
            for paragraph in comment.iter(TEXT + "p"):
                self.writer.block(inline(paragraph).text, self._next(), prefix=prefix)
                prefix = ""

    def read_furniture(self) -> None:
        """Write each different header and footer of the pages once."""
        start, seen = self.writer.length, set[str]()
        for root in self._roots[:1]:
            for entry in root.iter(STYLE + "header", STYLE + "footer"):
                for paragraph in entry.iter(TEXT + "p"):
                    text = folded(inline(paragraph).text)
                    if text not in seen:
                        self.writer.block(text, self._next())
                    seen.add(text)
        self.writer.furnish(start)

    def cell_text(self, cell: Element) -> str:
        """Return the characters of a cell; comments on it are kept for the end."""
        found = [inline(paragraph) for paragraph in _paragraphs(cell)]
        for annotation in cell.findall(OFFICE + "annotation"):
            self._comments.append((_creator(annotation), annotation))
        self._comments.extend(one for within in found for one in within.comments)
        return "\n".join(one.text for one in found)

    def _next(self) -> Place:
        self._blocks += 1
        return self.place or Node(self._blocks)

    def _paragraph(self, paragraph: Element, prefix: str = "", depth: int = 0) -> bool:
        """Write a paragraph; return whether it has characters."""
        place, within = self._next(), inline(paragraph)
        level = 0
        if within.text.strip():
            if self._is_title(paragraph.get(TEXT + "style-name")):
                level = 1
                self.title = self.title or within.text
            elif local(paragraph) == "h":
                level = self._styled = max(1, whole(paragraph.get(TEXT + "outline-level"), 1))
            elif not prefix and self.place is None and self._is_bold(paragraph, within):
                level = min(self._styled + 1, 6)
            self.writer.block(within.text, place, prefix=prefix, level=level, depth=depth)
            if level and self._is_title(paragraph.get(TEXT + "style-name")):
                self._titles.add(self.writer.length)
        self._hanging(within)
        return bool(within.text.strip())

    def _is_bold(self, paragraph: Element, within: OdfInline) -> bool:
        """Return whether a paragraph is a short line in bold, which reads as a heading."""
        own = paragraph.get(TEXT + "style-name") or ""
        styles = {one or own for one in within.spans}
        return is_like_heading(within.text) and all(self._weight(one, own) for one in styles)

    def _weight(self, style: str, own: str) -> bool:
        for _ in range(_DEEPEST):
            if style in self._bold:
                return self._bold[style]
            if not (style := self._parents.get(style, "")):
                break
        return self._bold.get(own, False)

    def _is_title(self, style: str | None) -> bool:
        for _ in range(_DEEPEST):
            if style == "Title":
                return True
            style = self._parents.get(style or "")
        return False

    def _hanging(self, within: OdfInline) -> None:
        self._comments.extend(within.comments)
        if within.hidden:
            self.writer.warn("hidden_text", "hidden text was left out")
        for note in within.notes:
            self._notes += 1
            kind = "Endnote" if note.get(TEXT + "note-class") == "endnote" else "Footnote"
            prefix = f"{kind} {self._notes}: "
            for paragraph in note.iter(TEXT + "p", TEXT + "h"):
                self.writer.block(inline(paragraph).text, self._next(), prefix=prefix)
                prefix = ""
        for frame in within.frames:
            self.read(frame)

    def _list(self, entry: Element, depth: int, style: str) -> None:
        style = entry.get(TEXT + "style-name") or style
        self._lists.begin(entry, style, depth)
        for item in entry:
            if local(item) not in {"list-item", "list-header"}:
                continue
            mark = self._lists.next(item, style, depth) if local(item) == "list-item" else ""
            for child in item:
                if local(child) == "list":
                    self._list(child, depth + 1, style)
                elif local(child) in {"p", "h"}:
                    mark = "" if self._paragraph(child, mark, depth) else mark

    def _table(self, table: Element) -> None:
        if self.place is None:
            self._tables += 1
        sheet, slide = f"table {self._tables}", self.place
        grid, headers = table_grid(
            table, self.cell_text, lambda row, column: slide or Cell(sheet, row, column)
        )
        columns = {column for row in grid.values() for column in row}
        if len(columns) > 1:
            write_table(self.writer, grid, headers=headers, pairs=True)
            return
        for row in table.iter(TABLE + "table-cell"):  # a frame around text
            self.read(row)


def _paragraphs(cell: Element) -> Iterator[Element]:
    for child in cell:
        name = local(child)
        if name in {"p", "h"}:
            yield child
        elif name != "annotation":
            yield from _paragraphs(child)


def bold_styles(styles: Iterable[Element]) -> dict[str, bool]:
    """Return the styles that say whether their characters are bold, by name."""
    out: dict[str, bool] = {}
    for style in styles:
        for entry in style.findall(STYLE + "text-properties"):
            if weight := entry.get(_FO + "font-weight"):
                out[style.get(STYLE + "name") or ""] = weight in {"bold", "700", "800", "900"}
    return out


def _creator(annotation: Element) -> str:
    return next((one.text or "" for one in annotation if local(one) == "creator"), "")
