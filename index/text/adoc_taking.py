"""What is found in a text in AsciiDoc is taken down as parts. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from citespan.index.text.adoc_lines import BOX, CALLOUT, CODE_UNSEEN, QUOTED, UNSEEN, BlockStyles
from citespan.index.text.adoc_parts import AdocPart, AdocParts
from citespan.index.text.adoc_tables import adoc_table
from citespan.index.text.grid import trimmed
from citespan.index.text.listing import code_parts
from citespan.index.text.markdown import Kind
from citespan.index.types import Span

_ALT = re.compile(r"\"(?P<quoted>[^\"]{1,300})\"|(?P<bare>[^,=\"]{1,300})(?=,|$)")


class Taking:
    """The parts that were found, and what the lines before the next one say of it.

    Args:
        text: the whole text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.found = AdocParts()
        self.group: int = 0
        self.depth: int = 0
        self.styles, self.title = BlockStyles(), Span(0, 0)
        self.lists: list[str] = []  # the marks of the lists that are open
        self.attached = False  # whether what follows belongs to an item

    def words(self, line: Span) -> str:
        """Return a line without white space at its end."""
        return line.of(self.text).rstrip()

    def reset(self) -> None:
        """Forget what was said of what followed."""
        self.styles, self.title, self.attached = BlockStyles(), Span(0, 0), False

    def _add(self, kind: Kind, **values: Any) -> None:
        nested = self.attached and kind is not Kind.ITEM
        self.found.parts.append(AdocPart(kind=kind, group=self.group, nested=nested, **values))

    def titled(self, *, announces: bool) -> None:
        """Add the title of what follows."""
        if self.title:
            self.found.known.entitle(self.styles.id, self.title.of(self.text))
            self.group += 1
            self._add(Kind.SENTENCE, lines=[self.title], announces=announces)
            self.title = Span(0, 0)
        self.group += 1

    def heading(self, span: Span) -> None:
        """Add a heading, and note the identifiers that name it."""
        title = span.of(self.text)
        joined = re.sub(r"[^\w]+", "_", title.casefold()).strip("_")
        for name in (self.styles.id, title, f"_{joined}", joined.replace("_", "-")):
            self.found.known.entitle(name, title)
        self.group += 1
        self._add(Kind.HEADING, lines=[span])
        self.group += 1

    def macro(self, line: Span, match: re.Match[str]) -> None:
        """Add the words of a picture, with its title; of other macros people see none."""
        if match["name"] != "image":
            return
        self.titled(announces=False)
        if alt := _ALT.match(match["label"]):
            start, end = alt.span("quoted" if alt["quoted"] else "bare")
            first = line.start + match.start("label")
            if span := trimmed(self.text, Span(first + start, first + end)):
                self._add(Kind.SENTENCE, lines=[span])
        self.group += 1

    def paragraph(self, lines: Sequence[Span]) -> None:
        """Add a paragraph, without the word of a box before it and the marks of quotes.

        The first one below a term that has no text is what it means.
        """
        kept: list[Span] = []
        for number, line in enumerate(lines):
            words = line.of(self.text)
            mark = QUOTED.match(words) or (None if number else BOX.match(words))
            start = line.start + (mark.end() if mark else 0)
            if span := trimmed(self.text, Span(start, line.end)):
                kept.append(span)
        last = self.found.parts[-1] if self.found.parts else None
        if kept and last and last.terms and not last.lines:  # what the term means
            self.found.parts[-1] = replace(last, lines=kept)
        elif kept:
            self._add(Kind.SENTENCE, lines=kept)
        self.group += 1

    def code(self, lines: Sequence[Span]) -> None:
        """Add code; a title joins it if a sentence already leads to it."""
        shown = [one for one in map(self._code_line, lines) if one is not None]
        title = self.title
        last = self.found.parts[-1] if self.found.parts else None
        led = last and last.lines and last.lines[-1].of(self.text).endswith(":")
        if not led:
            self.titled(announces=True)
        self.group += 1
        for number, part in enumerate(code_parts(self.text, shown)):
            first = [title] if led and title and not number else []
            self._add(Kind.CODE, lines=[*first, *part])
        self.group += 1

    def _code_line(self, line: Span) -> Span | None:
        """Return what people see of a line of code: without the numbers of notes."""
        words = self.words(line)
        if CODE_UNSEEN.match(words):
            return None
        least = max(0, len(words) - 60)
        escaped = words.startswith(("\\include::", "\\ifdef::", "\\ifndef::", "\\endif::"))
        first = words.find("<", least) if words.endswith(">") else -1
        match = CALLOUT.search(words, max(least, first - 8)) if first >= 0 else None
        return Span(line.start + escaped, line.start + (match.start() if match else len(words)))

    def rows(self, lines: Sequence[Span], fence: str) -> None:
        """Add the rows of a table."""
        self.titled(announces=True)
        table = adoc_table(self.text, lines, self.styles, fence)
        number = len(self.found.headers)
        self.found.headers.append(table.header)
        last = lines[0].start if lines else 0
        for row in table.rows:
            if row.span.start >= last:
                self._add(Kind.ROW, row=row, table=number)
                last = row.span.end
        self.group += 1

    def item(
        self, lines: Sequence[Span], *, terms: Sequence[Span] = (), numbered: bool = False
    ) -> None:
        """Add an item with what a list names before it."""
        kept = [one for one in lines if not UNSEEN.match(self.words(one))]
        bare = [one for one in (trimmed(self.text, line) for line in kept) if one]
        if bare or terms:
            indent = len(self.lists) - 1
            self._add(Kind.ITEM, lines=bare, terms=terms, numbered=numbered, indent=indent)
