"""Questions about the documents as such: how many, which, and what they are about. Pure.

A message is such a question only if all of it is, as for small talk.
"""

import re
from enum import Enum, auto
from typing import Any

import re2  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]

_linear: Any = re2  # untyped
_FILES = r"(?:documents?|docs|files?|texts|sources|papers|pages|books)"
_STORED = (
    r"(?: (?:do|can|did|have) (?:you|i|we)(?: (?:have|know|got|see|read|search|store|hold|upload"
    r"|uploaded|added|add))?"
    r"| (?:are|were) (?:there|stored|indexed|loaded|available|uploaded|here)"
    r"| have been (?:uploaded|added|stored|indexed)| you have(?: got)?| there are)"
)
_PLACE = (
    r"(?: (?:here|now|in total|altogether|right now"
    r"|in (?:here|(?:the|this|your|my|our) (?:collection|index|library|corpus|database|store"
    r"|knowledge base|system|folder))))*"
)
_ONE = (
    r"(?:it|this|that|(?:the|this|that) (?:document|file|text|report|paper|article|book|page|doc))"
)


class About(Enum):
    """What a question asks about the documents as such."""

    COUNT = auto()
    LIST = auto()
    GIST = auto()


_PATTERNS: tuple[tuple[About, Any], ...] = tuple(
    (about, _linear.compile(pattern))
    for about, pattern in (
        (About.COUNT, rf"how many {_FILES}{_STORED}{_PLACE}"),
        (
            About.LIST,
            rf"(?:what|which) (?:{_FILES}|titles){_STORED}{_PLACE}"
            rf"|(?:list|show|name)(?: me)?(?: all)?(?: of)?(?: (?:the|your|my|our|these))?"
            rf" (?:{_FILES}|titles)(?: that)?(?:{_STORED})?{_PLACE}"
            r"|what(?:'s| is) in (?:the|this|your|my|our)"
            r" (?:collection|index|library|corpus|database|knowledge base)",
        ),
        (
            About.GIST,
            rf"what(?:'s| is) {_ONE}(?: all)? about|what does {_ONE} say"
            rf"|what(?:'s| is) the (?:summary|gist|subject|topic) of {_ONE}"
            rf"|(?:summari[sz]e|sum up)(?: {_ONE})?"
            rf"|(?:give|write|show)(?: me)?(?: a| the)?(?: (?:short|brief|quick))?"
            rf" (?:summary|overview|gist)(?: of {_ONE})?|tl ?dr|summary",
        ),
    )
)
_ON = (
    r"(?:about|on|(?:that )?(?:talk|speak)s?(?:ing)? about|(?:that )?deals?(?:ing)? with"
    r"|(?:that )?(?:cover|mention|discuss|describe|explain)(?:s|es|ing)?)"
)
_TOPIC: Any = _linear.compile(
    r"(?:what|which|list(?: me)?(?: all)?|show(?: me)?(?: all)?|find(?: me)?(?: all)?)(?: the)?"
    r" (?:documents?|docs|files?|pages?|guides?|articles?|manuals?)"
    rf"{_STORED}?(?: are| is)?(?: there)? {_ON} (?P<topic>.+?)(?: (?:are|is) there)?"
)
_LONGEST = 120  # code points
_OTHER = re.compile(r"[^\w\s'-]+|_+")
_POLITE = re.compile(r"^(?:please |(?:can|could|would) you (?:please )?)|(?: please)$")


def about_documents(question: str) -> About | None:
    """Return what a question asks about the documents as such; None for other questions."""
    said = _said(question)
    return next((about for about, pattern in _PATTERNS if pattern.fullmatch(said)), None)


def topic_of_documents(question: str) -> str:
    """Return the topic if a question asks which documents are about it; else nothing."""
    asked = _TOPIC.fullmatch(_said(question))
    return asked["topic"] if asked else ""


def _said(question: str) -> str:
    if len(question) > _LONGEST:
        return ""
    bare = question.casefold().replace("’", "'").replace("tl;dr", "tldr")
    said = " ".join(_OTHER.sub(" ", bare).split())
    return _POLITE.sub("", _POLITE.sub("", said))
