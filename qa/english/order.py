"""What comes later: versions and dates in headings, and questions for the latest. Pure."""

import re
from typing import NamedTuple, TypeAlias

from citespan.qa.english.words import word_set

Place: TypeAlias = tuple[int, ...]  # in an order; only places of the same sort are comparable
_MONTHS = {
    month: at
    for at, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        start=1,
    )
}
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_ISO = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)(?:-(?P<day>\d\d))?(?!\d)")
_DAY_FIRST = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? )?(?P<month>{_MONTH}),?"
    r" (?P<year>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"\b(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<![\w.])(?:19|20)\d\d(?![\w]|\.\d)")
_VERSION = re.compile(r"(?<![\w.-])v?(\d{1,5}(?:\.\d{1,6}){1,4})(?![\w])", re.IGNORECASE)
_NUMBERED = re.compile(
    r"\b(?:version|release|edition|sprint|week|meeting|issue|revision|build|no\.?|part|update)"
    r" #?(\d{1,6})\b",
    re.IGNORECASE,
)
_THINGS = (
    "versions?|releases?|editions?|updates?|revisions?|builds?|entry|entries|issues?|meetings?"
    "|minutes|sessions?|bulletins?|newsletters?|reports?|changes?|changelogs?|logs?|notes?|polic(?:y|ies)"
    "|guidelines?|rules|price lists?|sprints?|patch(?:es)?|news|drafts?|contracts?"
)
_LATEST = re.compile(
    r"\b(?:the |your |our )?(?P<which>latest|newest|most recent|last|current|oldest|earliest|first)"
    r" (?:(?:major|minor|stable|published|software|product|app|(?-i:[A-Z])[\w.-]{1,30}) )?"
    rf"(?P<thing>{_THINGS})\b",
    re.IGNORECASE,
)
_WHICH_IS = re.compile(
    rf"(?:which|what) (?P<thing>{_THINGS})(?: \w{{1,20}})? (?:is|was|are|were) (?:the )?"
    r"(?P<which>latest|newest|most recent|last|current|oldest|earliest|first)\b",
    re.IGNORECASE,
)
_NEW = re.compile(r"what(?:'s| is| has)? (?:new|changed)(?: recently| lately| now)?", re.IGNORECASE)
_NOW = re.compile(
    r"\b(?:now|currently|at present|at the moment|current|in force|today|nowadays|these days"
    r"|presently|right now|as of now|valid|up to date|latest|newest|most recent)\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(r"(?:version|release|revision|build)s?$", re.IGNORECASE)
_FIRST = word_set("oldest earliest first")
_CONTENTS = re.compile(
    r"\b(?:new|chang(?:e|es|ed)|added|adds?|fix(?:es|ed)?|brings?|brought|contains?|includes?"
    r"|included|features?|say|says|about|happened|removed|improved)\b",
    re.IGNORECASE,
)
_ENDING = re.compile(r"\.\w{1,5}$")
_PAST = re.compile(
    r"\b(?:historical|legacy|obsolete|deprecated|archived|archive|superseded|discontinued"
    r"|(?:old|older|former|previous|past) (?:versions?|releases?|editions?|rules))\b",
    re.IGNORECASE,
)
_NAMED_MONTH = re.compile(rf"\b{_MONTH}\b")
_NUMBERS = re.compile(r"v?[\d#]{1,20}(?:[-./ ][\d#]{1,20}){0,6}")


class Latest(NamedTuple):
    """A question for the latest of several things.

    rest: the question without them: "what was decided at".
    first: whether the earliest is wanted.
    contents: whether what it holds is asked for, and not which it is.
    numbered: whether what is asked for has a number, as versions have.
    """

    rest: str
    first: bool
    contents: bool
    numbered: bool = False


def latest_asked(question: str) -> Latest | None:
    """Return what a question for the latest version, entry or meeting asks; None for others."""
    if _NEW.fullmatch(question.strip(" ?!.")):
        return Latest(rest="", first=False, contents=True)
    found = _WHICH_IS.search(question) or _LATEST.search(question)
    if found is None:
        return None
    rest = f"{question[: found.start()]} {question[found.end() :]}"
    first = found["which"].casefold() in _FIRST
    of_change = found["thing"].casefold() in {"changes", "change"}
    return Latest(
        rest=" ".join(rest.split()),
        first=first,
        contents=of_change or asks_for_contents(rest),
        numbered=bool(_HAS_NUMBER.match(found["thing"])),
    )


def asks_for_contents(question: str) -> bool:
    """Return whether a question asks what something holds or brings."""
    return bool(_CONTENTS.search(question))


def wants_newest(question: str) -> bool:
    """Return whether a question asks how things are now."""
    return bool(_NOW.search(question))


def is_past(text: str) -> bool:
    """Return whether a question or a heading says that it is about what holds no longer."""
    return bool(_PAST.search(text))


def date_of(text: str) -> Place | None:
    """Return the first date of a text as year, month, day; 0 for what it leaves out."""
    found = [one for one in map(_dated, (_ISO, _DAY_FIRST, _MONTH_FIRST), [text] * 3) if one]
    if found:
        return max(found)
    year = _YEAR.search(text)
    return (int(year.group()), 0, 0) if year else None


def version_of(text: str) -> Place | None:
    """Return the version or the number in a text, part by part."""
    found = _VERSION.search(text) or _NUMBERED.search(text)
    return tuple(int(part) for part in found[1].split(".")) if found else None


def series_of(title: str) -> str:
    """Return a title without its numbers, months and ending: the same for all of a series."""
    bare = _NAMED_MONTH.sub("#", _ENDING.sub("", title.casefold()))
    return " ".join(_NUMBERS.sub("#", bare).replace("-", " ").split())


def _dated(pattern: re.Pattern[str], text: str) -> Place | None:
    found = pattern.search(text)
    if found is None:
        return None
    month = found["month"].casefold()[:3]
    number = int(month) if month.isdigit() else _MONTHS[month]
    return int(found["year"]), number, int(found["day"] or 0)
