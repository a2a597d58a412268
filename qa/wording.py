"""What a text says, by its words: names, numbers, content words, negations. Pure; English."""

import re
from dataclasses import dataclass

from index.words import stem
from qa.numbers import Number, numbers

_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;…\n])[\s\"'“”‘’«»()\[\]*•–—-]*$")
_NEGATING = """not no never none nobody nothing nowhere neither nor without cannot hardly scarcely
    unable false untrue incorrect myth denied denies deny refused refuses failed fails lacks lacked
    unlikely"""
_STOP_WORDS = """a about after again all also am an and any are as at be because been before being
    both but by can could did do does doing during each for from further had has have having he her
    here hers him his how i if in into is it its itself just me most more less least my now of off
    on once only or other our out over own per same she should so some such than that the their
    them then there these they this those through to too under until up upon very was we were what
    when where which while who whom whose why will with would yes you your may might must shall us
    within between among against above below"""
_MONTHS = """january february march april may june july august september october november
    december"""
_NEGATIONS = frozenset(_NEGATING.split())
_STOPS = frozenset(_STOP_WORDS.split())
_SHORT_MONTHS = {month[:3]: month for month in _MONTHS.split()} | {"sept": "september"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a text: as written, its stem, its place in the text.

    name: written as a name is, by its capitals; first: it begins a sentence.
    """

    written: str
    stem: str
    start: int
    name: bool
    first: bool
    content: bool
    negation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a text says, by its words."""

    words: tuple[Word, ...]
    numbers: tuple[Number, ...]
    stems: frozenset[str]

    @property
    def content(self) -> frozenset[str]:
        """The stems of its content words."""
        return frozenset(word.stem for word in self.words if word.content)

    @property
    def names(self) -> frozenset[str]:
        """The stems of its names."""
        return frozenset(word.stem for word in self.words if word.name and not word.first)

    @property
    def negations(self) -> int:
        """How many words negate."""
        return sum(word.negation for word in self.words)


def wording(text: str) -> Wording:
    """What a text says; apostrophes at the end of a word are not of it."""
    words = tuple(_word(text, match) for match in _WORD.finditer(text))
    return Wording(
        words=words,
        numbers=tuple(numbers(text)),
        stems=frozenset(word.stem for word in words)
        | {stem(part) for word in words for part in re.split(r"[-.&'’]", word.written) if part},
    )


def _word(text: str, match: re.Match[str]) -> Word:
    written = re.sub(r"['’]s$", "", match.group())
    folded = written.casefold()
    negation = folded in _NEGATIONS or folded.endswith(("n't", "n’t"))
    capital = written[0].isupper()
    if capital and folded in _SHORT_MONTHS:
        folded = _SHORT_MONTHS[folded]
    first = bool(_SENTENCE_START.search(text[max(0, match.start() - 12) : match.start()]))
    numeral = written.isdecimal()
    return Word(
        written=written,
        stem=stem(folded),
        start=match.start(),
        name=(capital or any(c.isupper() for c in written)) and folded not in _STOPS,
        first=first and not (len(written) > 1 and written.isupper()),
        content=not negation and not numeral and folded not in _STOPS,
        negation=negation,
    )
