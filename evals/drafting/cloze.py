"""Questions with a blank: a sentence whose name, date or number is to be filled in."""

from dataclasses import dataclass

import regex

from citespan.evals.drafting.names import NameKind, is_whole_phrase
from citespan.evals.drafting.prose import ProseSentence, starts_well
from citespan.evals.drafting.words import MONTHS
from citespan.index import Span

BLANK = "____"
YEAR = r"(?:1[0-9]|20)\d\d"
_MONTH = "(?:" + "|".join(sorted(MONTHS)) + ")"
_DATE = rf"(?:{_MONTH} \d{{1,2}}, {YEAR}|\d{{1,2}} {_MONTH} {YEAR}|{_MONTH} {YEAR}|{YEAR})"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_MAX_WORDS = 38
_DATES = regex.compile(rf"\b(?:in|on|since|until|In|On|Since|Until) ({_DATE})(?=[.,]| [\p{{Ll}}])")
_AMOUNTS = regex.compile(
    rf"(?<=[ (])((?:US|U\.S\. )?[$€£](?:{_NUMBER})(?: (?:million|billion|trillion))?"
    rf"|(?:{_NUMBER})(?:%| percent| per cent| million| billion)?)(?=[.,]?(?: |$))"
)
_RANGE = regex.compile(r" (?:to|or|and) [$€£]?\d| per ")
_NUMBERED = regex.compile(
    rf"\b(?:{_MONTH}|No\.|[Aa]rticle|[Ss]ection|[Cc]hapter|[Pp]art|[Nn]umber"
    r"|Model|[Pp]age) $"
)
_MONTH_NEXT = regex.compile(rf" {_MONTH}\b")
_NO_UNIT = regex.compile(r"[.,]? (?:and|or|to|in|of|at|on|by|was|is)\b")
_LISTED = regex.compile(r"\b(?:to|and|or|from) $")
_UNIT = regex.compile(r"[.,]? (?:[\p{Ll}-]{3,})")


@dataclass(frozen=True, slots=True)
class Finding:
    """A question and the place of the answer in its sentence."""

    question: str
    answer: Span


def blank(sentence: ProseSentence) -> Finding | None:
    """Return the sentence with its best blank, if it says enough without it."""
    if len(sentence.text.split(" ")) > _MAX_WORDS or not starts_well(sentence):
        return None
    for answer in (*_amounts(sentence), *_dates(sentence), *_names(sentence)):
        if _fits(sentence, answer):
            text = sentence.text
            shown = f"{text[: answer.start]}{BLANK}{text[answer.end :]}"
            return Finding(f'Fill in: "{" ".join(shown.split())}"', answer)
    return None


def _fits(sentence: ProseSentence, answer: Span) -> bool:
    """Return whether the answer occurs there once, and another name states the subject."""
    text, inside = sentence.text, answer.of(sentence.text)
    if text.casefold().count(inside.casefold()) != 1:
        return False
    return any(m.end <= answer.start or m.start >= answer.end for m in sentence.mentions)


def _dates(sentence: ProseSentence) -> list[Span]:
    if len(regex.findall(YEAR, sentence.text)) != 1:
        return []
    return [Span(*match.span(1)) for match in _DATES.finditer(sentence.text)]


def _amounts(sentence: ProseSentence) -> list[Span]:
    return [
        Span(*match.span(1))
        for match in _AMOUNTS.finditer(sentence.text)
        if _is_amount(
            match.group(1), sentence.text[: match.start(1)], sentence.text[match.end(1) :]
        )
    ]


def _is_amount(amount: str, before: str, after: str) -> bool:
    """Return whether a number is an amount; no year, day, article or end of a range."""
    if _RANGE.match(after) or _NUMBERED.search(before) or _MONTH_NEXT.match(after):
        return False
    if not regex.fullmatch(r"[\d,.]+", amount):
        return True
    if before.endswith(" ") and any(map(str.isupper, before[:-1].rpartition(" ")[2])):
        return False  # Top 13, Model 33, Directive 2004
    if not amount.isdigit():
        return True
    return (
        not regex.fullmatch(YEAR, amount)
        and _UNIT.match(after) is not None
        and not _NO_UNIT.match(after)
        and not _LISTED.search(before)
    )


def _names(sentence: ProseSentence) -> list[Span]:
    found = [
        mention
        for mention in sentence.mentions
        if mention.kind is not NameKind.OTHER or " " in mention.text
        if is_whole_phrase(sentence.text, mention.start, mention.end)
    ]
    found.sort(key=lambda mention: (mention.kind is NameKind.OTHER, -mention.start))
    return [Span(mention.start, mention.end) for mention in found]
