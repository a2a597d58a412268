"""Blocks of a page of HTML: headings, paragraphs, lists, definitions, quotes and tables."""

from typing import Protocol

from selectolax.lexbor import LexborNode

from citespan.index.parse.formats.markup_html import walk
from citespan.index.parse.formats.numbering import numeral
from citespan.index.parse.formats.page_nodes import (
    FURNITURE,
    HEADINGS,
    INLINE,
    OUT,
    alternative,
    attribute,
    is_furniture,
    is_hidden,
    raised_text,
)
from citespan.index.parse.formats.page_tables import is_data, table_grid
from citespan.index.parse.formats.rows import write_table
from citespan.index.parse.formats.writing import BlockWriter, folded
from citespan.index.parse.parsed import cleaned
from citespan.index.parse.places import Cell, Node, Place

_STYLES = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
BREAK = "\x0b"  # a line break that is no white space of the source


class HtmlPlaces(Protocol):
    """Where the blocks and cells of a page stand; `fragment` is the id of the nearest element."""

    def block(self, number: int, fragment: str) -> Place: ...
    def cell(self, table: int, row: int, column: int, fragment: str) -> Place: ...


class OwnPlaces:
    """The places of a page that is a document of its own."""

    def block(self, number: int, fragment: str) -> Place:
        return Node(number, fragment)

    def cell(self, table: int, row: int, column: int, fragment: str) -> Place:  # noqa: ARG002
        return Cell(f"table {table}", row, column)


class HtmlPage:
    """A page while it is read; `title` is its first heading of level 1."""

    def __init__(self, writer: BlockWriter, places: HtmlPlaces, *, quoting: bool = False) -> None:
        """Begin a page.

        Args:
            writer: what is written to.
            places: where its blocks stand.
            quoting: whether quotes are marked with ">", as in mail.
        """
        self.title = ""
        self._writer = writer
        self._places = places
        self._quoting = quoting
        self._pieces: list[str] = []
        self._prefix = ""
        self._level = 0
        self._fragment = ""
        self._numbers: list[int] = []  # of the lists around, -1 for bullets
        self._styles: list[str] = []  # how these are numbered
        self._pre = self._quotes = self._blocks = self._tables = 0
        self._term = self._defines = self._whole = self._grouped = False
        self._apart: list[LexborNode] = []

    def read(self, root: LexborNode, *, whole: bool) -> None:
        """Write the blocks of a node, then its furniture: navigation, footers and the like.

        Args:
            root: the node.
            whole: whether nothing is furniture.
        """
        self._whole = whole
        walk(root, self._enter, self._leave)
        self._flush()
        if self._apart:
            start = self._writer.length
            self._whole = True
            for node in self._apart:
                walk(node, self._enter, self._leave)
                self._flush()
            self._writer.furnish(start)

    def _enter(self, node: LexborNode) -> bool:
        tag = node.tag or ""
        if tag == "-text":
            self._pieces.append(_characters(node, verbatim=self._pre > 0))
            return False
        if tag.startswith(("-", "_", "!")) or tag in OUT:
            return False
        if is_hidden(node):
            if folded(node.text(deep=True)):
                self._writer.warn("hidden_text", "hidden elements were left out")
            return False
        if not self._whole and tag in FURNITURE and is_furniture(node):
            self._apart.append(node)
            return False
        return self._element(node, tag)

    def _element(self, node: LexborNode, tag: str) -> bool:
        if tag == "br":
            self._pieces.append("\n" if self._pre else BREAK)
            return False
        if tag == "img":
            self._pieces.append(alternative(node))
            return False
        if (mark := raised_text(node, tag)) is not None:
            self._pieces.append(mark)
            return False
        if tag in INLINE or self._grouped:
            self._fragment = attribute(node, "id") or self._fragment
            self._pieces.append("" if tag in INLINE else " ")
            return True
        self._flush()
        self._fragment = attribute(node, "id") or self._fragment
        if tag == "table" and is_data(node):
            self._table(node)
            return False
        self._begin(node, tag)
        return True

    def _begin(self, node: LexborNode, tag: str) -> None:
        if tag in HEADINGS:
            self._level = int(tag[1])
        elif tag == "hgroup":  # a heading and what belongs to it, as one
            self._grouped = True
            first = node.css_first("h1, h2, h3, h4, h5, h6")
            self._level = int((first.tag or "h1")[1]) if first is not None else 0
        elif tag in {"ul", "menu"}:
            self._numbers.append(-1)
            self._styles.append("")
        elif tag == "ol":
            start = attribute(node, "start")
            self._numbers.append(int(start) - 1 if start.isdecimal() and len(start) < 9 else 0)
            self._styles.append(_STYLES.get(attribute(node, "type"), "decimal"))
        elif tag == "li":
            self._prefix = self._mark()
        elif tag == "pre":
            self._pre += 1
        elif tag == "blockquote":
            self._quotes += 1
        elif tag == "dd":
            self._defines = self._term
        if tag != "dd":
            self._term = False

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in INLINE or (self._grouped and tag != "hgroup"):
            return
        self._flush()
        if tag in HEADINGS or tag == "hgroup":
            self._level, self._grouped = 0, False
        elif tag in {"ul", "menu", "ol"}:
            self._numbers.pop()
            self._styles.pop()
        elif tag == "li":
            self._prefix = ""
        elif tag == "pre":
            self._pre -= 1
        elif tag == "blockquote":
            self._quotes -= 1
        elif tag == "dt":
            self._term = True

    def _mark(self) -> str:
        if not self._numbers or self._numbers[-1] < 0:
            return "• "
        self._numbers[-1] += 1
        return f"{numeral(self._numbers[-1], self._styles[-1])}. "

    def _flush(self) -> None:
        """Write the block that ends here."""
        joined, self._pieces = "".join(self._pieces), []
        text = joined if self._pre else "\n".join(map(folded, joined.split(BREAK))).strip()
        if not text.strip():
            return
        text = folded(text) if self._level else text
        self._blocks += 1
        place = self._places.block(self._blocks, self._fragment)
        if self._defines:
            self._writer.separate(": ")
            self._writer.add(cleaned(text).strip(), place)
        else:
            quote = "> " * min(self._quotes, 9) if self._quoting else ""
            self._writer.block(
                text, place, prefix=quote + self._prefix, level=self._level,
                depth=len(self._numbers),
            )  # fmt: skip
        if self._level == 1 and not self.title:
            self.title = folded(text)
        self._prefix, self._defines = "", False

    def _table(self, node: LexborNode) -> None:
        self._tables += 1
        table, fragment = self._tables, self._fragment
        for caption in node.css("caption"):
            self._pieces.append(caption.text(deep=True))
            self._flush()
        grid, headers = table_grid(
            node, lambda row, column: self._places.cell(table, row, column, fragment)
        )
        write_table(self._writer, grid, headers=headers, pairs=True)


def _characters(node: LexborNode, *, verbatim: bool) -> str:
    text = node.text_content or ""
    return text if verbatim else text.replace(BREAK, " ")
