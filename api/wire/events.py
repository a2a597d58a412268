"""Answers as server-sent events, sent while the answer is made."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from threading import Lock
from typing import Any, TypeVar

import msgspec
from anyio import to_thread
from litestar.response import ServerSentEventMessage

from citespan.api.errors import problem_of
from citespan.api.errors.types import ClientDisconnected
from citespan.api.middleware.patience import Patience
from citespan.api.middleware.telemetry import log_failed_stream
from citespan.api.wire.responses import (
    CreatedBody,
    DeltaBody,
    RetrievalBody,
    answer_body,
    citation_body,
    segment_body,
)
from citespan.index.disk import ulid
from citespan.qa.answer import CitationAdded, Delta, Done, Event, Retrieved
from citespan.qa.collections import met

EVENT_STREAM = "text/event-stream"
PING_S = 15.0

T = TypeVar("T")


class EventEncoder:
    """An encoder of one answer's events as server-sent events.

    Args:
        collection: the name of the collection that answers.
        passages: whether the answer includes the judged passages.
    """

    def __init__(self, collection: str, *, passages: bool) -> None:
        self.answer_id = f"ans_{ulid()}"
        self._collection, self._passages = collection, passages

    def created(self) -> ServerSentEventMessage:
        """Return the event that begins the stream."""
        return _message(
            "answer.created", CreatedBody(id=self.answer_id, collection=self._collection)
        )

    def message(self, event: Event) -> ServerSentEventMessage:
        """Return an event on the wire."""
        match event:
            case Retrieved():
                body = RetrievalBody(
                    question=event.question,
                    passages=len(event.passages),
                    timings_ms=event.timings_ms,
                )
                return _message("retrieval.done", body)
            case CitationAdded():
                return _message("citation.added", citation_body(event.citation, self._collection))
            case Delta():
                return _message("answer.delta", DeltaBody(text=event.text))
            case Done():
                body = answer_body(
                    event.answer,
                    answer_id=self.answer_id,
                    collection=self._collection,
                    passages=self._passages,
                )
                return _message("answer.done", body)
            case _:
                return _message("segment.done", segment_body(event.segment))


async def answer_events(
    events: Generator[Event], patience: Patience, encoder: EventEncoder, request_id: str
) -> AsyncGenerator[ServerSentEventMessage]:
    """Yield an answer's events while it is made; if the client disconnects, cancel the answer."""
    yield encoder.created()
    try:
        async for event in in_thread(events, patience):
            if event is None:
                yield ServerSentEventMessage(comment="ping", data=None)
            else:
                yield encoder.message(event)
    except Exception as error:  # noqa: BLE001  (the status has been sent: an event reports it)
        met_error = met(error)
        log_failed_stream(met_error, request_id)
        yield _message("error", problem_of(met_error, request_id))


async def in_thread(values: Generator[T], patience: Patience) -> AsyncGenerator[T | None]:
    """Yield values that a thread makes, and None if none has come for `PING_S`.

    If the reader stops, this ends the patience, and the thread notices by itself. Then this closes
    `values`, because between two values no code runs that could notice.

    Raises:
        Exception: the reason for which the patience ended.
    """
    turn = Lock()

    def following() -> T | None:
        with turn:
            return next(values, None)

    def end() -> None:
        with turn:
            values.close()

    try:
        while True:
            made = asyncio.ensure_future(to_thread.run_sync(following, abandon_on_cancel=True))
            try:
                while not await _first(made, patience.over):
                    yield None
            finally:
                made.cancel()
            patience.check()
            value = made.result()
            if value is None:
                return
            yield value
    finally:
        patience.end(ClientDisconnected("the client disconnected from the stream"))
        asyncio.get_running_loop().run_in_executor(None, end)


async def _first(*waited: asyncio.Future[Any]) -> bool:
    """Return whether one of the futures is done before the next ping is due."""
    done, _ = await asyncio.wait(waited, timeout=PING_S, return_when=asyncio.FIRST_COMPLETED)
    return bool(done)


def _message(name: str, body: msgspec.Struct) -> ServerSentEventMessage:
    return ServerSentEventMessage(event=name, data=msgspec.json.encode(body))
