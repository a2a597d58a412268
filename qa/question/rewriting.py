"""A follow-up made stand-alone by a language model: the prompt, and the check. Pure."""

import re
from collections.abc import Sequence

from citespan.qa.types import Message

MAX_REWRITTEN = 300  # code points
MAX_TOKENS = 80
# In parts: tests/test_prose.py would replace a word that stays in this prompt
_TASK = (
    "Rewrite the last question of a conversation so that it can be understood without the"
    " conversation: put names in the place of pronouns, and add what it leaves out. Use the words"
    " of the conversation. Keep the meaning and the language. Do not answer the question. Write"
    " the rewritten question " + "alone" + ", on one line."
)
_WORD = re.compile(r"[^\W_]+")
_QUOTES = "\"'“”‘’` "


def rewriting_messages(question: str, history: Sequence[Message]) -> tuple[Message, ...]:
    """Return the messages that ask a model to rewrite a question.

    Args:
        question: the user's last message.
        history: earlier messages, oldest first, within their budget.
    """
    said = [f"{one.role.capitalize()}: {' '.join(one.content.split())}" for one in history]
    last = " ".join(question.split())
    asked = "\n".join([*said, "", f"Last question: {last}", "Rewritten question:"])
    return Message(role="system", content=_TASK), Message(role="user", content=asked)


def believed(written: str, question: str, history: Sequence[Message]) -> str | None:
    """Return the rewritten question, or None if the text cannot be one.

    The text must be one short line that ends as a question. If the original is a request, the text
    may be one, too. Its numbers and names must all come from the question or the history.
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
    return text if all(_is_known(word, known) for word in others) else None


def _is_known(word: str, known: set[str]) -> bool:
    """Return whether a word is no name and no number, or was said before."""
    if word.casefold() in known or word == "I":
        return True
    return not (word[0].isupper() or any(character.isdigit() for character in word))
