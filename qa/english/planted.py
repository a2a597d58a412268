"""What a document says to a language model that reads it: instructions and dialogue. Pure."""

import re

from citespan.index.types import Span

_SPEAKER = re.compile(
    r"^[ \t>*_#]{0,9}(?:assistant|system|user|human|ai|chatbot|<\|[a-z_]{1,20}\|>)[*_]{0,3}[ \t]?:",
    re.IGNORECASE | re.MULTILINE,
)
_SPOKEN = 3  # lines of speakers from which on a text is a transcript, if they are many of its lines
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override) (?:\w{1,20} ){0,4}?"
    r"(?:instructions?|prompts?|guidelines|directions)\b"
    r"|\b(?:system|developer) (?:prompt|instructions?|message|override)[ \t]?:"
    r"|\b(?:note|message|attention|instructions?|important|notice)(?: (?:to|for))?(?: (?:all|any"
    r"|the|every))? (?:ai|llms?|language models?|chatbots?|ai assistants?|ai models?|ai systems?)\b"
    r"|\b(?:if|when|since) you are an? (?:ai|llm|language model|chatbot|ai assistant|assistant)\b"
    r"|\b(?:in|to|answer|with) (?:all|every|any) (?:of your )?(?:answers?|repl(?:y|ies)|questions?)"
    r"(?: (?:from now on|with)\b)",
    re.IGNORECASE,
)


def planted_spans(text: str) -> list[Span]:
    """Return the lines of a text that speak to a language model, or put words in its mouth.

    In a transcript, in which most lines have a speaker, what is said is the text itself.
    """
    spoken = list(_SPEAKER.finditer(text))
    lines = text.count("\n\n") + 1
    transcript = len(spoken) >= _SPOKEN and 3 * len(spoken) >= lines
    starts = [] if transcript else [one.start() for one in spoken]
    starts += [one.start() for one in _ORDER.finditer(text)]
    return sorted({_line(text, start) for start in starts})


def _line(text: str, at: int) -> Span:
    start = 1 + text.rfind("\n", 0, at)
    end = text.find("\n", at)
    return Span(start, len(text) if end < 0 else end)
