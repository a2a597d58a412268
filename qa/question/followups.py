"""Questions that depend on earlier messages, completed by rules. Pure.

The rules understand English; of other languages, only names and the shortest questions.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from citespan.index.types import Context
from citespan.qa.english.ellipsis import completed
from citespan.qa.english.leaning import bare, leans, wants_person
from citespan.qa.english.small_talk import small_talk
from citespan.qa.english.topics import names, stems, topics
from citespan.qa.llm import count_tokens
from citespan.qa.question.validation import MAX_QUESTION
from citespan.qa.types import Message

_READ_TOKENS = 64  # of a question; the evidence model reads no more
_TOPIC_TOKENS = 24
_LEANING, _STANDING = 1.0, 0.25  # the weights of a question's context
_WHO = re.compile(r"\s*(?:who|which|whom)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A question in its conversation.

    question: with the topics that it leans on; unchanged if it leans on nothing.
    words: the user's own; if they continue the previous question, that question with them in it.
    context: the words with the user's earlier topics; None if there are none.
    """

    question: str
    words: str
    context: Context | None


def follow_up(question: str, history: Sequence[Message]) -> FollowUp:
    """Complete a question from the earlier messages.

    Args:
        question: the user's last message.
        history: earlier messages, oldest first, as plain text.
    """
    if len(question) > MAX_QUESTION:  # validation will refuse the question
        return FollowUp(question=question, words=question, context=None)
    thread = Thread()
    said: list[str] = []
    for message in history:
        if message.role == "assistant":
            thread = replace(thread, answer=message.content)
        elif message.role == "user" and small_talk(message.content) is None:
            thread = thread.asked(_folded(message.content))
            said += topics(_folded(message.content))
    folded = _folded(question)
    now = thread.asked(folded)
    about = _latest([*said, *thread.person(folded)])
    if len(now.question) > MAX_QUESTION:
        now = Thread(question=folded, words=folded)
    leans_on = now.question != folded
    weight = _LEANING if leans_on else _STANDING
    words = now.words if now.words != folded else question
    context = Context(query=f"{words} {', '.join(about)}", weight=weight) if about else None
    return FollowUp(question=now.question if leans_on else question, words=words, context=context)


def _folded(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The state of a conversation.

    question: the last one, stand-alone.
    words: the same question without topics before it.
    topics: the topics of the conversation, the widest first.
    answer: the answer to the question.
    heard: stems of all words said before the question.
    """

    question: str = ""
    words: str = ""
    topics: tuple[str, ...] = ()
    answer: str = ""
    heard: frozenset[str] = frozenset()

    def asked(self, question: str) -> "Thread":
        """Return the thread after another question."""
        heard = self.heard | stems(self.question) | stems(self.answer)
        if not self.question or not leans(question, heard):
            about = topics(question) or self.topics
            return Thread(question=question, words=question, topics=about, heard=heard)
        if (whole := completed(question, self.question)) is not None:
            return Thread(question=whole, words=whole, topics=topics(whole), heard=heard)
        carried = self._carried(question)
        known = set(self.topics)
        own = [one for one in names(question) if one not in known]
        return Thread(
            question=_with_topic(question, carried),
            words=bare(question),
            topics=(*self._topics(), *own),
            heard=heard,
        )

    def person(self, question: str) -> list[str]:
        """Return the person in the answer, if the last question and this one ask for a person."""
        asked = wants_person(question) and _WHO.match(self.question)
        return names(self.answer)[:1] if asked else []

    def _topics(self) -> tuple[str, ...]:
        """Return the names, and other topics whose words were said more than once."""
        again = self.heard | stems(self.answer)
        named = set(names(self.question))
        repeated = [one for one in self.topics if one in named or stems(one) & again]
        return tuple(repeated) or self.topics

    def _carried(self, question: str) -> list[str]:
        """Return the topics that a question omits, and the person that the question is about."""
        said = stems(question)
        candidates = (*self._topics(), *self.person(question))
        return [topic for topic in candidates if not stems(topic) <= said]


def _latest(said: Sequence[str]) -> list[str]:
    """Return as many of the latest topics as fit, each once, in the order of the last mentions."""
    room = _TOPIC_TOKENS
    kept: list[str] = []
    for topic in dict.fromkeys(reversed(said)):
        room -= count_tokens(topic) + 1
        if room < 0:
            break
        kept.insert(0, topic)
    return kept


def _with_topic(question: str, carried: Sequence[str]) -> str:
    """Return the question after as many topics as fit, the widest and the latest preferred."""
    rest = bare(question)
    room = min(_TOPIC_TOKENS, max(8, _READ_TOKENS - count_tokens(rest)))
    kept: list[str] = []
    for topic in [*carried[:1], *reversed(carried[1:])]:
        room -= count_tokens(topic) + 1
        if room < 0:
            break
        kept.append(topic)
    topic = ", ".join(sorted(kept, key=carried.index))
    text = f"{topic}: {rest}"
    return text if topic and len(text) <= MAX_QUESTION else question
