"""Questions for the greatest or the least of several things, and figures to compare. Pure."""

import re
from contextlib import suppress
from typing import NamedTuple

from citespan.qa.english.numbers import numbers

_COLUMNS = {
    "price cost fee rate": ("cheapest|least expensive|most affordable", "most expensive|dearest"),
    "weight mass": ("lightest", "heaviest"),
    "length distance duration": ("shortest", "longest"),
    "height": ("lowest", "tallest|highest"),
    "speed": ("slowest", "fastest|quickest"),
    "size capacity area": ("smallest", "largest|biggest"),
    "width": ("narrowest", "widest"),
    "depth": ("shallowest", "deepest"),
    "power": ("least powerful", "most powerful"),
    "age": ("youngest", "oldest"),
}
_LEAST = "lowest|least|fewest|smallest|shortest|lightest|minimum"
_MOST = "highest|most|largest|biggest|greatest|longest|maximum|best"
_ASKED = re.compile(
    r"\W*(?:which|what|who)(?:'s| is| are| has| have| was)?\b(?P<before>[^?.!]{0,60}?)"
    r"\b(?P<word>(?:most|least) (?:expensive|affordable|powerful)|most|least|fewest|\w{2,12}est)\b"
    r"(?P<after>[^?.!]{0,60})[ ?.!]*",
    re.IGNORECASE,
)
_LONGEST = 4  # words of a cell with a figure
_OF_ALL = re.compile(
    r"\W*(?:(?:grand|sub)[ -]?)?(?:totals?|sum|all|overall|average|mean|median)\b", re.I
)
_NOUN = re.compile(r"(?:average |total |maximum |minimum )?(?P<noun>[^\W\d_]{2,30})")


class Superlative(NamedTuple):
    """What a question asks the greatest or the least of.

    columns: words of which one names the figure that is compared.
    most: whether the greatest is wanted.
    rest: the other words of the question, which name the things.
    """

    columns: frozenset[str]
    most: bool
    rest: str


class MeasuredCell(NamedTuple):
    """A number with its unit; only figures of the same unit are comparable."""

    value: float
    unit: str


def superlatives(question: str) -> list[Superlative]:
    """Return what a question for the greatest or the least may ask, the likeliest first."""
    found = _ASKED.fullmatch(question.strip())
    if found is None:
        return []
    word, before, after = found["word"].casefold(), found["before"], found["after"].strip()
    ways: list[Superlative] = []
    noun = _NOUN.match(after)
    for most, words in ((False, _LEAST), (True, _MOST)):
        if noun and word in words.split("|"):
            rest = f"{before} {after[noun.end() :]}"
            ways.append(Superlative(frozenset([noun["noun"].casefold()]), most, rest))
    for columns, pair in _COLUMNS.items():
        for most, words in enumerate(pair):
            if word in words.split("|"):
                rest = f"{before} {after}"
                ways.append(Superlative(frozenset(columns.split()), bool(most), rest))
    return ways


def is_of_all(cell: str) -> bool:
    """Return whether a row that begins with this cell is about all others, such as a total."""
    return bool(_OF_ALL.match(cell))


def figure_of(cell: str) -> MeasuredCell | None:
    """Return the only figure of a short cell; None if it has none, several, or other words."""
    if cell.strip().casefold() in {"free", "none"}:
        return MeasuredCell(0.0, "")
    found = list(numbers(cell))
    if len(found) != 1 or len(cell.split()) > _LONGEST:
        return None
    with suppress(ValueError):
        return MeasuredCell(float(found[0].value), found[0].unit or found[0].counted)
    return None
