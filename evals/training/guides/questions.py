"""Questions that a guide's structure asks: of headings, definitions, items and rows. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from citespan.index.layout import Outline
from citespan.index.text import Kind, Unit
from citespan.index.types import Document, Span
from citespan.qa.english import stems
from citespan.qa.evidence import row_cells, sections_of

GuideKind: TypeAlias = Literal["asked", "how", "what", "named", "row"]
IsWord: TypeAlias = Callable[[str], bool]

_ASKED = re.compile(r"[A-Z]\S*\s(?:\S+\s){2,20}\S+\?")
_HOW_TO = re.compile(r"how to (.+)", re.IGNORECASE)
_DEFINED = re.compile(
    r"((?:an? |the )?[^\s,;:()][^,;:()]{1,48}?) (is|are) (?:an?|the|used|one)\b", re.IGNORECASE
)
_NAMED = re.compile(r"([^\s:–—][^:–—\n]{1,39}?)(?::|\s[–—-])\s+\S.{24,}", re.DOTALL)
_CODE = re.compile(r"^-|[_./()]|[a-z][A-Z]")
_ARTICLE = re.compile(r"(?:A|An|The)(?= )")
_POINTS = re.compile(r"(?:this|that|it|there|here|these|those|they|what|if|we|you|note)\b", re.I)
_AFTER_VERB = re.compile(r"(?:an?|the|your|to|from|with|new|up|in|multiple)\b", re.IGNORECASE)
_VOWEL = re.compile(r"[aeiouy]")
_FEW = 4  # units of which all are evidence
_NAME_WORDS = 5
_HEADER, _KEY, _VALUE = 30, 40, 150  # code points, at most, of what a row is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideAsked:
    """A question, and where its document answers it; offsets are of the document.

    section: what stands below the heading, up to the next one.
    evidence: None if any of the section may be.
    answer: the value of a cell that answers; empty if no short answer is known.
    """

    kind: GuideKind
    question: str
    section: Span
    evidence: tuple[Span, ...] | None
    answer: str = ""


def questions_of(document: Document, outline: Outline, is_word: IsWord) -> Iterator[GuideAsked]:
    """Yield the questions of a page, in order.

    Args:
        document: the page.
        outline: the outline of the page.
        is_word: whether a string of small letters is a word of the model's vocabulary.
    """
    sections = sections_of(document, outline)
    ends = [one.span.start for one in sections[1:]] + [outline.shape.end]
    for section, end in zip(sections, ends, strict=False):
        body = Span(section.heading.end, max(section.heading.end, end))
        units = [one for one in outline.units(body) if one.kind is not Kind.HEADING]
        path = outline.path(section.heading.start)
        if units and path and units[0].span.start >= body.start:
            yield from _below(path[-1].strip(), body, units, is_word)


def _below(
    heading: str, body: Span, units: Sequence[Unit], is_word: IsWord
) -> Iterator[GuideAsked]:
    if _ASKED.fullmatch(heading):
        yield GuideAsked(kind="asked", question=heading, section=body, evidence=_start(units))
    elif how := _how(heading, units, is_word):
        yield GuideAsked(kind="how", question=how, section=body, evidence=_steps(units))
    if what := _what(heading, units[0]):
        yield GuideAsked(kind="what", question=what, section=body, evidence=(units[0].span,))
    for unit in units:
        if unit.kind is Kind.ROW:
            yield from _of_row(unit, body)
        elif unit.kind is Kind.ITEM and not unit.numbered and (name := _name(unit.view.text)):
            yield GuideAsked(kind="named", question=name, section=body, evidence=(unit.span,))


def _how(heading: str, units: Sequence[Unit], is_word: IsWord) -> str | None:
    """Return a heading as a question of how to do it; None if it names no action."""
    known = _HOW_TO.fullmatch(heading)
    if known:
        return f"How do I {known[1]}?"
    first, _, rest = heading.partition(" ")
    lower = first.lower()
    if not (rest and first.isalpha()) or " and " in rest or len(rest) > 60:
        return None
    if lower.endswith("ing"):
        base = next((one for one in _bases(lower) if _VOWEL.search(one) and is_word(one)), None)
        return f"How do I {base} {rest}?" if base else None
    is_verb = is_word(f"{lower}ing") or is_word(f"{lower.removesuffix('e')}ing")
    if is_verb and (_AFTER_VERB.match(rest) or any(one.numbered for one in units)):
        return f"How do I {lower} {rest}?"
    return None


def _bases(gerund: str) -> Iterator[str]:
    stem = gerund.removesuffix("ing")
    yield f"{stem}e"
    yield stem
    if stem[-1:] == stem[-2:-1]:
        yield stem[:-1]


def _what(heading: str, first: Unit) -> str | None:
    """Return the question that the first sentence defines an answer to."""
    found = _DEFINED.match(first.view.text) if first.kind is Kind.SENTENCE else None
    if not found or _POINTS.match(found[1]) or len(found[1].split()) > _NAME_WORDS:
        return None
    if not stems(found[1]) & stems(heading):
        return None
    subject = _ARTICLE.sub(lambda article: article[0].lower(), found[1])
    return f"What {found[2].lower()} {subject}?"


def _name(item: str) -> str | None:
    """Return the question for what an item of a list explains."""
    found = _NAMED.fullmatch(item)
    if not found or len(found[1].split()) > _NAME_WORDS or not stems(found[1]):
        return None
    name = found[1].strip()
    is_code = " " not in name and _CODE.search(name)
    return f"What does {name} do?" if is_code else f"What is {name}?"


def _of_row(unit: Unit, body: Span) -> Iterator[GuideAsked]:
    (_, key), *others = row_cells(unit.view.text) or [("", "")]
    for header, value in others:
        short = len(header) <= _HEADER and 1 < len(key) <= _KEY and 1 < len(value) <= _VALUE
        if short and stems(header) and stems(key):
            asked = f"What is the {header.lower() if header.istitle() else header} of {key}?"
            yield GuideAsked(
                kind="row", question=asked, section=body, evidence=(unit.span,), answer=value
            )


def _start(units: Sequence[Unit]) -> tuple[Span, ...] | None:
    """Return the first paragraph, with the list that it leads to; None if that is long."""
    if len(units) <= _FEW:
        return tuple(one.span for one in units)
    first = [one for one in units if one.group == units[0].group]
    after = units[len(first)].group if len(first) < len(units) else None
    if first[-1].view.text.endswith(":"):
        first += [one for one in units if one.group == after]
    return tuple(one.span for one in first) if len(first) <= 2 * _FEW else None


def _steps(units: Sequence[Unit]) -> tuple[Span, ...] | None:
    """Return the steps with what leads to them, or all of a short text; None if there are none."""
    if len(units) <= _FEW:
        return tuple(one.span for one in units)
    steps = [at for at, one in enumerate(units) if one.numbered]
    if not steps:
        return None
    led = steps[0] and units[steps[0] - 1].kind is Kind.SENTENCE
    return tuple(one.span for one in units[steps[0] - bool(led) : steps[-1] + 1])
