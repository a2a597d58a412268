"""The meaning of the last message of a conversation: a stand-alone question, or small talk."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from citespan.index.types import Context
from citespan.qa.english.small_talk import small_talk
from citespan.qa.errors import EndpointFailed, InvalidQuestion
from citespan.qa.llm import Endpoint, count_tokens
from citespan.qa.question.followups import FollowUp, follow_up
from citespan.qa.question.rewriting import MAX_TOKENS, believed, rewriting_messages
from citespan.qa.question.validation import MAX_QUESTION, legible
from citespan.qa.types import Message

_HISTORY_TOKENS = 1000
_LIMIT_S = 2.0
# In code points: the part of an answer that is kept; the part that is read, with the addresses of
# its citations; the part of all messages together that is read. The rest counts as not sent.
_LONGEST_ANSWER = 1200
_LONGEST_READ = 8000
_MOST_READ = 40_000
_MOST_MESSAGES = 50
_FOOTNOTE = re.compile(r"^[ \t]*\[\^?\w{1,20}\]:.*$", re.MULTILINE)
_LINK = re.compile(
    r"(?P<before>(?:(?<![ \t])[ \t]++)?)!?(?<!\\)\[(?P<label>[^\[\]\n]{0,200}+)(?<!\\)\]"
    r"\([^()\s]{0,2000}+(?:[ \t]++\"[^\"\n]*+\")?+\)"
)
_NUMBER = re.compile(r"\^?\d{1,3}")
_OWN_MARK = re.compile(
    r"[ \t]{0,9}\[\[\d{1,3}\]\]\([^()\s]{0,2000}\)"
)  # as our own Markdown has them
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])|\u200b")
_MARK = re.compile(r"[ \t]{0,9}[\[【]\^?\d{1,3}(?:[,;†: -]{1,3}\w{1,20}){0,9}[\]】]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A question for the documents, or small talk.

    question: stand-alone; empty for small talk.
    words: the words to search for: the user's own, or a language model's.
    context: a second query, fused with that of the words; None for none.
    small_talk: the reply, without citations; None for a question.
    history: earlier messages, oldest first, as plain text, within the budget.
    rewritten: whether the question differs from the user's own text.
    """

    question: str
    words: str
    context: Context | None
    small_talk: str | None
    history: tuple[Message, ...]
    rewritten: bool


def understand(
    messages: Sequence[Message],
    writer: Endpoint | None = None,
    *,
    history_tokens: int = _HISTORY_TOKENS,
    limit_s: float = _LIMIT_S,
    cancelled: threading.Event | None = None,
) -> Understood:
    """Return the question or the small talk in the last message. Calls share no state.

    Args:
        messages: of a conversation, oldest first; the last one is the user's. Answers may hold
            the Markdown of earlier citations. System messages are ignored.
        writer: rewrites a question that leans on the history. If there is no writer, or if the
            writer fails, takes too long, or writes no possible question, the rules rewrite it.
        history_tokens: the most tokens of the history, of cl100k_base.
        limit_s: the most seconds that the writer may take.
        cancelled: if set, the writer stops, and the rules give the result.

    Raises:
        InvalidQuestion: the last message is not the user's.
    """
    if not messages or messages[-1].role != "user":
        raise InvalidQuestion("the last message is not the user's; end with a question")
    asked = legible(messages[-1].content).strip()
    reply = small_talk(asked)
    history = recent(messages[:-1], history_tokens)
    if reply is not None:
        return Understood(
            question="", words="", context=None, small_talk=reply, history=history, rewritten=False
        )
    found = follow_up(asked, history)
    if writer and found.question != asked:
        written = _rewritten(asked, history, writer, limit_s, cancelled)
        if written:
            found = FollowUp(question=written, words=written, context=None)
    return Understood(
        question=found.question,
        words=found.words,
        context=found.context,
        small_talk=None,
        history=history,
        rewritten=found.question != asked,
    )


def recent(messages: Sequence[Message], budget_tokens: int) -> tuple[Message, ...]:
    """Return the latest messages that fit a budget together, oldest first, as plain text.

    At most the latest 50 are read, and 40,000 code points of them. Only the beginning of a long
    answer or question is kept. System messages and empty ones are omitted.

    Args:
        messages: oldest first.
        budget_tokens: of cl100k_base, at least 0.
    """
    kept: list[Message] = []
    room = _MOST_READ
    spoken = (one for one in reversed(messages) if one.role != "system" and one.content)
    for message in islice(spoken, _MOST_MESSAGES):
        is_answer = message.role == "assistant"
        read = _beginning(message.content, min(room, _LONGEST_READ if is_answer else MAX_QUESTION))
        room -= len(read)
        said = legible(read).strip()
        if is_answer:
            said = _beginning(plain(said), _LONGEST_ANSWER, " …")
        budget_tokens -= count_tokens(said)
        if budget_tokens < 0:
            break
        if said:
            kept.append(Message(role=message.role, content=said))
    return tuple(reversed(kept))


def _beginning(text: str, longest: int, mark: str = "") -> str:
    """Return a text of at most `longest` code points, or else its first words and a mark."""
    if len(text) <= longest:
        return text
    return (text[:longest].rpartition(" ")[0] or text[:longest]) + mark


def plain(answer: str) -> str:
    """Return an answer without citation marks: numbers, footnotes, and links but for labels."""
    text = _FOOTNOTE.sub("", _OWN_MARK.sub("", answer))
    text = _LINK.sub(_label, text)
    text = _ESCAPED.sub(lambda found: found[1] or "", _MARK.sub("", text))
    return "\n".join(line for line in (one.strip() for one in text.splitlines()) if line)


def _label(link: re.Match[str]) -> str:
    return "" if _NUMBER.fullmatch(link["label"]) else link["before"] + link["label"]


def _rewritten(
    asked: str,
    history: Sequence[Message],
    writer: Endpoint,
    limit_s: float,
    cancelled: threading.Event | None,
) -> str | None:
    asked_of = rewriting_messages(asked, history)
    try:
        with writer.write(
            asked_of, max_tokens=MAX_TOKENS, cancelled=cancelled, limit_s=limit_s
        ) as pieces:
            written = "".join(pieces)
    except EndpointFailed:
        return None  # the rules' question is used
    return believed(written, asked, history)
