"""Other wordings of a question that ask for the same evidence. Pure.

"Does the lease last 24 months?" is decided by the sentence that says how many months it lasts, and
"What was the fee in 2023?" by a sentence below the heading "Fees 2023".
"""

import re

from citespan.qa.english.numbers import is_unit
from citespan.qa.english.words import AUXILIARIES, PREPOSITIONS, STOP_WORDS, word_set

_ASKS = re.compile(rf"(?P<verb>{'|'.join(sorted(AUXILIARIES))})\s", re.IGNORECASE)
_SMALL = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"
    "|sixty|ninety|hundred"
)
_FIGURE = re.compile(
    r"(?:\b(?:at least|at most|up to|only|about|exactly|more than|less than|over|under|the) )?"
    rf"(?:(?P<money>[$€£¥])\d[\d.,]{{0,15}}\d?|\b(?:\d{{1,9}}(?:[.,]\d{{1,9}})?|{_SMALL})[ -]"
    rf"(?!(?:{_SMALL})\b)(?P<unit>[a-z%]{{1,20}}))(?!\w)",
    re.IGNORECASE,
)
_INTO = re.compile(rf"(?:^|\s)(?P<word>{'|'.join(sorted(PREPOSITIONS))})$", re.IGNORECASE)
_YEAR_ONLY = word_set("the in of for from under since as by during at on")


def figure_asked(question: str) -> str | None:
    """Return a question whether something has a figure as one for that figure; None for others."""
    asks = _ASKS.match(question)
    figures = _FIGURE.finditer(question, asks.end()) if asks else iter(())
    figure = next((one for one in figures if _counts(one["unit"])), None)
    if not asks or not figure:
        return None
    unit = figure["unit"]
    before, after = question[asks.end() : figure.start()].rstrip(), question[figure.end() :]
    into = _INTO.search(before)
    if into:
        before = before[: into.start()]
    what = f"how many {unit}" if unit else "how much"
    lead = f"{into['word']} {what}" if into else what
    verb = asks["verb"].casefold()
    subject = f" {before}" if before else ""
    rest = f"{verb}{subject}{after}" if before or verb not in {"do", "does", "did"} else after
    return f"{lead[0].upper()}{lead[1:]} {rest.strip()}"


def _counts(unit: str | None) -> bool:
    """Return whether a word after a figure is what it counts; None is a sum of money."""
    several = unit is not None and unit.endswith("s") and unit not in STOP_WORDS
    return unit is None or unit == "people" or several or is_unit(unit)


def without(question: str, start: int, end: int) -> str:
    """Return a question without what it names from one character to another.

    A preposition before it is left out with it if nothing follows that it could belong to.
    """
    before, after = question[:start].rstrip(), question[end:]
    ends = not after.strip(" ?.!") or after.lstrip().split(" ", 1)[0].casefold() in PREPOSITIONS
    words = before.split(" ")
    while ends and words and words[-1].casefold() in _YEAR_ONLY:
        words.pop()
    if not ends:
        return " ".join([*words, after.lstrip()])
    return " ".join(words) + (after if after[:1] in "?.!" else f" {after.lstrip()}")
