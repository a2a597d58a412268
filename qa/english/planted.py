"""What a document says to a language model that reads it: instructions and dialogue. Pure."""

import re

from citespan.index.types import Span

_SPEAKER = re.compile(
    r"^[ \t>*_#]{0,9}(?:assistant|system|user|human|ai|chatbot|<\|[a-z_]{1,20}\|>)[*_]{0,3}[ \t]?:",
    re.IGNORECASE | re.MULTILINE,
)
_SPOKEN = 3  # lines of speakers from which on a text is a transcript, if they are many of its lines
_SPEAKERS = ("assistant", "system", "user", "human", "ai", "chatbot", "<|")
_NEARBY = 5000  # code points around a part that show whether it is of a transcript
# one of these is in each order; looking for them first takes a tenth of the time
_ADDRESSED = (
    "ignore ", "disregard ", "forget ", "override ", "system prompt", "system instruction",
    "system message", "system override", "developer ", " ai ", " ai:", " ais ", "llm",
    "language model", "chatbot", "you are a", "from now on",
)  # fmt: skip
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override) (?:\w{1,20} ){0,4}?"
    r"(?:instructions?|prompts?|guidelines|directions)\b"
    r"|\b(?:system|developer) (?:prompt|instructions?|message|override)[ \t]?:"
    r"|\b(?:note|message|attention|instructions?|important|notice)(?: (?:to|for))?(?: (?:all|any"
    r"|the|every))? (?:ai|llms?|language models?|chatbots?|ai assistants?|ai models?|ai systems?)\b"
    r"|\b(?:if|when|since) you are an? (?:ai|llm|language model|chatbot|ai assistant|assistant)\b"
    r"|\b(?:in|to|answer|with) (?:all|every|any) (?:of your )?(?:answers?|repl(?:y|ies)|questions?)"
    r" from now on\b",
    re.IGNORECASE,
)


def planted_spans(text: str, within: Span) -> list[Span]:
    """Return the lines of a part of a text that speak to a language model, or for it.

    In a transcript, in which many lines have a speaker, what is said is the text itself.

    Args:
        text: the whole text.
        within: the part, from which whole lines are returned.
    """
    part = within.of(text).casefold()
    starts: list[int] = []
    if ":" in part and any(one in part for one in _SPEAKERS):
        spoken = [one.start() for one in _SPEAKER.finditer(text, within.start, within.end)]
        starts = [] if spoken and _is_transcript(text, within) else spoken
    if any(one in part for one in _ADDRESSED):
        starts += [one.start() for one in _ORDER.finditer(text, within.start, within.end)]
    return sorted({_line(text, start) for start in starts})


def _is_transcript(text: str, within: Span) -> bool:
    start, end = max(0, within.start - _NEARBY), within.end + _NEARBY
    spoken = sum(1 for _ in _SPEAKER.finditer(text, start, end))
    return spoken >= _SPOKEN and 3 * spoken >= text.count("\n\n", start, end) + 1


def _line(text: str, at: int) -> Span:
    start = 1 + text.rfind("\n", 0, at)
    end = text.find("\n", at)
    return Span(start, len(text) if end < 0 else end)
