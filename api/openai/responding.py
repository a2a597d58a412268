"""The route of OpenAI's Responses, whole or as a stream of events."""

from collections.abc import AsyncGenerator, Generator
from functools import partial
from typing import Any, cast

import msgspec
from anyio import to_thread
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from litestar.response import Stream

from citespan.api.access import ASK, RULE
from citespan.api.errors import error_body
from citespan.api.middleware.lines import ASKING
from citespan.api.middleware.patience import Patience
from citespan.api.middleware.telemetry import log_failed_stream
from citespan.api.middleware.watch import watched
from citespan.api.openai.asking import conversation, model_of, refuse, refuse_tools, service_of
from citespan.api.openai.encoding import UNBUFFERED, Encoder
from citespan.api.openai.markdown import Annotation
from citespan.api.openai.response_bodies import (
    READ,
    CitationOut,
    ItemOut,
    ResponseOut,
    ResponseRequest,
    TextOut,
    UsageOut,
)
from citespan.api.wire.bodies import AnyRequest, read_json
from citespan.api.wire.events import EVENT_STREAM, in_thread
from citespan.api.wire.responses import AnswerBody
from citespan.qa.answer import Done, Event
from citespan.qa.collections import Collections, met

_PING = b": ping\n\n"


@post("/v1/responses", status_code=200, opt={"line": ASKING, RULE: ASK})
async def respond(
    collections: NamedDependency[Collections], request: AnyRequest, body: RawBody
) -> Response[ResponseOut]:
    """Answer the last message of an input from a collection's documents."""
    return await to_thread.run_sync(partial(_respond, collections, request, body))


class _Encoder(Encoder):
    """An encoder of one response, with the fields that all of its events share."""

    @property
    def item_id(self) -> str:
        return f"msg_{self.number}"

    def response(self, item: ItemOut | None = None, done: AnswerBody | None = None) -> ResponseOut:
        """Return the response: as it begins, or with its item and the answer."""
        return ResponseOut(
            id=f"resp_{self.number}",
            created_at=self.created,
            status="completed" if done else "in_progress",
            model=self.model,
            output=(item,) if item else (),
            usage=_usage(done) if done else None,
            citespan=done or msgspec.UNSET,
        )

    def item(self, text: str, annotations: tuple[Annotation, ...]) -> ItemOut:
        """Return the complete message."""
        return ItemOut(id=self.item_id, content=(_text_out(text, annotations),))


def _respond(collections: Collections, request: AnyRequest, body: bytes) -> Response[ResponseOut]:
    patience: Patience = request.scope["state"]["patience"]
    asked = read_json(request, body, ResponseRequest)
    _refuse_impossible(asked)
    collection, mode = model_of(asked.model)
    question, history = conversation("input", _messages(asked))
    events = watched(
        service_of(collections, collection, asked.model).stream(
            question, mode=mode, history=history, cancelled=patience.cancelled
        ),
        collection,
    )
    encoder = _Encoder.of(request, collection, asked.model)
    if not asked.stream:
        text, annotations, done = encoder.folded(events)
        return Response(encoder.response(encoder.item(text, annotations), done))
    request_id = request.scope["state"]["request_id"]
    lines = _lines(events, patience, encoder, request_id)
    return cast("Any", Stream(lines, media_type=EVENT_STREAM, headers=UNBUFFERED))


def _messages(asked: ResponseRequest) -> list[tuple[str, Any]]:
    if isinstance(asked.input, str):
        return [("user", asked.input)]
    unread = sorted({one.type for one in asked.input if one.type and one.type not in READ})
    refuse(("input", bool(unread), f"the server reads only messages, not {', '.join(unread)}"))
    return [
        (one.role, one.content) if one.role and one.type in {None, "message"} else ("tool", None)
        for one in asked.input
    ]


def _refuse_impossible(asked: ResponseRequest) -> None:
    form: Any = (asked.text or {}).get("format") or {"type": "text"}
    is_text = isinstance(form, dict) and cast("dict[str, Any]", form).get("type") == "text"
    stateless = "must be null, because the server keeps no conversations; send all in `input`"
    refuse(
        ("background", bool(asked.background), "must be false"),
        ("conversation", asked.conversation is not None, stateless),
        ("previous_response_id", asked.previous_response_id is not None, stateless),
        ("prompt", asked.prompt is not None, "must be null, because there are no prompts"),
        ("text.format", not is_text, "must be text; `citespan` has the answer as JSON"),
    )
    refuse_tools(asked.tools, asked.tool_choice)


class _Events:
    """The numbered events of one response, as lines."""

    def __init__(self, item_id: str) -> None:
        self._item_id = item_id
        self._number = -1

    def line(self, kind: str, **fields: Any) -> bytes:
        """Return an event of the response."""
        self._number += 1
        body = msgspec.json.encode({"type": kind, "sequence_number": self._number, **fields})
        return b"event: " + kind.encode() + b"\ndata: " + body + b"\n\n"

    def of_item(self, kind: str, **fields: Any) -> bytes:
        """Return an event of the response's one item."""
        return self.line(kind, output_index=0, **fields)

    def of_text(self, kind: str, **fields: Any) -> bytes:
        """Return an event of the item's one text."""
        return self.of_item(kind, item_id=self._item_id, content_index=0, **fields)


async def _lines(
    events: Generator[Event], patience: Patience, encoder: _Encoder, request_id: str
) -> AsyncGenerator[bytes]:
    made = _Events(encoder.item_id)
    for kind in ("response.created", "response.in_progress"):
        yield made.line(kind, response=encoder.response())
    begun = ItemOut(id=encoder.item_id, status="in_progress")
    yield made.of_item("response.output_item.added", item=begun)
    yield made.of_text("response.content_part.added", part=TextOut())
    try:
        async for line in _answer_lines(events, patience, encoder, made):
            yield line
    except Exception as error:  # noqa: BLE001  (the status has been sent: an event reports it)
        met_error = met(error)
        log_failed_stream(met_error, request_id)
        facts = error_body(met_error).error
        yield made.line("error", code=facts.code, message=facts.message, param=facts.param)


async def _answer_lines(
    events: Generator[Event], patience: Patience, encoder: _Encoder, made: _Events
) -> AsyncGenerator[bytes]:
    text, annotations = "", ()
    async for event in in_thread(events, patience):
        if event is None:
            yield _PING
            continue
        piece = encoder.piece(event)
        if piece and piece.content:
            text += piece.content
            delta = "response.output_text.delta"
            yield made.of_text(delta, delta=piece.content, logprobs=())
            for one in piece.annotations:
                added = {"annotation_index": len(annotations), "annotation": _citation(one)}
                yield made.of_text("response.output_text.annotation.added", **added)
                annotations += (one,)
        if isinstance(event, Done):
            item = encoder.item(text, annotations)
            yield made.of_text("response.output_text.done", text=text, logprobs=())
            yield made.of_text("response.content_part.done", part=item.content[0])
            yield made.of_item("response.output_item.done", item=item)
            whole = encoder.response(item, encoder.answer(event))
            yield made.line("response.completed", response=whole)


def _text_out(text: str, annotations: tuple[Annotation, ...]) -> TextOut:
    return TextOut(text=text, annotations=tuple(map(_citation, annotations)))


def _citation(annotation: Annotation) -> CitationOut:
    return CitationOut(**msgspec.structs.asdict(annotation.url_citation))


def _usage(answer: AnswerBody) -> UsageOut:
    given, made = answer.usage.prompt_tokens, answer.usage.completion_tokens
    return UsageOut(input_tokens=given, output_tokens=made, total_tokens=given + made)
