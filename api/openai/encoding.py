"""One answer for an OpenAI client: its pieces as they are made, and its whole at the end."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from citespan.api.openai.markdown import Annotation, MarkdownPiece, Rendering
from citespan.api.wire.bodies import AnyRequest
from citespan.api.wire.responses import AnswerBody, answer_body, citation_body
from citespan.api.wire.urls import service_url
from citespan.index.disk import ulid
from citespan.qa.answer import CitationAdded, Done, Event

UNBUFFERED = {"cache-control": "no-cache", "x-accel-buffering": "no"}  # also by proxies


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """An encoder of one answer's events, with what all of its parts share."""

    rendering: Rendering
    collection: str
    model: str
    created: int
    answer_id: str

    @classmethod
    def of(cls, request: AnyRequest, collection: str, model: str) -> Self:
        """Return the encoder of a new answer to a request."""
        return cls(
            rendering=Rendering(service_url(request)),
            collection=collection,
            model=model,
            created=int(time.time()),
            answer_id=f"ans_{ulid()}",
        )

    @property
    def number(self) -> str:
        """What tells the ids of this answer from those of others."""
        return self.answer_id.removeprefix("ans_")

    def piece(self, event: Event) -> MarkdownPiece | None:
        """Return the piece that an event adds to the message, or None."""
        if isinstance(event, CitationAdded):
            body = citation_body(event.citation, self.collection)
            self.rendering.cite(event, body)
        return self.rendering.piece(event)

    def answer(self, done: Done) -> AnswerBody:
        """Return the whole answer, as `/v1/ask` returns it."""
        return answer_body(done.answer, answer_id=self.answer_id, collection=self.collection)

    def folded(self, events: Iterator[Event]) -> tuple[str, tuple[Annotation, ...], AnswerBody]:
        """Return the whole message, its annotations and the answer.

        Raises:
            ValueError: the events do not end with an answer.
        """
        content, annotations, done = "", (), None
        for event in events:
            if isinstance(event, Done):
                done = self.answer(event)
            if piece := self.piece(event):
                content += piece.content
                annotations += piece.annotations
        if done is None:
            raise ValueError("the events do not end with an answer")
        return content, annotations, done
