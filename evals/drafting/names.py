"""Names in sentences: where they begin and end, and the kinds of things they name."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

import regex

from citespan.evals.drafting.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DAYS,
    GIVEN_NAMES,
    LEANING,
    MONTHS,
    ORGANISATIONS,
    PEOPLES,
    PLACES,
    PREPOSITIONS,
    STOP_WORDS,
    TIMES,
    TITLES,
)

# Longer than any 50 real words; bounds the text that the patterns search.
MAX_LENGTH = 500

_WORD = r"(?:(?:\p{Lu}\.){1,4}|\p{Lu}[\p{L}\p{M}\d]*(?:['’-](?!s\b)[\p{L}\p{M}\d]+)*)"
_JOINED = (
    r"(?: (?:of|de|la|du|van|von|der|den|bin)(?: the)?"
    r"|(?<=\b(?:Department|Ministry|Institute|Committee|Council|Office|Fund|Society))"
    r" for(?: the)?)?"
)
_SPEECH = "|".join(("said", "told", "wrote"))
_NAME = regex.compile(rf"(?<![\p{{L}}\d-]){_WORD}(?:{_JOINED} {_WORD})*")
WORDS = regex.compile(r"[\p{L}\p{M}\d]+(?:['’-][\p{L}\p{M}\d]+)*")


class NameKind(StrEnum):
    """The kind of a name or number, as far as its form and its neighbours show."""

    PERSON = "person"
    PLACE = "place"
    ORGANISATION = "organisation"
    YEAR = "year"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A name in a sentence; offsets count from the start of the sentence."""

    start: int
    end: int
    text: str
    kind: NameKind


class Lexicon:
    """Facts about words and names from the whole collection."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._small: Counter[str] = Counter()
        self._capital: Counter[str] = Counter()
        self._votes: dict[str, Counter[NameKind]] = {}
        short = [text for text in texts if len(text) <= MAX_LENGTH]
        for text in short:
            for match in WORDS.finditer(text):
                if match.group()[0].islower():
                    self._small[match.group()] += 1
                elif match.start() > 0:
                    self._capital[match.group()] += 1
        for text in short:
            for start, end in self._names(text):
                votes = self._votes.setdefault(text[start:end], Counter())
                votes[_kind(text, start, end)] += 1

        for name in [name for name in self._votes if self._kind(name) is NameKind.PERSON]:
            for part in name.split(" "):
                if part in self._votes and part != name and part not in PEOPLES:
                    self._votes[part][NameKind.PERSON] += self._votes[part].total()

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Return the names in a sentence, with their kind according to the whole collection."""
        if len(text) > MAX_LENGTH:
            return ()
        return tuple(
            Mention(start=start, end=end, text=text[start:end], kind=self._kind(text[start:end]))
            for start, end in self._names(text)
        )

    def _kind(self, name: str) -> NameKind:
        votes = self._votes.get(name, Counter())
        known = [(count, kind) for kind, count in votes.items() if kind is not NameKind.OTHER]
        if not known:
            return NameKind.OTHER
        count, kind = max(known, key=lambda pair: (pair[0], pair[1].value))
        if kind is NameKind.PLACE and count < 2 and name.rsplit(" ", 1)[-1] not in PLACES:
            return NameKind.OTHER  # a single "in" before the name is only a hint
        return kind if 3 * count >= votes.total() else NameKind.OTHER

    def _names(self, text: str) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for match in _NAME.finditer(text):
            start, end = match.span()
            if start == 0:
                start = self._after_first(text, end)
            start = _after_title(text, start, end)
            name = text[start:end]
            if start < end and name not in MONTHS | DAYS | PEOPLES | TITLES and len(name) > 1:
                found.append((start, end))
        return found

    def _after_first(self, text: str, end: int) -> int:
        """Return where a name at the start of a sentence begins: after a first word or with it.

        The first word belongs to it if that has a capital elsewhere, too.
        """
        first = text[:end].split(" ")[0]
        if first.casefold() in STOP_WORDS or first.casefold() in LEANING:
            return min(len(first) + 1, end)
        small, capital = self._small[first.casefold()], self._capital[first]
        if small > capital or (small == capital == 0 and " " not in text[:end]):
            return end
        return 0


def _after_title(text: str, start: int, end: int) -> int:
    """Return where the name proper begins: `Foreign Minister Mario Lubetkin` is Mario Lubetkin."""
    words = text[start:end].split(" ")
    if words[0] in MONTHS | DAYS:
        return end
    title = max((at for at, word in enumerate(words) if word in TITLES), default=-1)
    if title < 0:
        return start
    if title + 1 < len(words) and words[title + 1] == "of":
        # A role (Secretary of State), perhaps followed by its holder.
        title += 2 + (words[title + 2 : title + 3] == ["the"])
    rest = words[title + 1 :]
    if any(word in ORGANISATIONS | PLACES for word in rest):
        return start  # the General Assembly is not a person called Assembly
    return end - len(" ".join(rest)) if rest and not words[title].islower() else end


def _kind(text: str, start: int, end: int) -> NameKind:
    words = text[start:end].split(" ")
    before = text[:start].rstrip().rsplit(" ", 1)[-1]
    after = text[end : end + 12]
    head = regex.split(" (?:of|for) ", text[start:end])[0].rsplit(" ", 1)[-1]
    if len(words) == 1 and head in ORGANISATIONS | PLACES | TITLES:
        return NameKind.OTHER  # the Parliament, the Palace: of what?
    if head in ORGANISATIONS:
        return NameKind.ORGANISATION
    if head in PLACES:
        return NameKind.PLACE
    if (
        (before in TITLES or before == "said")
        and len(words) <= 3
        and not regex.match(r" \p{Lu}", after)
    ):
        return NameKind.PERSON
    if 2 <= len(words) <= 4 and words[0] in GIVEN_NAMES and "of" not in words:
        return NameKind.PERSON
    if len(words) <= 3 and regex.match(
        rf"(?:,? who | (?:{_SPEECH}) | \(born |, born |, aged )", after
    ):
        return NameKind.PERSON
    if (
        before in {"in", "near", "In", "Near"}
        and len(words) <= 2
        and words[0][1:].islower()
        and head not in TIMES
    ):
        return NameKind.PLACE
    return NameKind.OTHER


def _ends_in_name(before: str) -> bool:
    """Return whether the last word has a capital."""
    return any(map(str.isupper, takewhile(str.isalpha, reversed(before))))


def is_whole_phrase(text: str, start: int, end: int) -> bool:
    """Return whether a name is a whole phrase: no part of a longer one or a list, no modifier."""
    before, after = text[:start], text[end:]
    if regex.search(r"(?:\band|\bor|&|['’]s?|[-–—(/\"“]) ?$", before):
        return False
    if before.endswith(" ") and _ends_in_name(before[:-1].removesuffix(",")):
        return False
    if regex.match(r",? (?:and|or|&) |, (?:the )?\p{Lu}|[-–—/('’\"”]| [(\"“]| \d", after):
        return False
    following = regex.match(r" ([\p{L}]+)", after)
    if not following:
        return True
    word = following.group(1)
    return word in AUXILIARIES | PREPOSITIONS | CONJUNCTIONS | {"the", "a", "an"} or word.endswith(
        "ed"
    )
