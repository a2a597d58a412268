"""Parts of Markdown that are read otherwise: what no viewer shows, and fenced code. Pure."""

import re
from collections.abc import Iterator, Sequence

from citespan.index.types import Span

FENCE = re.compile(r"[ \t]*(`{3,}(?=[^`\n]*$)|~{3,})")
_FURTHEST = 20_000  # code points from the start of a hidden element to its end
_TAG = re.compile(
    r"(?<!`)<(?P<hidden>[a-z]{1,12})\b(?=[^<>\n]{0,300}\b"
    r"(?:hidden\b|display:\s*none|visibility:\s*hidden|for=[\"'](?:agents?|ai|llms?)[\"']))"
    r"[^<>\n]{0,300}>|</(?P<ended>[a-z]{1,12})>",
    re.IGNORECASE,
)
_IMPORT = re.compile(  # how MDX brings components in
    r"^(?:import|export)\s(?:[\w*{},$\s]{1,400}?\sfrom[ ])?[\"'][^\"'\n]{1,300}[\"'];?[ \t]*$",
    re.MULTILINE,
)


def hidden_spans(text: str) -> list[Span]:
    """Return the spans that no viewer shows: comments, hidden elements, imports."""
    found = [Span(*one.span()) for one in _IMPORT.finditer(text)]
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start + 4)
        at = len(text) if end < 0 else end + 3
        found.append(Span(start, at))
    return sorted([*found, *_expressions(text), *_hidden_elements(text)])


def _expressions(text: str) -> Iterator[Span]:
    """Yield the comments of MDX; one that does not end hides nothing."""
    at = 0
    while (start := text.find("{/*", at)) >= 0 and (end := text.find("*/}", start + 3)) >= 0:
        at = end + 3
        if text[start - 1 : start] != "`":  # a mention of it
            yield Span(start, at)


def _hidden_elements(text: str) -> list[Span]:
    """Return the hidden elements; of one that does not end nearby, only the tag."""
    found: list[Span] = []
    opened: dict[str, Span] = {}
    for match in _TAG.finditer(text):
        if name := match["hidden"]:
            found.append(Span(*match.span()))
            outer = opened.get(name.casefold())
            if outer is None or match.start() - outer.end > _FURTHEST:
                opened[name.casefold()] = found[-1]
            continue
        tag = opened.pop(match["ended"].casefold(), None)
        if tag and match.end() - tag.end <= _FURTHEST:
            found.append(Span(tag.start, match.end()))
    return found


def code_spans(text: str) -> list[Span]:
    """Return the spans of fenced code, with the lines of the fences."""
    if "```" not in text and "~~~" not in text:
        return []
    found: list[Span] = []
    start, fence, at = 0, "", 0
    for line in text.split("\n"):
        match = FENCE.match(line)
        if fence and match and match[1].startswith(fence) and not line.strip(" `~"):
            found.append(Span(start, at + len(line)))
            fence = ""
        elif not fence and match:
            start, fence = at, match[1]
        at += len(line) + 1
    if fence:
        found.append(Span(start, len(text)))
    return found


def masked(local: str, within: Span, hidden: Sequence[Span], code: Sequence[Span]) -> str:
    """Return the text with line ends in the place of what is hidden outside of code."""
    for one in hidden:
        if one.overlap(within) and not any(part.start <= one.start < part.end for part in code):
            start = max(one.start, within.start) - within.start
            end = min(one.end, within.end) - within.start
            local = local[:start] + "\n" * (end - start) + local[end:]
    return local
