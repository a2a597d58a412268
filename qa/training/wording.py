"""Questions as people put them otherwise. Pure."""

import re

_WORDS = re.compile(r"[\w'’.,-]*\w")
_STOP = re.compile(
    "a|about|an|and|are|as|at|be|been|being|by|can|could|did|do|does|for|from|had|has|have|he|her|"
    "him|his|how|i|if|in|into|is|it|its|me|my|of|on|or|our|she|should|so|such|than|that|the|their|"
    "them|then|there|these|they|this|those|to|us|was|we|were|what|when|where|which|who|whom|whose|"
    "why|will|with|would|you|your",
    re.IGNORECASE,
)


def keywords(question: str) -> str:
    """The words that carry meaning, in order; the question itself if fewer than two are left."""
    words = [word for word in _WORDS.findall(question) if not _STOP.fullmatch(word)]
    return " ".join(words) if len(words) >= 2 else question


def both(first: str, second: str, *, run_together: bool) -> str:
    """Two questions asked at once: in one sentence, or one after the other."""
    if not run_together:
        return f"{first} {second}"
    head, tail = first.rstrip(" ?"), second.rstrip(" ?")
    return f"{head} and {tail[:1].lower()}{tail[1:]}?"
