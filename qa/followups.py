"""Questions that lean on what was said before, made to stand alone by rules. Pure.

English is understood; of other languages, only names and the shortest questions are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.english import (
    AUXILIARIES,
    BEYOND,
    POINTERS,
    PREPOSITIONS,
    STOP_WORDS,
    THIRD_PERSON,
)
from qa.messages import Message
from qa.questions import MAX_QUESTION
from qa.smalltalk import small_talk
from qa.tokens import count_tokens

_READ_TOKENS = 64  # of a question; the evidence model reads no more
_TOPIC_TOKENS = 24
_WORD = re.compile(r"[^\W_](?:[\w'’&.-]*\w)?")
_LEAD = re.compile(
    r"(?:(?:and|but|so|also|then|yes|yeah|yep|no|sure|ok|okay|thanks|thank you|great|right|cool"
    r"|interesting|please|well|alright)\b(?:\s+(?:then|please|so much|very much))?[\s,.;:!]*)+",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"(?:what|how)\s+about\s+(?P<rest>.+)", re.IGNORECASE)


def standalone(question: str, history: Sequence[Message]) -> str:
    """The question with what it leans on; as it is if it leans on nothing.

    Args:
        question: what the user says last.
        history: messages before it, oldest first, as plain text.
    """
    thread = Thread()
    for message in history:
        if message.role == "assistant":
            thread = replace(thread, answer=message.content)
        elif message.role == "user" and small_talk(message.content) is None:
            thread = thread.asked(message.content)
    return thread.asked(question).question


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """What a conversation has come to.

    question: the last one, stand-alone.
    topics: what it is about, the widest first.
    answer: what was said to it.
    """

    question: str = ""
    topics: tuple[str, ...] = ()
    answer: str = ""

    def asked(self, question: str) -> "Thread":
        """The thread after another question."""
        if not self.question or not leans(question):
            return Thread(question=question, topics=topics(question))
        carried = self._carried(question)
        own = [one for one in topics(question) if one not in carried]
        return Thread(question=_with_topic(question, carried), topics=(*self.topics, *own))

    def _carried(self, question: str) -> list[str]:
        said = {_stem(word) for word in _words(question)}
        return [
            topic for topic in self.topics if not {_stem(word) for word in _words(topic)} <= said
        ]


def leans(question: str) -> bool:
    """Whether a question cannot be understood without what was said before."""
    words = _words(question)
    lower = [word.casefold() for word in words]
    content = [word for word in lower if word not in STOP_WORDS]
    if not content or _LEAD.match(question):
        return True
    if _ABOUT.match(question):
        return True
    return bool(set(lower) & (THIRD_PERSON | BEYOND)) or _points(lower)


def _points(lower: Sequence[str]) -> bool:
    """Whether "that" and the like stand for something rather than join a clause."""
    for at, word in enumerate(lower):
        if word in POINTERS:
            before = lower[at - 1] if at else ""
            if word != "that" or at == len(lower) - 1 or before in PREPOSITIONS | AUXILIARIES:
                return True
    return False


def topics(text: str) -> tuple[str, ...]:
    """The names of a text, or else its other words that mean something, as they stand in it."""
    found = names(text) or phrases(text)
    return tuple(dict.fromkeys(found))


def names(text: str) -> list[str]:
    """Runs of capitalised words and the small words that join them."""
    found: list[str] = []
    start = end = None
    for match in _WORD.finditer(text):
        word = match.group()
        if _is_name(word):
            if start is not None and end is not None and _joins(text[end : match.start()]):
                end = match.end()
                continue
            if start is not None:
                found.append(text[start:end])
            start, end = match.span()
    if start is not None:
        found.append(text[start:end])
    return [_bare(one) for one in found]


def phrases(text: str) -> list[str]:
    """Runs of words that can be searched by."""
    found: list[list[str]] = [[]]
    for word in _words(text):
        if word.casefold() in STOP_WORDS:
            found.append([])
        else:
            found[-1].append(word)
    return [" ".join(run) for run in found if run]


def _is_name(word: str) -> bool:
    return (word[0].isupper() or word[0].isdigit()) and word.casefold() not in STOP_WORDS


def _joins(between: str) -> bool:
    return bool(re.fullmatch(r"\s+(?:(?:of|and|de|the|von|van|du|la|on)\s+){0,2}", between))


def _bare(name: str) -> str:
    return re.sub(r"['’]s?$", "", name)


def _words(text: str) -> list[str]:
    return [match.group().replace("’", "'") for match in _WORD.finditer(text)]


def _stem(word: str) -> str:
    return re.sub(r"(?:'s|s')$|(?<=\w\w\w)s$", "", word.casefold())


def _with_topic(question: str, carried: Sequence[str]) -> str:
    """The question with its topics before it, as many as fit, the widest and the latest first."""
    rest = _LEAD.sub("", question, count=1) if _LEAD.match(question) else question
    room = max(_TOPIC_TOKENS, _READ_TOKENS - count_tokens(rest))
    kept: list[str] = []
    for topic in [*carried[:1], *reversed(carried[1:])]:
        room -= count_tokens(topic) + 1
        if room < 0:
            break
        kept.append(topic)
    topic = ", ".join(sorted(kept, key=carried.index))
    text = f"{topic}: {rest or question}" if topic else question
    return text if len(text) <= MAX_QUESTION else question
