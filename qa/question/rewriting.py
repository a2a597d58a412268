"""A follow-up made stand-alone by a language model: what it is asked, and what counts. Pure."""

import re
from collections.abc import Sequence

from citespan.qa.types import Message

MAX_REWRITTEN = 300  # code points
MAX_TOKENS = 80
_TASK = (
    "Rewrite the last question of a conversation so that it can be understood without the"
    " conversation: put names in the place of pronouns, and add what it leaves out. Use the words"
    " of the conversation. Keep the meaning and the language. Do not answer the question. Write"
    " the rewritten question alone, on one line."
)
_WORD = re.compile(r"[^\W_]+")
_QUOTES = "\"'“”‘’` "


def rewriting_messages(question: str, history: Sequence[Message]) -> tuple[Message, ...]:
    """What a model is asked.

    Args:
        question: what the user said last.
        history: what was said before, oldest first, within its budget.
    """
    said = [f"{one.role.capitalize()}: {' '.join(one.content.split())}" for one in history]
    last = " ".join(question.split())
    asked = "\n".join([*said, "", f"Last question: {last}", "Rewritten question:"])
    return Message(role="system", content=_TASK), Message(role="user", content=asked)


def believed(written: str, question: str, history: Sequence[Message]) -> str | None:
    """The rewritten question, or None for what cannot be one.

    It must be one short line that ends as a question, or as a request if that is what it was made
    from; and its numbers and names must all come from the question or the history.
    """
    text = written.strip().strip(_QUOTES)
    if not text or len(text) > MAX_REWRITTEN or "\n" in text or not text.isprintable():
        return None
    if not text.endswith(("?", "？")) and question.rstrip().endswith(("?", "？")):
        return None
    known = {
        word.casefold()
        for said in (question, *(one.content for one in history))
        for word in _WORD.findall(said)
    }
    first, *others = _WORD.findall(text) or [""]
    if not others or (any(c.isdigit() for c in first) and first.casefold() not in known):
        return None
    return text if all(_told(word, known) for word in others) else None


def _told(word: str, known: set[str]) -> bool:
    """Whether a word is no name and no number, or was said before."""
    if word.casefold() in known or word == "I":
        return True
    return not (word[0].isupper() or any(character.isdigit() for character in word))
