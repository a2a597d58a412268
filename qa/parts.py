"""Questions that ask for several things, taken apart. Pure."""

import re

_SEVERAL = re.compile(r"(?<=[?？])\s+(?=\S)")
_JOINED = re.compile(
    r",?\s+(?:and|but)\s+(?=(?:who|whom|whose|what|when|where|which|why|how)\b)", re.IGNORECASE
)
_MIN_WORDS = 3  # "and why?" alone asks nothing


def parts(question: str) -> list[str]:
    """What a question asks for, in order; the question itself if it is one.

    It is cut between sentences that are questions, and before "and" with a question word.
    """
    found = [
        piece.strip() for sentence in _SEVERAL.split(question) for piece in _JOINED.split(sentence)
    ]
    if len(found) < 2 or any(len(piece.split()) < _MIN_WORDS for piece in found):
        return [question]
    return [piece if piece.endswith(("?", "？")) else f"{piece}?" for piece in found]
