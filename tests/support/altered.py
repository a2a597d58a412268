"""True sentences of documents, and outputs made by moving their spaces, digits, quotes and marks.

By themselves these know nothing of how quotes are found: `spelled` is what must be the same.
"""

import re
import unicodedata
from collections.abc import Callable
from random import Random

MARKS = "*_-–—.,:;!?()/%$+=~`#&^<>'\"“”’"
_QUOTES = "'\"“”‘’"
_ADDED = " \n\u00a00159"

TEMPLATES = (
    "The pump of {name} is nowhere in the {place} today.",
    "A ticket from {name} has {a} {b} minute walks in it.",
    "The dose for {name} is {a} 0 mg, and not {b}.{a} mg.",
    "Visitors can not enter the {place} of {name} after {b} o'clock.",
    "{name} will re-cover {a} chairs of the {place} before the {b}th.",
    "The **{place}** of {name} is {a} * {b} metres _wide_.",
    "Set `max_{place}_{a}` to -{b} where {name} is used.",
    "The {place} said: “{name} paid $ {a},{b}00 for it”.",
    'He wrote "{name} may be late" to the {place} in 19{a}{b}.',
    "Every one in the {place} knows {name}, un-ionized or not!",
    "Is {name} now here, or {a}-{b} miles from the {place}?",
    "{name} co-operates with [the {place}](notes.md) at {a}.{b} % of it.",
    "On 20{a}{b}-0{a}-1{b} the crew of {name} re-signed in the {place}.",
    "{name}’s {place} is closed, except on day {a} of week {b}.",
)
NAMES = (
    *("Ada Berg", "Oskar Lind", "Ruth Sandel", "Greta Holm", "Ivan Petrov", "Maria Stone"),
    *("Nils Falk", "Clara Voss", "Peter Rask", "Lena Kvist", "Jonas Ek", "Sara Blom"),
)
PLACES = ("harbour", "museum", "bakery", "library", "station", "garden", "market", "theatre")


def made_documents(chance: Random) -> dict[str, list[str]]:
    """The sentences of small documents with Markdown, by title."""
    found: dict[str, list[str]] = {}
    for name in NAMES:
        place = chance.choice(PLACES)
        digits = [chance.sample("123456789", 2) for _ in TEMPLATES]
        found[f"The {place} of {name}"] = [
            one.format(name=name, place=place, a=a, b=b)
            for one, (a, b) in zip(TEMPLATES, digits, strict=True)
        ]
    return found


def true_forms(sentence: str, chance: Random) -> list[str]:
    """A sentence as models quote it: with other white space, in marks, without its stop."""
    blanks = [match.start() for match in re.finditer(r" (?=[a-z])", sentence)]
    at = chance.choice(blanks)
    spaced = sentence[:at] + chance.choice(["  ", "\n", "\u00a0", "\t"]) + sentence[at + 1 :]
    forms = [sentence, spaced, f"“{sentence}”", f"**{sentence}**"]
    return [*forms, sentence[:-1]] if sentence.endswith(".") else forms


def altered(sentence: str, chance: Random) -> str:
    """A sentence with one to three changes that make another one of it by what is spelled."""
    while True:
        made = sentence
        for _ in range(chance.randint(1, 3)):
            made = chance.choice(CHANGES)(made, chance)
        if made.strip() and spelled(made) != spelled(sentence):
            return made


def spelled(text: str) -> str:
    """Each character that is seen, a space for white space; the last full stop and a pair of marks
    around everything aside."""
    seen = "".join(one for one in text if unicodedata.category(one) != "Cf")
    kept = " ".join(seen.split()).removesuffix(".")
    for opens, closes in ("“”", '""', "''", "‘’", "**", "__", "``"):
        while len(kept) > 1 and kept[0] == opens and kept[-1] == closes:
            kept = kept[1:-1].removesuffix(".")
    return kept


def _place(text: str, wanted: Callable[[str], bool], chance: Random) -> int | None:
    places = [place for place, one in enumerate(text) if wanted(one)]
    return chance.choice(places) if places else None


def _moving(wanted: Callable[[str], bool]) -> Callable[[str, Random], str]:
    """A change that takes a character of a kind out and puts it elsewhere, mostly nearby."""

    def move(text: str, chance: Random) -> str:
        at = _place(text, wanted, chance)
        if at is None:
            return text
        rest = text[:at] + text[at + 1 :]
        to = chance.choice([at - 1, at + 1, at + 2, chance.randint(0, len(rest))])
        to = min(max(to, 0), len(rest))
        return rest[:to] + text[at] + rest[to:]

    return move


def _dropping(wanted: Callable[[str], bool]) -> Callable[[str, Random], str]:
    def drop(text: str, chance: Random) -> str:
        at = _place(text, wanted, chance)
        return text if at is None else text[:at] + text[at + 1 :]

    return drop


def _adding(characters: str) -> Callable[[str, Random], str]:
    def add(text: str, chance: Random) -> str:
        at = chance.randint(0, len(text))
        return text[:at] + chance.choice(characters) + text[at:]

    return add


def _other_digit(text: str, chance: Random) -> str:
    at = _place(text, str.isdigit, chance)
    return text if at is None else text[:at] + chance.choice("0123456789٣５") + text[at + 1 :]


def _other_mark(text: str, chance: Random) -> str:
    at = _place(text, MARKS.__contains__, chance)
    return text if at is None else text[:at] + chance.choice(MARKS) + text[at + 1 :]


def _cut(text: str, chance: Random) -> str:
    """A part of it: some words at its start or end are left out."""
    words = text.split(" ")
    some = chance.randint(1, max(1, len(words) // 2))
    return " ".join(chance.choice([words[some:], words[:-some]])) or text


def _is_quote(one: str) -> bool:
    return one in _QUOTES


CHANGES = (
    *[kind(wanted) for wanted in (str.isspace, str.isdigit, _is_quote, MARKS.__contains__)
      for kind in (_moving, _dropping)],
    _adding(_ADDED), _adding(_QUOTES), _adding(MARKS), _other_digit, _other_mark, _cut,
)  # fmt: skip
