"""Word documents (.docx, .docm, .dotx)."""

from citespan.index.parse.formats.docx_tables import grid_of
from citespan.index.parse.formats.drawing import chart
from citespan.index.parse.formats.markup import Element, local
from citespan.index.parse.formats.numbering import Numbering, W
from citespan.index.parse.formats.ooxml import RELATION, Package
from citespan.index.parse.formats.rows import write_table
from citespan.index.parse.formats.styles import TITLE, Style, Styles, properties_of
from citespan.index.parse.formats.word import WordInline, author_of, blocks_of, inline
from citespan.index.parse.formats.word_chunks import ChunkPlaces, chunk_of, include
from citespan.index.parse.formats.writing import BlockWriter, is_like_heading
from citespan.index.parse.parsed import Heading, Parsed
from citespan.index.parse.places import Cell, Node
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "docx 3"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LONGEST = 300  # characters of a heading
_DEEPEST = 3  # documents inside of one another
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_NOTES = {"footnote": "Footnote", "endnote": "Endnote"}


def read(data: bytes, request: Request) -> Parsed:
    """Read a Word document.

    Notes follow their paragraph, comments come last, headers and footers are furniture. Deleted
    text is left out, inserted text is kept.

    Raises:
        Unreadable: it is encrypted, damaged, too large, or holds no text.
    """
    return _read(data, request, 0)


def _read(data: bytes, request: Request, depth: int) -> Parsed:
    if depth > _DEEPEST:
        raise Unreadable("too_large", "documents lie inside of documents too deeply")
    package = Package(data, request)
    document = WordDocument(package, request, depth)
    document.read_body()
    document.read_comments()
    document.read_furniture()
    title, metadata = package.properties()
    return document.writer.parsed(
        MEDIA_TYPE,
        MADE_BY,
        title=title or document.title,
        metadata=metadata,
        warnings=package.archive.warnings,
    )


class WordDocument:
    """A Word document while it is read."""

    def __init__(self, package: Package, request: Request, depth: int) -> None:
        self.writer = BlockWriter()
        self.title = ""
        self._package, self._request, self._depth = package, request, depth
        self._styles = Styles(package.first(package.main, "styles"))
        self._numbering = Numbering(package.first(package.main, "numbering"))
        self._notes = {kind: self._entries(f"{kind}s") for kind in (*_NOTES, "comment")}
        self._comments: list[str] = []
        self._blocks = 0
        self._tables = 0
        self._styled = 0  # the level of the last heading by style
        self._titles: set[int] = set()  # where titles end in the text
        self._noted: set[tuple[str, str]] = set()
        self._taken: set[str] = set()

    def read_body(self) -> None:
        """Write the body; headings below a title are a level deeper.

        Raises:
            Unreadable: the document has no body.
        """
        body = self._package.tree(self._package.main).find(W + "body")
        if body is None:
            raise Unreadable("corrupt", "the document has no body; save it again")
        for block in blocks_of(body):
            self._block(block)
        if self._titles:
            self.writer.headings = [
                heading if heading.end in self._titles else _deeper(heading)
                for heading in self.writer.headings
            ]

    def read_comments(self) -> None:
        """Write the comments, each with its author."""
        for name in self._comments:
            comment = self._notes["comment"].get(name)
            if comment is not None:
                author = author_of(comment)
                self._note(comment, f"Comment by {author}: " if author else "Comment: ")

    def read_furniture(self) -> None:
        """Write each different header and footer of the pages once."""
        main = self._package.main
        start, seen = self.writer.length, set[str]()
        for part in (
            *self._package.related(main, "header"),
            *self._package.related(main, "footer"),
        ):
            for block in blocks_of(self._package.tree(part)):
                for paragraph in block.iter(W + "p"):
                    text = inline(paragraph).text.strip()
                    self._blocks += 1
                    if text not in seen:
                        self.writer.block(text, Node(self._blocks))
                    seen.add(text)
        self.writer.furnish(start)

    def _entries(self, kind: str) -> dict[str, Element]:
        root = self._package.first(self._package.main, kind)
        entries = root if root is not None else ()
        return {entry.get(W + "id") or "": entry for entry in entries}

    def _block(self, block: Element) -> None:
        name = local(block)
        if name == "p":
            self._paragraph(block)
        elif name == "altChunk":
            self._chunk(block)
        else:
            self._table(block)

    def _paragraph(self, paragraph: Element) -> None:
        self._blocks += 1
        properties = paragraph.find(W + "pPr")
        within = inline(paragraph)
        if within.text.strip():
            style = self._style(properties)
            if within.described:
                style = Style()
            level = self._level(style, within)
            self.writer.block(
                within.text,
                Node(self._blocks),
                prefix=self._mark(style),
                level=level,
                depth=style.depth or 0,
            )
            if style.outline == TITLE and not self.title:
                self.title = within.text
            if style.outline == TITLE:
                self._titles.add(self.writer.length)
        self._hanging(within)

    def _style(self, properties: Element | None) -> Style:
        name = properties.find(W + "pStyle") if properties is not None else None
        style = self._styles.of(name.get(W + "val") if name is not None else None)
        own = properties_of(properties)
        return Style(
            outline=style.outline if own.outline is None else own.outline,
            list_id=style.list_id if own.list_id is None else own.list_id,
            depth=style.depth if own.depth is None else own.depth,
        )

    def _level(self, style: Style, within: WordInline) -> int:
        """Return the level of a heading; a short line in bold is one below those of styles."""
        if style.outline is not None and style.outline < 9 and len(within.text) < _LONGEST:
            self._styled = max(style.outline, 0) + 1
            return self._styled
        if within.bold and style.list_id in {None, "0"} and is_like_heading(within.text):
            return min(self._styled + 1, 6)
        return 0

    def _mark(self, style: Style) -> str:
        if style.list_id in {None, "0"}:
            return ""
        mark = self._numbering.next(style.list_id or "", style.depth or 0)
        return f"{mark} " if mark else ""

    def _hanging(self, within: WordInline) -> None:
        """Write text boxes and notes after their paragraph."""
        if within.hidden:
            self.writer.warn("hidden_text", "hidden text was left out")
        for box in within.boxes:
            for block in blocks_of(box):
                self._block(block)
        for name in within.charts:
            self._chart(name)
        for kind, name in within.notes:
            if kind == "comment":
                self._comments.append(name)
            elif name in self._notes[kind] and (kind, name) not in self._noted:
                self._noted.add((kind, name))
                self._note(self._notes[kind][name], f"{_NOTES[kind]} {len(self._noted)}: ")

    def _chart(self, name: str) -> None:
        relation = self._package.relations(self._package.main).get(name)
        if relation is None or not self._package.has(relation.target):
            return
        self._blocks += 1
        place = Node(self._blocks)
        title, grid = chart(self._package.tree(relation.target), place)
        self.writer.block(title, place)
        write_table(self.writer, grid, headers=1)

    def _chunk(self, element: Element) -> None:
        """Write what Word takes in when it opens the document, each part once."""
        relations = self._package.relations(self._package.main)
        relation = relations.get(element.get(RELATION + "id") or "")
        if relation is None or relation.kind != "aFChunk" or relation.target in self._taken:
            return
        self._taken.add(relation.target)
        try:
            chunk = self._read_chunk(relation.target)
        except Unreadable as error:
            if error.code != "no_text":
                self.writer.warn("part_failed", f"a part that it takes in: {error}", partial=True)
            return
        places = ChunkPlaces(self._blocks, self._tables)
        include(self.writer, chunk, places)
        self._blocks, self._tables = places.blocks, places.tables

    def _read_chunk(self, part: str) -> Parsed:
        data, kind = self._package.read(part), self._package.media_type(part)
        if kind.startswith(_WORD) or kind == MEDIA_TYPE:
            return _read(data, self._request, self._depth + 1)
        return chunk_of(data, kind, self._request)

    def _note(self, note: Element, prefix: str) -> None:
        for paragraph in note.iter(W + "p"):
            self._blocks += 1
            text = inline(paragraph).text
            self.writer.block(text, Node(self._blocks), prefix=prefix)
            prefix = "" if text.strip() else prefix

    def _table(self, table: Element) -> None:
        rows = [row for row in table.iter(W + "tr") if _owner(row) is table]
        widest = max((len(row.findall(f"{W}tc")) for row in rows), default=0)
        if widest <= 1:  # a frame around text
            for row in rows:
                for block in blocks_of(row):
                    self._block(block)
            return
        self._tables += 1
        sheet = f"table {self._tables}"
        grid, headers, hanging = grid_of(rows, lambda row, column: Cell(sheet, row, column))
        write_table(self.writer, grid, headers=headers, pairs=True)
        for within in hanging:
            self._hanging(within)


def _owner(row: Element) -> Element | None:
    """Return the table of a row, through content controls and insertions."""
    parent = row.getparent()
    while parent is not None and local(parent) != "tbl":
        parent = parent.getparent()
    return parent


def _deeper(heading: Heading) -> Heading:
    return Heading(heading.start, heading.end, min(6, heading.level + 1))
