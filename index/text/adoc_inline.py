"""The marks of AsciiDoc inside of a line, and a text without them. Pure."""

import re
from html import unescape

from citespan.index.text.adoc_attributes import Attributes
from citespan.index.text.view import View, ViewBuilder
from citespan.index.types import Span

_MOST = 400  # code points of what a pair of marks holds
_DEEPEST = 6  # marks inside of marks that are read
_LABEL = rf"(?:[^\]\\]|\\.){{0,{_MOST}}}"
_TARGET = r"[^\s\[\]]{0,300}"
_INNER = rf"[^\s{{0}}](?:(?:[^{{0}}]|{{1}}(?=\w)){{{{0,{_MOST}}}}}[^\s{{0}}])?"
_CODE = rf"[^\s`](?:[^`]{{0,{_MOST}}}[^\s`])?"


def _constrained(mark: str) -> str:
    """Return a pattern of words between two marks that stand at the borders of words."""
    inner = _INNER.format(mark, mark if mark != "*" else r"\*")
    one = rf"\{mark}"
    return rf"(?<![\w\\;:}}{mark}]){one}(?P<in{ord(mark)}>{inner}){one}(?![\w{mark}])"


_PASSED = (
    rf"pass:(?:[a-z,]{{0,20}}q[a-z,]{{0,20}}\[(?P<passed>{_LABEL})|[a-z,]{{0,20}}\[(?P<raw2>{_LABEL}))\]"
    rf"|\+\+\+(?P<raw>[^+]{{1,{_MOST}}})\+\+\+|\+\+(?P<plain>[^+]{{1,{_MOST}}})\+\+"
    rf"|(?<![\w+])\+(?P<plus>[^\s+](?:[^+\n]{{0,{_MOST}}}[^\s+])?)\+(?![\w+])"
    r"|(?<=[ \t])(?P<broken>\+)(?=[ \t]{0,9}(?:\n|\Z))"
)
_NAMED = (
    rf"(?P<macro>(?:link|xref|mailto|javadoc|image|icon|kbd|btn|menu|footnote|footnoteref|stem|asciimath"
    r"|latexmath|anchor|indexterm2?)):(?!:)"
    rf"(?P<target>\+\+[^+\n]{{1,{_MOST}}}\+\+|{_TARGET})\[(?P<label>{_LABEL})\]"
    r"|\((?P<term>\(\([^()\n]{1,200}\)\)\)|\([^()\n]{1,200}\)\))"
    r"|\[\[(?P<anchor>[A-Za-z_:][^\[\]\n]{0,200})\]\]"
    r"|(?<![\w\]])(?P<role>\[[^\[\]\n]{1,80}\])(?=[#*_`]{1,2}[^\s#*_`])"
    rf"|<<(?P<id>[^<>,\n]{{1,200}})(?:,[ \t\n]{{0,9}}(?P<to>[^<>]{{1,{_MOST}}}))?>>"
)
_LINKS = (
    rf"(?P<address>(?<!\w)(?:https?|ftp|irc)://[^\s\[\]<>\"]{{1,1000}}|\{{\w[\w-]{{0,60}}\}}{_TARGET})"
    rf"\[(?P<words>{_LABEL})\]"
    r"|<(?P<link>(?:https?|ftp|irc)://[^\s<>]{1,1000})>"
    r"|(?P<bare>(?<!\w)(?:https?|ftp|irc)://[^\s\[\]<>\"`*)]{1,1000})"
)
_MARKS = (
    rf"\"`(?P<quoted>{_CODE})`\"|'`(?P<single>{_CODE})`'"
    rf"|``(?P<code2>[^`]{{1,{_MOST}}})``|(?<![\w\"'`;:}}])`(?P<code>{_CODE})`(?![\w`])"
    rf"|\*\*(?P<bold>(?:[^*]|\*(?!\*)){{1,{_MOST}}})\*\*|__(?P<slanted>(?:[^_]|_(?!_)){{1,{_MOST}}})__"
    rf"|\#\#(?P<marked>[^#]{{1,{_MOST}}})\#\#"
    rf"|{_constrained('*')}|{_constrained('_')}|{_constrained('#')}"
    r"|(?<=\d)(?P<power>\^[-+]?\d{1,9})\^|\^(?P<above>[^\s^]{1,100})\^|~(?P<below>[^\s~]{1,100})~"
)
_SEEN = re.compile(
    r"\\(?P<escaped>\{\w[\w-]{0,60}\}|[*_`#{<+^~\[]{1,2})"
    r"|(?P<slash>\\)(?=(?:https?|link|xref|mailto|image|footnote|kbd|btn|menu|pass|stem|icon):)"
    rf"|{_PASSED}|{_NAMED}|{_LINKS}|{_MARKS}"
    r"|\{(?P<name>\w[\w-]{0,60}|(?:set|counter2?):[^{}\n]{1,100})\}"
    r"|(?P<entity>&(?:\#\d{1,7}|\#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31}\d{0,2});)"
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_OPTION = re.compile(r",[ \t\n]{0,9}[\w.-]{1,30}=|,[ \t]{0,9}\w{1,20}\Z")
_NAMED_ONLY = re.compile(r"[\w.-]{1,30}=")
_ADDRESS = re.compile(r"\w{2,10}://|mailto:|link:|xref:")
_STEM = re.compile(
    r"(?:[^#]{0,300}#(?=.)|[^#]{0,300}[/:])?_?(?P<words>[^#/:]{1,200}?)(?:\.adoc)?#?\Z"
)
_MACROS_UNSEEN = {"icon", "anchor", "indexterm"}
_LITERAL = ("escaped", "plain", "plus", "bare", "link")
_RECURSED = (
    "passed", "code2", "code", "bold", "slanted", "marked", "in42", "in95", "in35",
    "power", "above", "below",
)  # fmt: skip


def adoc_seen(text: str, span: Span, known: Attributes, between: str = " ") -> View:
    """Return a span without the marks of AsciiDoc and its line ends, as it is seen.

    Args:
        text: the text that the span is of.
        span: where to look.
        known: what the attributes of the text mean.
        between: what is read for the end of a line.
    """
    reading = _Inline(text, known, between)
    reading.read(span.start, span.end)
    view = reading.views.done()
    bare = view.text.rstrip()
    start = len(bare) - len(bare.lstrip())
    return view if len(bare) - start == len(view.text) else view.part(Span(start, len(bare)))


def _plain(value: str) -> str:
    """Return what an attribute means without marks."""
    if value.isalnum() or value.isspace():
        return value
    return adoc_seen(value, Span(0, len(value)), Attributes()).text


class _Inline:
    def __init__(self, text: str, known: Attributes, between: str) -> None:
        self._text, self._known, self._between = text, known, between
        self.views = ViewBuilder()
        self._depth = 0

    def read(self, start: int, end: int, *, code: bool = False) -> None:
        """Show what is between two places, without its marks; `code` if it is code."""
        if self._depth > _DEEPEST:
            return self._show(start, end)
        self._depth += 1
        at = start
        for match in _SEEN.finditer(self._text, start, end):
            self._show(at, match.start())
            at = match.end()
            self._one(match, code=code)
        self._show(at, end)
        self._depth -= 1
        return None

    def _one(self, match: re.Match[str], *, code: bool) -> None:
        """Show what a mark holds."""
        name = match.lastgroup or ""
        start, end = match.span(name) if name else match.span()
        if name in _LITERAL:
            self._show(start, end)
        elif name in _RECURSED:
            self.read(start, end, code=code or name.startswith("code"))
        elif name in {"quoted", "single"}:
            self._show(match.start(), match.start() + 1)
            self.read(start, end)
            self._show(match.end() - 1, match.end())
        elif name == "entity":
            self.views.add(unescape(match["entity"]).replace("\u00a0", " "))
        elif name == "name":
            self._attribute(match["name"], start, code=code)
        elif name in {"raw", "raw2"}:
            self._raw(start, end)
        elif name == "term" and not match["term"].startswith("(("):
            self.read(start + 1, end - 2)
        else:
            self._link(match)

    def _link(self, match: re.Match[str]) -> None:
        """Show the words of a link, a reference, a picture or a key."""
        if match["macro"]:
            self._macro(match)
        elif match["address"]:
            self._address(match)
        elif match["to"]:
            self.read(*match.span("to"))
        elif match["id"]:
            self._id(*match.span("id"))

    def _macro(self, match: re.Match[str]) -> None:
        name, (start, end) = match["macro"], self._label(match, "label")
        if name in _MACROS_UNSEEN or (name == "image" and start == end):
            return
        if name.startswith("footnote"):
            self.views.add(" (" if start < end else "")
            self.read(start, end)
            self.views.add(")" if start < end else "")
        elif name == "menu":
            self.read(*match.span("target"))
            self.views.add(" > " if start < end else "")
            self._show(start, end)
        elif start < end:
            self.read(start, end)
        elif name == "xref":
            self._id(*match.span("target"))
        elif name == "javadoc":
            first = match.start("target")
            self._show(1 + self._text.rfind(".", first, match.end("target"))
                       if "." in match["target"] else first, match.end("target"))  # fmt: skip
        else:
            self._show(*match.span("target"))

    def _address(self, match: re.Match[str]) -> None:
        start, end = self._label(match, "words")
        name = match["address"].partition("}")[0][1:] if match["address"][0] == "{" else ""
        value = self._known.value(name, match.start()) if name else ""
        if value and not _ADDRESS.match(value):  # no address: what follows is no label
            self._attribute(name, match.start(), code=False)
            self.read(match.start("address") + len(name) + 2, match.end())
        elif start < end:
            self.read(start, end)
        elif value:
            self._attribute(name, match.start(), code=False)
            self._show(match.start("address") + len(name) + 2, match.end("address"))
        else:
            self._show(*match.span("address"))

    def _label(self, match: re.Match[str], group: str) -> tuple[int, int]:
        """Return where the words of a label are: without its options, quotes and `^`."""
        start, end = match.span(group)
        words = match[group]
        if _NAMED_ONLY.match(words):
            return start, start
        if match["macro"] in {"footnote", "stem", "kbd", "menu", "btn"}:
            return start, end
        if words.startswith('"') and (closing := words.find('"', 1)) > 0:
            return start + 1, start + closing
        if option := _OPTION.search(words):
            if "=" in option[0] or match["macro"] == "image":
                words = words[: option.start()]
        elif match["macro"] == "image":
            words = words.partition(",")[0]
        return start, start + len(words.rstrip().removesuffix("^"))

    def _id(self, start: int, end: int) -> None:
        """Show the title that an identifier names, or its words."""
        title = self._known.title(self._text[start:end].strip("#"))
        if title:
            self.views.add(title)
        elif match := _STEM.match(self._text, start, end):
            self._apart(*match.span("words"), "-_")

    def _attribute(self, name: str, start: int, *, code: bool) -> None:
        """Show what an attribute means, or its own words if that is not known."""
        value = self._known.value(name, start)
        if value is not None:
            self.views.add(_plain(value))
        elif code and ":" not in name:
            self._show(start - 1, start + len(name) + 1)
        elif ":" not in name:
            self._apart(start, start + len(name), "-_")

    def _apart(self, start: int, end: int, signs: str) -> None:
        """Show words that signs are between, with spaces in place of these."""
        for at in range(start, end):
            if self._text[at] in signs:
                self._show(start, at)
                self.views.add(" ")
                start = at + 1
        self._show(start, end)

    def _raw(self, start: int, end: int) -> None:
        """Show HTML without its tags."""
        at = start
        for tag in _TAG.finditer(self._text, start, end):
            self._show(at, tag.start())
            at = tag.end()
        self._show(at, end)

    def _show(self, start: int, end: int) -> None:
        while (stop := self._text.find("\n", start, end)) >= 0:
            self.views.show(self._text, start, stop)
            self.views.add(self._between)
            start = stop + 1
            while start < end and self._text[start] in " \t":
                start += 1
        self.views.show(self._text, start, end)
