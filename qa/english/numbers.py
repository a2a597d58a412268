"""The numbers of a text, normalised to one spelling. Pure; words are English."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from unicodedata import decimal

from citespan.index.text import stem

_ONES_TO_NINETEEN = """zero one two three four five six seven eight nine ten eleven twelve thirteen
    fourteen fifteen sixteen seventeen eighteen nineteen"""
_TENS_TO_NINETY = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = _ONES_TO_NINETEEN.split()
_TENS = _TENS_TO_NINETY.split()
_WORDS = {word: value for value, word in enumerate(_ONES)} | {
    word: 20 + 10 * place for place, word in enumerate(_TENS)
}
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_SPELLINGS = {
    "%": "percent", "percent": "percent", "percentage": "percent", "pct": "percent",
    "$": "dollar", "dollars": "dollar", "usd": "dollar", "€": "euro", "euros": "euro",
    "eur": "euro", "£": "sterling", "¥": "yen", "km": "kilometre", "kilometers": "kilometre",
    "kilometres": "kilometre", "kilometer": "kilometre", "mi": "mile", "miles": "mile",
    "m": "metre", "metres": "metre", "meters": "metre", "meter": "metre", "ft": "foot",
    "feet": "foot", "cm": "centimetre", "kg": "kilogram", "kilograms": "kilogram",
    "kilogrammes": "kilogram", "lb": "pound", "lbs": "pound", "pounds": "pound",
    "tons": "ton", "tonnes": "tonne", "seconds": "second", "minutes": "minute", "mins": "minute",
    "hours": "hour", "days": "day", "weeks": "week", "months": "month", "years": "year",
}  # fmt: skip
_UNITS = {unit: unit for unit in _SPELLINGS.values()} | _SPELLINGS
_SCALE = rf"(?:[\s-]?(?P<scale>{'|'.join(_SCALES)})s?\b)?"
_UNIT = r"(?:[\s-]?(?P<unit>%|[^\W\d_]+))?"
_DIGITS = re.compile(
    r"(?P<money>[$€£¥])?(?P<number>\d+(?:[.,'’\u00a0\u202f]\d+)*)"
    rf"(?P<end>(?:s|st|nd|rd|th)\b)?{_SCALE}{_UNIT}",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[\s-](?P<one>{'|'.join(_ONES[1:10])}))?"
    rf"|(?P<small>{'|'.join(_ONES)}))\b{_SCALE}{_UNIT}",
    re.IGNORECASE,
)
_DAYS = re.compile(
    r"\b(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May"
    r"|June|July|August|September|October|November|December)\b"
)
_NEGATIVE = re.compile(r"(?:^|[\s(])[-−–]$|\b(?:minus|negative) $", re.IGNORECASE)
_ONE_WORD = re.compile(r"(\d+(?:[.,]\d+)*)(s|st|nd|rd|th)?", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:([,.'’\u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")


class Number(NamedTuple):
    """A value in one spelling, its unit and the thing that it counts.

    unit: a known unit, in one spelling; otherwise "".
    counted: the stem of the next word; "" if there is none.
    """

    value: str
    unit: str
    counted: str


def numbers(text: str) -> list[Number]:
    """Return every number of a text, except for a lone "one", which seldom counts."""
    found = [
        _number(match, match["number"], match["end"] or "") for match in _DIGITS.finditer(text)
    ]
    for match in _SPELLED.finditer(text):
        if (match["small"] or "").casefold() == "one" and not match["scale"]:
            continue
        value = sum(_WORDS[word.casefold()] for word in match.group("tens", "one", "small") if word)
        found.append(_number(match, f"{value}", ""))
    return found


def number_value(word: str) -> str | None:
    """Return the value of a number word, in one spelling; None for "one" and for other words."""
    if found := _ONE_WORD.fullmatch(word):
        return canonical(found[1]) + ("s" if found[2] == "s" else "")
    value = _WORDS.get(word.casefold(), 1)
    return None if value == 1 else f"{value}"


def is_unit(word: str) -> bool:
    """Return whether a word is a unit of measure, of time or of money."""
    return word.casefold() in _UNITS


def missing(claimed: Iterable[Number], given: Iterable[Number]) -> list[Number]:
    """Return the numbers of a claim that a source lacks, of the same unit and the same thing."""
    given = set(given)
    units = {one.unit for one in given}
    counted = {one.counted for one in given} - {""}
    alike: dict[str, set[Number]] = {}
    for one in given:
        alike.setdefault(one.value, set()).add(one)
    return [
        one for one in claimed if not _is_given(one, alike.get(one.value, set()), units, counted)
    ]


def _is_given(number: Number, same: set[Number], units: set[str], counted: set[str]) -> bool:
    """Return whether the source gives a number; `same` are those in the source with its value.

    `units` and `counted` are those of all numbers in the source.
    """
    if number.unit:
        return any(
            one.unit == number.unit or (not one.unit and number.unit in units) for one in same
        )
    if any(one.unit == "percent" for one in same) and not any(one.unit == "" for one in same):
        return False
    if number.counted not in counted:
        return bool(same)
    return any(one.counted == number.counted for one in same)


def _number(match: re.Match[str], digits: str, ending: str) -> Number:
    value = canonical(digits)
    if scale := match["scale"]:
        value = _scaled(value, _SCALES[scale.casefold()])
    if ending == "s":  # a decade
        value += "s"
    if _NEGATIVE.search(match.string[max(0, match.start() - 10) : match.start()]):
        value = f"-{value}"
    unit = (match["unit"] or "").casefold()
    money = match["money"] if "money" in match.groupdict() else None
    return Number(value, _UNITS.get(money or unit, ""), stem(unit) if unit else "")


def _scaled(value: str, places: int) -> str:
    whole, _, part = value.partition(".")
    return canonical(whole + part.ljust(places, "0")[:places] + "." + part[places:])


def canonical(number: str) -> str:
    """Return the one spelling of a number: 1,234.50 is 1234.5.

    A lone comma is decimal, unless it groups digits.
    """
    if grouped := _GROUPED.fullmatch(number):
        mark = grouped.group(1)
        # "1.234" is a decimal, as in English; "1.234.567" groups digits
        if mark != "." or number.count(".") > 1 or "," in number:
            number = number.replace(mark, "")
    number = number.replace(",", ".")
    if number.count(".") > 1 and not number.endswith("."):
        return number
    whole, _, part = "".join(str(decimal(c, 0)) if c.isdecimal() else c for c in number).partition(
        "."
    )
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    return f"{whole}.{part}" if part else whole


def values_of(text: str) -> frozenset[str]:
    """Return the values that a text gives: numbers in any spelling, days of the week, months.

    Decades ("1990s") and ordinals are none.
    """
    said = {one.value for one in numbers(text) if not one.value.endswith("s")}
    return frozenset(said | {day.casefold() for day in _DAYS.findall(text)})
