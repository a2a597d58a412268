"""The outline of a text: its headings and tables, for chunks, their contexts, and citations."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

from citespan.index.layout.layout import Layout
from citespan.index.parse.parsed import Heading, Pair, Table
from citespan.index.text.adoc import AdocText
from citespan.index.text.html_tables import HtmlTable, html_tables
from citespan.index.text.markdown import Unit, markdown_units
from citespan.index.text.rst import rst_units
from citespan.index.text.shape import Shape
from citespan.index.text.structured import plain_units, structured_units
from citespan.index.text.unread import code_spans, hidden_spans
from citespan.index.types import Document, Span

MARKDOWN = "text/markdown"
_RST = "text/x-rst"
_ADOC = "text/asciidoc"
SEPARATOR = " › "
_CODE = ("text/x-", "application/x-", "text/css", "text/javascript")  # what is cut by lines
_PROSE = (_RST, "application/x-tex")  # what is not, though its type looks like those
_FIRST_ROWS = 2_000  # characters of a table
_MOST_HEADING = 200  # characters of a heading that are shown


class Outline:
    """The headings and tables of a text, in order.

    Args:
        text: the text of the document.
        headings: ascending by start.
        tables: rows with a common header.
        furniture: headers and footers of pages, at the end of the text.
        code: whether the whole text is cut by lines.
        markup: the media type if the text has marks that people do not see: Markdown,
            reStructuredText or AsciiDoc.
        structured: whether a reader made the text of a file: its headings and lists are read as
            people see them.
    """

    def __init__(
        self,
        text: str,
        headings: Sequence[Heading] = (),
        tables: Sequence[Table] = (),
        furniture: Sequence[Pair] = (),
        *,
        code: bool = False,
        markup: str = "",
        structured: bool = False,
    ) -> None:
        self._text, self._headings = text, headings
        self._tables = _joined(text, tables)
        self._markup = markup if markup in {MARKDOWN, _RST, _ADOC} else ""
        self.structured = structured and not (code or self._markup)
        self._furniture, self._code = furniture, code
        self._starts = [heading.start for heading in headings]

    @property
    def headings(self) -> Sequence[Heading]:
        """The headings, in order."""
        return self._headings

    @property
    def marked(self) -> bool:
        """Whether the text has marks that people do not see."""
        return bool(self._markup)

    def units(self, span: Span, *, split: bool = True) -> list[Unit]:
        """Return what people see of a span, in order; of a plain text, only sentences.

        Args:
            span: from the start of a line or from inside of one.
            split: whether paragraphs are split into sentences, which takes longer.
        """
        if self._markup == _RST:
            return rst_units(self._text, span, split=split)
        if self._markup == _ADOC:
            return self._adoc.units(span, split=split)
        if self._markup:
            return markdown_units(
                self._text, span, self._fenced, self._hidden, self._html_tables, split=split
            )
        if self.structured:
            return structured_units(self._text, span, self._heading_spans, split=split)
        return plain_units(self._text, span, wrapped=not self._code) if split else []

    def seen(self, span: Span) -> str:
        """Return a span as people see it, or as it is stored if they see nothing of it."""
        units = self.units(span, split=False) if self.marked else ()
        return "\n".join(unit.view.text for unit in units) or span.of(self._text)

    @property
    def shape(self) -> Shape:
        """The outline as the chunker takes it."""
        lined = [Span(one.start, one.end) for one in self._tables]
        end = min((start for start, _ in self._furniture), default=len(self._text))
        whole = not self._text[:end].strip()  # nothing else is there
        return Shape(
            headings=[(one.start, one.level) for one in self._headings],
            lined=[Span(0, len(self._text))] if self._code else lined,
            end=len(self._text) if whole else end,
        )

    def path(self, start: int, *, above: bool = False) -> tuple[str, ...]:
        """Return the headings over a character, the outermost first.

        Args:
            start: the character's offset.
            above: leave out a heading that begins at the character itself.
        """
        at = bisect_right(self._starts, start) - 1
        if above and at >= 0 and self._starts[at] == start:
            at = self._parents[at]
        found: list[str] = []
        while at >= 0:
            heading = self._headings[at]
            found.append(_shown(self._heading(heading)))
            at = self._parents[at]
        return tuple(reversed([one for one in found if one]))

    def header(self, span: Span) -> str:
        """Return the header of the last table that a span meets; empty if it meets none."""
        table = self._table(span)
        return table.header if table else ""

    def names_columns(self, span: Span) -> bool:
        """Return whether the rows of this table have the labels of its header before the values."""
        table = self._table(span)
        if table is None:
            return False
        start = self._text[table.start : min(table.end, table.start + _FIRST_ROWS)]
        return any(label and f"{label}: " in start for label in table.header.split(" | "))

    def _table(self, span: Span) -> Table | None:
        at = bisect_left(self._tables, span.end, key=lambda table: table.start) - 1
        return self._tables[at] if at >= 0 and span.start < self._tables[at].end else None

    def _heading(self, heading: Heading) -> str:
        if self._markup == _ADOC:
            return self._adoc.shown(Span(heading.start, heading.end))
        return self._text[heading.start : heading.end]

    @cached_property
    def _adoc(self) -> AdocText:
        return AdocText(self._text)

    @cached_property
    def _fenced(self) -> Sequence[Span]:
        return code_spans(self._text)

    @cached_property
    def _heading_spans(self) -> Sequence[Span]:
        return [Span(one.start, one.end) for one in self._headings]

    @cached_property
    def _html_tables(self) -> Sequence[HtmlTable]:
        return html_tables(self._text)

    @cached_property
    def _hidden(self) -> Sequence[Span]:
        return hidden_spans(self._text)

    @cached_property
    def _parents(self) -> list[int]:
        """The heading above each heading, by its number; -1 for none."""
        parents: list[int] = []
        open_ones: list[int] = []
        for at, heading in enumerate(self._headings):
            while open_ones and self._headings[open_ones[-1]].level >= heading.level:
                open_ones.pop()
            parents.append(open_ones[-1] if open_ones else -1)
            open_ones.append(at)
        return parents


def outline_of(document: Document, layout: Layout | None) -> Outline:
    """Return the outline of a document, from its layout, or of Markdown from its text."""
    code = document.media_type.startswith(_CODE) and document.media_type not in _PROSE
    if layout is not None:
        return Outline(
            document.text, layout.headings, layout.tables, layout.furniture, code=code,
            markup=document.media_type, structured=True,
        )  # fmt: skip
    if document.media_type == MARKDOWN:
        return Outline(document.text, list(markdown_headings(document.text)), markup=MARKDOWN)
    return Outline(document.text, code=code, markup=document.media_type)


def markdown_headings(text: str) -> Iterator[Heading]:
    """Yield the headings of Markdown that begin with #, without those inside of fenced code."""
    code = iter([*code_spans(text), Span(len(text) + 1, len(text) + 1)])
    start, block = 0, next(code)
    for line in text.split("\n"):
        if start >= block.end:
            block = next(code)
        if line.startswith("#") and start < block.start:
            level = len(line) - len(line.lstrip("#"))
            if level <= 6 and line[level : level + 1] in {" ", "\t"} and line.strip("# \t"):
                yield Heading(start, start + len(line.rstrip()), level)
        start += len(line) + 1


def _joined(text: str, tables: Sequence[Table]) -> list[Table]:
    """Return the tables, those with one header and nothing between them as one."""
    found: list[Table] = []
    for table in tables:
        last = found[-1] if found else None
        if last and last.header == table.header and not text[last.end : table.start].strip():
            found[-1] = Table(last.start, table.end, last.header)
        else:
            found.append(table)
    return found


def _shown(heading: str) -> str:
    """Return a heading on one line, without the marks of Markdown around it."""
    line = " ".join(heading.split())
    bare = line.strip("#").strip() if line.startswith("#") else line
    return bare[:_MOST_HEADING]
