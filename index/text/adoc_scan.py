"""The parts of a text in AsciiDoc are found, line by line. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from citespan.index.text.adoc_lines import (
    ATTRIBUTE,
    FENCE,
    HEADING,
    ITEM,
    MACRO,
    RULE,
    STYLE,
    TERM,
    TITLE,
    UNSEEN,
    BlockStyles,
    is_underline,
)
from citespan.index.text.adoc_parts import AdocPart, AdocParts
from citespan.index.text.adoc_taking import Taking
from citespan.index.text.grid import trimmed
from citespan.index.text.markdown import Kind
from citespan.index.text.marks import fields_end
from citespan.index.text.rst_context import lines_of
from citespan.index.types import Span

_DEEPEST = 20  # blocks inside of others that are read
_CODE = {"source", "listing", "literal"}
_FORMULA = {"stem", "latexmath", "asciimath"}
_VALUE_GOES_ON = " \\"


def found_in(text: str) -> AdocParts:
    """Return the parts of a text, in order, and what its attributes mean."""
    scan = _Scan(text)
    start = fields_end(text)
    scan.body(lines_of(text, Span(start, len(text))))
    return scan.found


class _Scan(Taking):
    """A walk over the lines."""

    def body(self, lines: Sequence[Span]) -> None:
        """Find the parts of lines."""
        self.depth += 1
        outer, self.lists = self.lists, []
        at = 0
        while at < len(lines):
            at = self._one(lines, at)
        self.lists = outer
        self.reset()
        self.depth -= 1

    def _one(self, lines: Sequence[Span], at: int) -> int:
        """Find what begins at a line, and return the line after it."""
        words = self.words(lines[at])
        if not words:
            return at + 1
        if words == "+" and self.lists:
            self.attached = True
            return at + 1
        after = self._unseen(lines, at, words)
        if after:
            return after
        if fence := FENCE.match(words):
            return self._fenced(lines, at, fence[0])
        if (item := ITEM.match(words)) or TERM.match(words):
            return self._listed(lines, at, item)
        if words[0] in " \t":
            return self._literal(lines, at)
        if self.lists and not self.attached:
            self.lists = []
        return self._written(lines, at, words)

    def _unseen(self, lines: Sequence[Span], at: int, words: str) -> int:
        """Return the line after what says something of the text; 0 if people see the line."""
        if words.startswith("////") and not words.strip("/"):
            return self._closing(lines, at, words) + 1
        if UNSEEN.match(words):
            if at and words.startswith("//") and not self.words(lines[at - 1]):
                self.lists = []
            return at + 1
        if attribute := ATTRIBUTE.match(words):
            return self._attribute(lines, at, attribute)
        if STYLE.match(words):
            self.styles = self.styles.with_line(words)
            return at + 1
        if (title := TITLE.match(words)) and not FENCE.match(words):
            self.title = Span(lines[at].start + title.end(), lines[at].start + len(words))
            return at + 1
        return 0

    def _attribute(self, lines: Sequence[Span], at: int, match: re.Match[str]) -> int:
        """Note what an attribute means; its value may have several lines."""
        value, end = match["value"] or "", at + 1
        values: list[str] = []
        while value.endswith(_VALUE_GOES_ON) and end < len(lines):
            values.append(value[:-1].rstrip(" +"))
            value = self.words(lines[end]).strip()
            end += 1
        unset = bool(match["off"] or match["unset"])
        whole = " ".join([*values, value])
        self.found.known.set(match["name"], lines[at].start, None if unset else whole)
        return end

    def _closing(self, lines: Sequence[Span], at: int, fence: str) -> int:
        """Return the line that closes a block; after the last if none does."""
        closing = "```" if fence.startswith("```") else fence
        rest = range(at + 1, len(lines))
        return next((n for n in rest if self.words(lines[n]) == closing), len(lines))

    def _fenced(self, lines: Sequence[Span], at: int, fence: str) -> int:
        """Find the parts of a block between two fences."""
        end = self._closing(lines, at, fence)
        inside = lines[at + 1 : end]
        if self.lists and not self.attached:
            self.lists = []
        code = fence[0] in "-.`" and (len(fence) > 2 or self.styles.name in _CODE)
        if fence[0] in "|!,:":
            self.rows(inside, fence)
        elif code or (fence[0] == "+" and self.styles.name in _FORMULA):
            self.code(inside)
        elif fence[0] != "+":
            self._block(inside)
        self.reset()
        return end + 1

    def _block(self, lines: Sequence[Span]) -> None:
        """Find the parts of a box, which may have a title."""
        attached = self.attached
        self.titled(announces=False)
        self.reset()
        first = len(self.found.parts)
        if self.depth >= _DEEPEST:
            self.paragraph([line for line in lines if self.words(line)])
        else:
            self.body(lines)
        self.group += 1
        if attached:
            inside = self.found.parts[first:]
            self.found.parts[first:] = [_below(one, len(self.lists)) for one in inside]

    def _written(self, lines: Sequence[Span], at: int, words: str) -> int:
        """Find a heading, a macro or a paragraph."""
        heading, macro = HEADING.match(words), MACRO.match(words)
        below = self.words(lines[at + 1]) if at + 1 < len(lines) else ""
        if heading and self.depth == 1:
            end = words.removesuffix(" " + heading["mark"]).rstrip()
            self.heading(Span(lines[at].start + heading.end(), lines[at].start + len(end)))
        elif macro:
            self.macro(lines[at], macro)
        elif self.depth == 1 and is_underline(below, words):
            self.heading(trimmed(self.text, lines[at]))
            return at + 2
        elif not RULE.match(words):
            return self._text_at(lines, at)
        self.reset()
        return at + 1

    def _text_at(self, lines: Sequence[Span], at: int) -> int:
        """Find a paragraph, or code that only its style tells from one."""
        end = self._text_end(lines, at)
        kept = [one for one in lines[at:end] if not UNSEEN.match(self.words(one))]
        if self.styles.name in _CODE:
            self.code(kept)
        else:
            self.titled(announces=False)
            self.paragraph(kept)
        self.reset()
        return end

    def _text_end(self, lines: Sequence[Span], at: int, *, listed: bool = False) -> int:
        """Return the line after a paragraph, or after the text of an item."""
        end = at + 1
        while end < len(lines):
            words = self.words(lines[end])
            if not words or any(one.match(words) for one in (FENCE, STYLE, ATTRIBUTE)):
                break
            if listed and (
                words == "+" or ITEM.match(words) or TERM.match(words) or MACRO.match(words)
            ):
                break
            end += 1
        return end

    def _literal(self, lines: Sequence[Span], at: int) -> int:
        """Find a paragraph that is indented: code, or the text of a term."""
        end = self._text_end(lines, at, listed=True)
        self.attached = self.attached or bool(self.lists)
        self.code(lines[at:end])
        self.reset()
        return end

    def _listed(self, lines: Sequence[Span], at: int, item: re.Match[str] | None) -> int:
        """Find an item of a list with its text, or a term with what it means."""
        term = None if item else TERM.match(self.words(lines[at]))
        mark = _mark(item) if item else term["mark"] if term else ""
        if mark in self.lists and (self.title or self.styles.words):
            self.lists = []
        if self.title:
            self.titled(announces=True)
        if mark in self.lists:
            del self.lists[self.lists.index(mark) + 1 :]
        else:
            self.group += not self.lists
            self.lists.append(mark)
        self.styles, self.attached = BlockStyles(), False
        if item:
            end = self._text_end(lines, at, listed=True)
            first = Span(lines[at].start + item.end(), lines[at].end)
            self.item([first, *lines[at + 1 : end]], numbered=_is_step(item))
            return end
        return self._term(lines, at)

    def _term(self, lines: Sequence[Span], at: int) -> int:
        """Find terms with what they mean, which may stand below them."""
        terms: list[Span] = []
        first = Span(0, 0)
        while at < len(lines) and not first:
            words = self.words(lines[at])
            match = None if ITEM.match(words) else TERM.match(words)
            if not match or (terms and match["mark"] != self.lists[-1]):
                break
            start = lines[at].start
            terms.append(Span(start + match.start("term"), start + match.end("term")))
            first = Span(start + match.end(), start + len(words))
            at += 1
        if first:
            end = self._text_end(lines, at - 1, listed=True)
            self.item([first, *lines[at:end]], terms=terms)
            return end
        return self._meaning(lines, at, terms)

    def _meaning(self, lines: Sequence[Span], at: int, terms: Sequence[Span]) -> int:
        """Find what terms mean below them, maybe after blank lines."""
        begin = at
        while begin < len(lines) and not self.words(lines[begin]):
            begin += 1
        if begin < len(lines) and self._is_text(self.words(lines[begin])):
            end = self._text_end(lines, begin, listed=True)
            self.item(lines[begin:end], terms=terms)
            return end
        self.item([], terms=terms)
        return at

    def _is_text(self, words: str) -> bool:
        """Return whether a line can be the text of a term above it."""
        others = (ITEM, TERM, FENCE, STYLE, UNSEEN, ATTRIBUTE, MACRO, HEADING, TITLE)
        return words != "+" and not any(one.match(words) for one in others)


def _mark(item: re.Match[str]) -> str:
    """Return what tells items of one list from those of another."""
    if item["bullet"] or item["dots"]:
        return str(item["bullet"] or item["dots"])
    return next(key for key in ("number", "letter", "roman", "callout") if item[key])


def _is_step(item: re.Match[str]) -> bool:
    return not (item["bullet"] or item["callout"])


def _below(part: AdocPart, depth: int) -> AdocPart:
    """Return a part that belongs to an item."""
    if part.kind is Kind.ITEM:
        return replace(part, indent=part.indent + depth)
    return replace(part, nested=True)
