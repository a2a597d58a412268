"""Replies that are about no document, such as to a greeting."""

from collections.abc import Generator

from citespan.qa.answer import events
from citespan.qa.types import Answer, Mode, Status


def replied(text: str, question: str, *, as_is: bool = False) -> Generator[events.Event]:
    """Yield a reply that is about no document."""
    yield events.Delta(text=text, as_is=as_is)
    yield events.Done(answer=_chatted(text, question))


def _chatted(text: str, question: str) -> Answer:
    return Answer(
        status=Status.ANSWERED,
        text=text,
        segments=(),
        citations=(),
        abstention=None,
        passages=(),
        mode=Mode.CHAT,
        confidence=0.0,
        question=question,
    )
