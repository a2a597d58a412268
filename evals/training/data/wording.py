"""Rewordings of questions as people ask them. Pure but for the generator."""

import re

from numpy.random import Generator

_WORDS = re.compile(r"(?<![\w'’.,-])[\w'’.,-]*\w")
_STOP = re.compile(
    "a|about|an|and|are|as|at|be|been|being|by|can|could|did|do|does|for|from|had|has|have|he|her|"
    "him|his|how|i|if|in|into|is|it|its|me|my|of|on|or|our|she|should|so|such|than|that|the|their|"
    "them|then|there|these|they|this|those|to|us|was|we|were|what|when|where|which|who|whom|whose|"
    "why|will|with|would|you|your",
    re.IGNORECASE,
)

_BE = "was|were|is|are"
_SUBJECT = re.compile(rf"(?:who|what) ({_BE}) (the .+?) ?\?", re.IGNORECASE)
_PLACE = re.compile(rf"(?:when|where) ({_BE}|did|does|do) (.+?) ?\?", re.IGNORECASE)
_NUMBER = re.compile(r"(?>how many ([\w ]+?) (did|does|do|has|have|had) )(.+?) ?\?", re.IGNORECASE)


def keywords(question: str) -> str:
    """Return the words that carry meaning, in order; the question itself if fewer than two are
    left.
    """
    words = [word for word in _WORDS.findall(question) if not _STOP.fullmatch(word)]
    return " ".join(words) if len(words) >= 2 else question


def yes_no(question: str, answer: str) -> str | None:
    """Ask whether the answer is the answer; None for kinds that cannot be turned so."""
    subject = _SUBJECT.fullmatch(question)
    if subject:
        verb, rest = subject.groups()
        return f"{verb.capitalize()} {answer} {rest}?"
    place = _PLACE.fullmatch(question)
    if place:
        verb, rest = place.groups()
        lead = "in " if answer.isdigit() else ""
        return f"{verb.capitalize()} {rest} {lead}{answer}?"
    number = _NUMBER.fullmatch(question)
    if number and answer.split()[0][:1].isdigit():
        things, verb, rest = number.groups()
        count = answer if answer.endswith(things) else f"{answer} {things}"
        return f"{verb.capitalize()} {rest} {count}?"
    return None


_REQUESTS = (
    "Tell me {}.", "I want to know {}", "can you tell me {}?", "please explain {}", "{}, please?",
    "I was wondering {}.", "do you know {}?", "{} thanks",
)  # fmt: skip


def request(question: str, rng: Generator) -> str:
    """Return the question as a request, as people put it to a person."""
    asked = question.rstrip(" ?")
    lower = asked[:1].lower() + asked[1:]
    return _REQUESTS[int(rng.integers(len(_REQUESTS)))].format(lower)


def both(first: str, second: str, *, run_together: bool) -> str:
    """Return two questions asked at once: in one sentence, or one after the other."""
    if not run_together:
        return f"{first} {second}"
    head, tail = first.rstrip(" ?"), second.rstrip(" ?")
    return f"{head} and {tail[:1].lower()}{tail[1:]}?"
