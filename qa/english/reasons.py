"""Whether sentences give a reason, if a question asks for one. Pure."""

import re
from collections.abc import Iterable

_WHY = re.compile(
    r"(?:\W{0,3}\w{1,20}:)?\s*(?:why|how come|for (?:what|which) reason)\b", re.IGNORECASE
)
_REASON = re.compile(
    r"\b(?:because|since|due|owing|so that|so as|in order|therefore|thus|hence|reasons?|caus(?:e|es"
    r"|ed|ing)|results?|resulted|otherwise|avoid|prevent|allows?|enables?|ensures?|helps?|makes?|made"
    r"|purpose|thanks to|for fear|as a|as it|as they|as the|to)\b",
    re.IGNORECASE,
)


def lacks_reason(question: str, sentences: Iterable[str]) -> bool:
    """Return whether a question asks why, and no sentence has a word that leads to a reason."""
    return bool(_WHY.match(question)) and not any(_REASON.search(one) for one in sentences)
