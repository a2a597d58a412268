"""Questions that ask for several things, split into parts. Pure."""

import re
from itertools import pairwise

from citespan.qa.english.comparisons import compared

_SEVERAL = re.compile(r"(?<=[?？])\s++(?=\S)")
_JOINED = re.compile(
    r"(?:,|(?<!\s))\s++(?:and|but)\s++(?=(?:who|whom|whose|what|when|where|which|why|how)\b)",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|has|have|had|can|"
    r"could|will|would|should|in|on|at|by|for|from|to|with)\b",
    re.IGNORECASE,
)
_MEMBERS = re.compile(
    r"(?:what|which) (?:are|were)\b|(?:what|which) (?:[\w-]{1,30} ){0,2}\w{2,30}[^\Ws]s\b"
    r"|(?:list|name|enumerate)\b",
    re.IGNORECASE,
)
_STEPS = re.compile(
    r"how (?:do|can|could|should|would|must) (?:i|we|you|one)\b|how to\b", re.IGNORECASE
)
_MIN_WORDS = 3  # "and why?" by itself asks nothing
_MAX_PARTS = 4  # more parts are a load, not a question


def parts(question: str) -> list[str]:
    """Return the parts of a question, in order; the question itself if it has one, or too many.

    A comparison has a part for each of the two things.
    The question is cut between sentences that are all questions, and before "and" with a question
    word. If that "and" begins a clause like the one before it ("who lost and who was killed"), the
    question is not cut there.
    """
    if both := compared(question):
        return both
    asked = [piece.strip() for piece in _SEVERAL.split(question)]
    if not all(piece.endswith(("?", "？")) or _ASKING.match(piece) for piece in asked):
        return [question]
    found = list(dict.fromkeys(piece for one in asked for piece in _joined(one)))
    if not 1 < len(found) <= _MAX_PARTS or any(len(one.split()) < _MIN_WORDS for one in found):
        return [question]
    return [piece if piece.endswith(("?", "？")) else f"{piece}?" for piece in found]


def asks_for_several(question: str) -> bool:
    """Return whether a question asks for the members of a list: "what are the", "which ports"."""
    return bool(_MEMBERS.match(question.strip()))


def asks_for_steps(question: str) -> bool:
    """Return whether a question asks how something is done by the one who asks."""
    return bool(_STEPS.match(question.strip()))


def _joined(sentence: str) -> list[str]:
    pieces = [piece.strip() for piece in _JOINED.split(sentence)]
    for before, after in pairwise(pieces):
        words = before.casefold().split()
        again = after.split(maxsplit=1)[0].casefold() in words[1:]
        if not _ASKING.match(before) or again or "between" in words:
            return [sentence]
    return pieces
