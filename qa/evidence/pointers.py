"""What only points elsewhere: "See the guide", an address by itself, a table of contents. Pure."""

import re
from collections.abc import Sequence
from itertools import groupby

from citespan.index.text import Kind, Unit
from citespan.qa.english.verbs import word_set

_LINK = re.compile(
    r"\[[^\[\]\n]{1,200}\](?:\([^()\s]{0,500}\)|\[[^\[\]\n]{0,200}\])"
    r"|(?::[a-z:+-]{1,20}:)?`[^`\n]{1,200}`_{0,2}|<a [^<>]{1,300}>[^<>]{1,200}</a>"
    r"|https?://[^\s<>]{1,500}"
)
_ADDRESSES = re.compile(r"(?:(?:https?://|www\.)\S{1,500}(?:\s|$))+")
_SAME_PAGE = re.compile(r"\[[^\[\]\n]{1,200}\]\(#[^()\s]{0,200}\)[.,;:]?")
_WORD = re.compile(r"\w+")
_POINTS = word_set("see refer read learn more details information explanations")
_AROUND = _POINTS | word_set(
    "also please further about for in on at to the a an this our and or of how documentation docs"
    " page guide section article reference below above here full complete additional detailed"
    " instructions info list it is are available found can be you find by look out"
    " github gitlab issue issues ticket wiki blog post website site manual faq readme"
)
_SAYS_SEE = re.compile(
    r"(?:for [^,.;:]{1,80}, )?(?:please )?(?:also )?(?:see|refer to|(?:learn|read|find out) more)\b"
    r"[^:;]*",
    re.IGNORECASE,
)
_SHORT = 120  # code points
_PLACE = re.compile(
    r"\b(?:where|link|url|web (?:site|address)|website|home ?page"
    r"|(?:which|what) (?:page|document|guide|section|article|issue|ticket))s?\b",
    re.IGNORECASE,
)


def asks_for_place(question: str) -> bool:
    """Return whether a question asks where something is written, so that a pointer answers."""
    return bool(_PLACE.search(question))


def only_points(unit: Unit, quote: str) -> bool:
    """Return whether a unit only says where to read on.

    Args:
        unit: what is read.
        quote: the same as it is written, with its links.
    """
    if unit.kind not in (Kind.SENTENCE, Kind.ITEM):
        return False
    if _ADDRESSES.fullmatch(unit.view.text):
        return True
    rest, links = _LINK.subn(" ", quote)
    words = {one.casefold() for one in _WORD.findall(rest)}
    only = words & _POINTS and words <= _AROUND
    short = len(unit.view.text) <= _SHORT and _SAYS_SEE.fullmatch(unit.view.text)
    return bool(links and (only or short))


def without_contents(units: Sequence[Unit], text: str) -> list[Unit]:
    """Return the units without lists whose items are all links to the same page, and their leads.

    Args:
        units: in order.
        text: the text that they are of.
    """
    left: list[Unit] = []
    for _, group in groupby(units, key=lambda unit: (unit.group, unit.kind is Kind.ITEM)):
        among = list(group)
        items = among[0].kind is Kind.ITEM and len(among) > 1
        if not (items and all(_SAME_PAGE.fullmatch(one.span.of(text)) for one in among)):
            left += among
        elif (
            left and left[-1].kind is Kind.SENTENCE and not left[-1].view.text.endswith((".", "!"))
        ):
            left.pop()
    return left
