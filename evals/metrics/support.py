"""Whether the cited text says what the answer says, by its words only. Pure.

A lower bound without a model, in the spirit of the consistency checks on numbers and names of Nan
et al. 2021, "Entity-level Factual Consistency of Abstractive Text Summarization", equation 1
(precision-source): all that an answer names must occur in its source. Lists of stop words, months
and negations are English; for other languages only the share of words counts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import decimal

_NUMBER = re.compile(r"\d+(?:[.,'’\u00a0\u202f]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_GROUPED = re.compile(r"\d{1,3}(?:([,.'’\u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
# The text before a word, read backwards: forwards, each mark would be tried as a beginning
_SENTENCE_START = re.compile(r"(?:[^\S\n]|[\"'“”‘’«»()\[\]*•–—-])*+(?:[.!?:;…\n]|\Z)")
_NEGATED = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|without|cannot|\w+n['’]t)\b",
    re.IGNORECASE,
)
_MONTHS = """january february march april may june july august september october november
    december"""
_SHORT_MONTHS = {month[:3]: month for month in _MONTHS.split()} | {"sept": "september"}
_STOP_WORDS = """a about after again all also am an and any are as at be because been before being
    both but by can could did do does doing down during each few for from further had has have
    having he her here hers him his how i if in into is it its itself just me more most my no nor
    not now of off on once only or other our out over own per same she should so some such than
    that the their them then there these they this those through to too under until up upon very
    was we were what when where which while who whom why will with without would yes you your"""
_STOPS = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceWording:
    """The names and words of a text: all numbers and names must recur, and a share of the words."""

    numbers: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]
    negated: bool


def support(part: str, cited: str) -> float | None:
    """Return how much of a part's wording occurs in the text it cites, in [0, 1].

    0 unless every number, month and name of the part occurs there and both or neither are negated;
    otherwise the share of its content words found there. None if the part names nothing and has no
    content word.
    """
    said, source = wording(part), wording(cited)
    if not (said.words or said.numbers):
        return None
    if not (said.numbers <= source.numbers and said.names <= source.words):
        return 0.0
    if said.negated != source.negated:
        return 0.0
    return len(said.words & source.words) / len(said.words) if said.words else 1.0


def mean_support(parts: Sequence[tuple[str, str]]) -> float | None:
    """Return the mean of `support` over (part, cited text), weighted by the parts' characters."""
    total = weight = 0.0
    for part, cited in parts:
        value = support(part, cited)
        if value is not None:
            total += value * len(part)
            weight += len(part)
    return total / weight if weight else None


def wording(text: str) -> SentenceWording:
    """Return the names and words of a text.

    names: capitalised words that do not start a sentence (months are among them), and words all in
        capitals, folded. words: content words, folded, without possessive and plural endings, short
        months in full.
    """
    names: set[str] = set()
    words: set[str] = set()
    for match in _WORD.finditer(text):
        word = match.group()
        folded = re.sub(r"['’]s?$", "", word.casefold())
        short = len(folded) == 1 and folded.isascii()
        if short or folded in _STOPS or _NEGATED.fullmatch(word):
            continue
        if word[0].isupper() and folded in _SHORT_MONTHS:
            folded = _SHORT_MONTHS[folded]
        folded = _singular(folded)
        words.add(folded)
        if _is_name(word, text[max(0, match.start() - 12) : match.start()]):
            names.add(folded)
    numbers = frozenset(_canonical(number) for number in _NUMBER.findall(text))
    negated = bool(_NEGATED.search(text))
    return SentenceWording(
        numbers=numbers, names=frozenset(names), words=frozenset(words), negated=negated
    )


def _is_name(word: str, before: str) -> bool:
    if len(word) > 1 and word.isupper():
        return True
    # 12 characters before the word are enough to see the end of a sentence and quotation marks.
    return word[0].isupper() and not _SENTENCE_START.match(before[::-1])


def _singular(word: str) -> str:
    """Return a folded word without its plural ending.

    Source: the S stemmer of Harman 1991, "How effective is suffixing?", table 1.
    """
    if len(word) > 3 and word.endswith("s"):
        if word.endswith("ies") and not word.endswith(("eies", "aies")):
            return word[:-3] + "y"
        if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
            return word[:-1]
        if not word.endswith(("us", "ss")):
            return word[:-1]
    return word


def _canonical(number: str) -> str:
    """Return one spelling for a number: 1,234.50 and 1234.5.

    A single comma is decimal unless it groups.
    """
    if grouped := _GROUPED.fullmatch(number):
        mark = grouped.group(1)
        # "1.234" by itself reads as a decimal, as it does in English; "1.234.567" groups.
        if mark != "." or number.count(".") > 1 or "," in number:
            number = number.replace(mark, "")
    number = number.replace(",", ".")
    if number.count(".") > 1 or not number.replace(".", "").isdecimal():
        return number
    # By hand: Decimal rounds at 28 digits and refuses a million of them.
    whole, _, part = "".join(c if c == "." else str(decimal(c)) for c in number).partition(".")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    return f"{whole}.{part}" if part else whole
