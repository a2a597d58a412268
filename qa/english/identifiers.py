"""What a question names by a number, a code, a letter or a date, and whether texts have it. Pure.

"Locker 2200", "KX-317", "Unit B", "version 3.1.0" and "14 May" name one thing among others of its
kind. A figure that counts ("24 months") names nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from citespan.qa.english.numbers import is_unit
from citespan.qa.english.words import STOP_WORDS, word_set

_TOKEN = re.compile(r"[^\W_]+(?:(?:[-./:_]|(?<=\d),(?=\d{3}(?!\d)))[^\W_]+){0,12}")
_ORDINAL = re.compile(r"\d+(?:s|st|nd|rd|th)", re.IGNORECASE)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)?|\d{1,3}(?:,\d{3}){1,5}")
_COUNTED = re.compile(r"\d{1,12}(?:[.,]\d{1,12})?-?[a-z%]{1,12}", re.IGNORECASE)  # 24h, 30-day, 5kg
_CLOCK = re.compile(r"\d{1,2}:\d\d")
_MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
]  # fmt: skip
_MONTH = "|".join(rf"{month[:3]}(?:{month[3:]})?" for month in _MONTHS)
_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})"
    rf"|(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)\b(?! ?\d)",
    re.IGNORECASE,
)
_ANY_DATE = (
    rf"(?<!\w)\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})\b"
    rf"|\b(?:{_MONTH}) \d{{1,2}}\b|(?<!\d)\d{{4}}-\d\d-\d\d(?!\d)"
)
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_YEARS = re.compile(r"(?:1\d|20)\d\d[-/](?:\d\d|(?:1\d|20)\d\d)")
_RANGE = re.compile(r"\d{1,3}[-/]\d{1,3}")
_BEFORE_A_YEAR = re.compile(
    rf"(?:{_MONTH}|sept|[a-z]+/[a-z]+|early|mid|late|spring|summer|autumn|fall|winter|year)",
    re.IGNORECASE,
)
_PRONOUNS = word_set("i it he she they we you who that this these those there")
_SUBJECTS = word_set("who what which")
_MONEY = word_set("eur usd gbp chf jpy cny inr aud cad nzd sek nok dkk pln czk")
_VERSIONED = word_set("version versions release build revision update")
_VERSION = re.compile(r"(?<![\w.])v?\d{1,6}(?:\.\d{1,6}){1,4}(?!\w|\.\d)", re.IGNORECASE)
_TWO_NAMES = re.compile(r"(?<![\w-])(?=([A-Z][\w-]{1,30}) ([A-Z][\w-]{1,30})(?![\w-]))")
_CAPITALS = re.compile(r"[^\W\d_][\w-]{0,30}")
# Words with a joint that prose has not; "e.g." and "U.S." have parts of one letter.
_CODE_NAME = re.compile(
    r"(?<![\w.@/:-])[A-Za-z]\w{1,60}(?:(?:\.|::|->)[A-Za-z]\w{1,60}){1,8}(?![\w@/]|-\w|\.\w)"
    r"|(?<![\w.@/:-])[A-Za-z][A-Za-z0-9]{0,60}(?:_[A-Za-z0-9]{1,60}){1,8}(?![\w@/]|-\w|\.\w)"
)
_ROMAN = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"]


@dataclass(frozen=True, slots=True)
class Identifier:
    """What a question names.

    this: matches it in a text.
    kind: matches anything of the same kind in a text.
    firm: whether a document without it says nothing about it; a year is often left out.
    at: its first character in the question, and the one after its last.
    """

    this: re.Pattern[str]
    kind: re.Pattern[str]
    firm: bool = True
    at: tuple[int, int] = (0, 0)


def identifiers(question: str) -> list[Identifier]:
    """Return what a question names by number, code, letter or date."""
    dates = list(_DATE.finditer(question))
    found = [_date(one) for one in dates]
    tokens = [
        token
        for token in _TOKEN.finditer(question)
        if not any(one.start() <= token.start() < one.end() for one in dates)
    ]
    for at, token in enumerate(tokens):
        one = _code(token) or _named(question, tokens, at)
        if one:
            found.append(one)
    return found


def code_names(question: str) -> list[re.Pattern[str]]:
    """Return what matches each name of code in a question: "max_inflight", "scale.cooldown".

    Such a name is never said in other words: a text without it does not say anything about it.
    """
    names = dict.fromkeys(match.group() for match in _CODE_NAME.finditer(question))
    return [_whole(re.escape(one)) for one in names]


def siblings(question: str) -> list[Identifier]:
    """Return the names of two words in a question; others of their kind have another second word.

    "Tidewatch Pro" is not "Tidewatch Edge". What is asked about either of them is no name:
    "Tidewatch Dashboard" is none if the question has "dashboard".
    """
    found: list[Identifier] = []
    words = {word.casefold() for word in _CAPITALS.findall(question)}
    for match in _TWO_NAMES.finditer(question):
        first, second = match.group(1), match.group(2)
        if first.casefold() in STOP_WORDS or second.casefold() in STOP_WORDS:
            continue
        said = "|".join(re.escape(word) for word in sorted(words))
        kind = rf"(?<!\w){re.escape(first)} (?!(?i:{said})(?!\w))[A-Z][\w-]{{1,30}}"
        found.append(Identifier(_whole(re.escape(second)), re.compile(kind), firm=False))
    return found


def is_of(one: Identifier, nearest_first: Iterable[str]) -> bool | None:
    """Return whether words are about what was asked for: the nearest of its kind decides.

    Args:
        one: what was asked for.
        nearest_first: the words, those before them, and the headings over them.

    Returns:
        None if nothing of the kind is there.
    """
    for text in nearest_first:
        if one.this.search(text):
            return True
        if one.kind.search(text):
            return False
    return None


def _code(found: re.Match[str]) -> Identifier | None:
    """Return a token of digits with letters or joints, if it is no quantity, time or ordinal."""
    token = found.group()
    if not any(c.isdigit() for c in token) or _FIGURE.fullmatch(token) or _ORDINAL.fullmatch(token):
        return None
    if any(one.fullmatch(token) for one in (_COUNTED, _CLOCK, _RANGE)):
        return None
    joint = r"[-\s._/]?" if any(c.isalpha() for c in token) else None
    parts = re.split(r"([-./:_])", token)
    pieces = [re.escape(one) if at % 2 == 0 else joint or re.escape(one)
              for at, one in enumerate(parts)]  # fmt: skip
    kinds = [re.sub(r"\d+", r"\\d{1,12}", one) for one in pieces]
    firm = not _YEARS.fullmatch(token)
    return Identifier(_whole("".join(pieces)), _whole("".join(kinds)), firm=firm, at=found.span())


def _named(question: str, tokens: Sequence[re.Match[str]], at: int) -> Identifier | None:
    """Return a word with the number or the capital letter after it that tells which is meant."""
    which = tokens[at].group()
    word = tokens[at - 1].group() if at else ""
    year = not word or word.casefold() in STOP_WORDS or _BEFORE_A_YEAR.fullmatch(word)
    if _YEAR.fullmatch(which) and year:
        return Identifier(_whole(which), _whole(_YEAR.pattern), firm=False, at=tokens[at].span())
    if not at or not (_is_letter(which, question[tokens[at].end() :]) or _FIGURE.fullmatch(which)):
        return None
    between = question[tokens[at - 1].end() : tokens[at].start()]
    if between not in {" ", " #", " no. "} or not _names(tokens, at, question):
        return None
    if "." in which and word.casefold() in _VERSIONED:  # headings have it without the word
        return Identifier(
            re.compile(rf"(?<![\w.])v?{re.escape(which)}(?!\w|\.\d)", re.IGNORECASE),
            _VERSION,
            at=(tokens[at - 1].start(), tokens[at].end()),
        )
    stem = re.escape(re.sub(r"(?<=\w\w\w)e?s$", "", word))
    if which in {f"{number}" for number in range(1, len(_ROMAN))}:
        which = f"{which}|{_ROMAN[int(which)]}"
    else:
        which = re.escape(which)
    near = rf"(?<!\w){stem}\w{{0,3}}\W{{1,4}}(?:no\.?\W{{1,2}})?"
    return Identifier(
        re.compile(rf"(?:{near})(?:{which})(?!\w|[.,-]\d)", re.IGNORECASE),
        re.compile(rf"(?:{near})(?:\d[\d.]{{0,11}}|(?-i:[A-Z]))(?!\w)", re.IGNORECASE),
        at=(tokens[at - 1].start(), tokens[at].end()),
    )


def _is_letter(found: str, rest: str) -> bool:
    """Return whether this is a letter that tells one thing from another; not "a" nor "I"."""
    if len(found) != 1 or not found.isupper() or found == "I":
        return False
    return found > "A" or not rest.strip(" ?.!")


def _names(tokens: Sequence[re.Match[str]], at: int, question: str) -> bool:
    """Return whether the word before a number names a kind of thing, and the number counts none."""
    word, before = tokens[at - 1].group(), tokens[at - 2].group() if at > 1 else ""
    plain = word.casefold()
    if plain in STOP_WORDS or plain in _MONEY or not word[0].isalpha() or len(word) < 2:
        return False
    after = tokens[at + 1].group() if at + 1 < len(tokens) else ""
    together = question[tokens[at].end() : tokens[at + 1].start()] == " " if after else False
    if together and (is_unit(after) or (after.endswith("s") and after not in STOP_WORDS)):
        return False
    if word[0].isupper() and at > 1:
        return True
    asked = tokens[at - 3].group().casefold() if at > 2 else ""
    if asked in _SUBJECTS:  # who rents garage 41
        return True
    if before.casefold() in _SUBJECTS and plain.endswith("s"):  # what costs 100
        return False
    return not before or (before.casefold() in STOP_WORDS and before.casefold() not in _PRONOUNS)


def _date(found: re.Match[str]) -> Identifier:
    day = (found["day"] or found["day2"]).lstrip("0")
    month = (found["month"] or found["month2"]).casefold()[:3]
    number = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(month))
    name = next(
        rf"{month}(?:{name[3:]})?" if name[3:] else month
        for name in _MONTHS if name.startswith(month)
    )  # fmt: skip
    this = (
        rf"(?<!\w)0?{day}(?:st|nd|rd|th)?(?: of)? {name}\b|\b{name} 0?{day}(?!\d)"
        rf"|-{number:02}-{int(day):02}(?!\d)"
    )
    return Identifier(
        re.compile(this, re.IGNORECASE), re.compile(_ANY_DATE, re.IGNORECASE), at=found.span()
    )


def _whole(pattern: str) -> re.Pattern[str]:
    """Return a pattern that matches no part of a word or of a longer code."""
    return re.compile(rf"(?<!\w)(?<!\w[-._/])(?:{pattern})(?!\w|[-._/:]\w)", re.IGNORECASE)
