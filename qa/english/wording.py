"""The words of a text by kind: names, numbers, content words, negations. Pure; English."""

import re
from dataclasses import dataclass
from functools import lru_cache

from citespan.index.text import stem
from citespan.qa.english.numbers import Number, number_value, numbers

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:['’.&-][^\W_]+)*")
_ISO_DATE = re.compile(r"\b(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-3]\d)\b")
_JOINT = re.compile(r"['’.&-]")
_POSSESSIVE = re.compile(r"['’]s$")
# For the text before a word, reversed: forwards, each mark would be tried as a beginning
_SENTENCE_START = re.compile(r"(?:[^\S\n]|[\"'“”‘’«»()\[\]*•–—-])*+(?:[.!?:;…\n]|\Z)")
_LETTER = re.compile(r" (?:is|was|has|had|does|did|can|will|and|or)\b")  # after "A" at a start
_CAPITAL = re.compile(r"\W*[A-Z]")
_MARK = re.compile(r"[,;:.!?()\[\]–—][\s\"'“”‘’]{0,3}$")
_NEGATING = """not no never none nobody nothing nowhere neither nor without cannot hardly scarcely
    unable false untrue incorrect myth denied denies deny refused refuses failed fails lacks lacked
    unlikely"""
_DOUBTING = """if unless whether alleged allegedly claimed supposed supposedly rumoured rumored
    reportedly falsely wrongly mistakenly hypothetical hypothetically pretended except perhaps maybe
    presumably lied"""
_STOP_WORDS = """a about after again all also am an and any are as at be because been before being
    both but by can could did do does doing during each for from further had has have having he her
    here hers him his how i if in into is it its itself just me most more less least my now of off
    on once only or other our out over own per same she should so some such than that the their
    them then there these they this those through to too under until up upon very was we were what
    when where which while who whom whose why will with would yes you your may might must shall us
    within between among against above below"""
_NAMES_TOO = frozenset({"may", "us", "will"})  # with a capital inside a sentence
_MONTHS = """january february march april may june july august september october november
    december"""
_NEGATIONS = frozenset(_NEGATING.split())
_DOUBTS = frozenset(_DOUBTING.split())
_STOPS = frozenset(_STOP_WORDS.split())
_SHORT_MONTHS = {month[:3]: month for month in _MONTHS.split()} | {"sept": "september"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a text.

    folded: without capitals; short months in full.
    stem: of the folded word; for a number, its value.
    name: written as names are, with capitals; but a `first` word of a sentence may be no name.
    doubt: the word introduces something that may not be so.
    content: the word says something by itself, and does not negate.
    mark: a comma, a bracket or the like precedes the word.
    """

    folded: str
    stem: str
    name: bool
    first: bool
    number: bool
    content: bool
    negation: bool
    doubt: bool
    mark: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of a text in order, its numbers, and the stems of its words and their parts."""

    words: tuple[Word, ...]
    numbers: tuple[Number, ...]
    stems: frozenset[str]

    @property
    def content(self) -> frozenset[str]:
        """The stems of words that say something by themselves, except for numbers."""
        return frozenset(word.stem for word in self.words if word.content)

    @property
    def names(self) -> frozenset[str]:
        """The stems of words that are certainly names."""
        return frozenset(word.stem for word in self.words if word.name and not word.first)


@lru_cache(maxsize=4096)  # the claims of an answer are checked against the same sentences
def wording_of(text: str) -> Wording:
    """Return the wording of a text."""
    text = _ISO_DATE.sub(_spelled_date, text)
    words = tuple(_word(text, match) for match in _WORD.finditer(text))
    parts = (_parts(written) for written in set(_WORD.findall(text)))
    return Wording(
        words=words,
        numbers=tuple(numbers(text)),
        stems=frozenset(word.stem for word in words).union(*parts),
    )


@lru_cache(maxsize=20_000)
def _parts(written: str) -> frozenset[str]:
    return frozenset(stem(part) for part in _JOINT.split(written))


def _is_letter(text: str, end: int, *, first: bool) -> bool:
    """Return whether an "A" that ends there is a name, as in "plan A", and no article."""
    if first:
        return bool(_LETTER.match(text, end))
    return not _CAPITAL.match(text, end)


def _spelled_date(match: re.Match[str]) -> str:
    month = _MONTHS.split()[int(match["month"]) - 1]
    return f"{match['day']} {month.capitalize()} {match['year']}"


def _word(text: str, match: re.Match[str]) -> Word:
    before = text[max(0, match.start() - 12) : match.start()]
    first = mark = False
    if not (before.endswith(" ") and before[-2:-1].isalnum()):  # most words follow another one
        first = bool(_SENTENCE_START.match(before[::-1]))
        mark = bool(_MARK.search(before))
    letter = match.group() == "A" and _is_letter(text, match.end(), first=first)
    return _formed(match.group(), first, letter, mark)


@lru_cache(maxsize=20_000)
def _formed(whole: str, first: bool, letter: bool, mark: bool) -> Word:  # noqa: FBT001
    """Return the word for its letters and its context; `letter` if it is a name of one letter."""
    written = _POSSESSIVE.sub("", whole)
    folded = written.casefold()
    capital = any(character.isupper() for character in written)
    if capital and folded in _SHORT_MONTHS:
        folded = _SHORT_MONTHS[folded]
    value = number_value(written)
    negation = folded in _NEGATIONS or folded.endswith(("n't", "n’t"))
    first = first and not (len(written) > 1 and written.isupper())
    named = letter or (capital and not first and folded in _NAMES_TOO)
    says_little = value is not None or negation or (folded in _STOPS and not named)
    return Word(
        folded=folded,
        stem=written if letter else value or stem(folded),
        name=capital and not says_little,
        first=first,
        number=value is not None,
        content=not says_little,
        negation=negation,
        doubt=folded in _DOUBTS,
        mark=mark,
    )
