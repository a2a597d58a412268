"""OpenAI-compatible routes, for unmodified chat programs and client libraries."""

from collections.abc import AsyncGenerator, Generator, Iterator
from functools import partial
from typing import Any, cast

import msgspec
from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from litestar.response import Stream

from citespan.api.access import ASK, RULE
from citespan.api.errors import error_body
from citespan.api.errors.types import ModelNotFound
from citespan.api.middleware.lines import ASKING
from citespan.api.middleware.patience import Patience
from citespan.api.middleware.telemetry import log_failed_stream
from citespan.api.middleware.watch import watched
from citespan.api.openai.asking import (
    conversation,
    model_names,
    model_of,
    refuse,
    refuse_tools,
    service_of,
)
from citespan.api.openai.bodies import (
    Choice,
    ChunkChoice,
    Completion,
    CompletionChunk,
    CompletionRequest,
    CompletionUsage,
    MessageDelta,
    MessageOut,
    ModelBody,
    ModelsBody,
)
from citespan.api.openai.encoding import UNBUFFERED, Encoder
from citespan.api.openai.markdown import Annotation
from citespan.api.wire.bodies import AnyRequest, read_json
from citespan.api.wire.events import EVENT_STREAM, in_thread
from citespan.api.wire.responses import AnswerBody
from citespan.qa.answer import Done, Event
from citespan.qa.collections import Collections, met


class CompletionRoutes(Controller):
    """The routes of `/v1/chat/completions` and `/v1/models`."""

    path = "/v1"

    @post("/chat/completions", status_code=200, opt={"line": ASKING, RULE: ASK})
    async def complete(
        self, collections: NamedDependency[Collections], request: AnyRequest, body: RawBody
    ) -> Response[Completion]:
        """Answer the last message of a conversation from a collection's documents."""
        return await to_thread.run_sync(partial(_complete, collections, request, body))

    @get("/models", opt={RULE: ASK}, sync_to_thread=True)
    def models(self, collections: NamedDependency[Collections]) -> ModelsBody:
        """List the collections, and their modes of answering, as models."""
        return ModelsBody(data=tuple(ModelBody(id=name) for name in model_names(collections)))

    @get("/models/{name:path}", opt={RULE: ASK}, sync_to_thread=True)
    def model(self, collections: NamedDependency[Collections], name: FromPath[str]) -> ModelBody:
        """Return one model."""
        name = name.strip("/")
        if name not in model_names(collections):
            raise ModelNotFound(name)
        return ModelBody(id=name)


class _Encoder(Encoder):
    """An encoder of one completion's chunks, with the fields that all of them share."""

    @property
    def id(self) -> str:
        return f"chatcmpl-{self.number}"

    def chunk(self, delta: MessageDelta, done: AnswerBody | None = None) -> CompletionChunk:
        """Return a chunk with its choice; with `done`, it is the last chunk of the message."""
        return CompletionChunk(
            id=self.id,
            created=self.created,
            model=self.model,
            choices=(ChunkChoice(delta=delta, finish_reason="stop" if done else None),),
            citespan=done or msgspec.UNSET,
        )


def _complete(collections: Collections, request: AnyRequest, body: bytes) -> Response[Completion]:
    patience: Patience = request.scope["state"]["patience"]
    asked = read_json(request, body, CompletionRequest)
    _refuse_impossible(asked)
    collection, mode = model_of(asked.model)
    messages = [(one.role, one.content) for one in asked.messages]
    question, history = conversation("messages", messages)
    events = watched(
        service_of(collections, collection, asked.model).stream(
            question, mode=mode, history=history, cancelled=patience.cancelled
        ),
        collection,
    )
    encoder = _Encoder.of(request, collection, asked.model)
    if not asked.stream:
        return Response(_completed(events, encoder))
    usage = bool(asked.stream_options and asked.stream_options.include_usage)
    request_id = request.scope["state"]["request_id"]
    chunks = _lines(events, patience, encoder, request_id, usage=usage)
    return cast("Any", Stream(chunks, media_type=EVENT_STREAM, headers=UNBUFFERED))


def _completed(events: Iterator[Event], encoder: _Encoder) -> Completion:
    content, annotations, done = encoder.folded(events)
    return Completion(
        id=encoder.id,
        created=encoder.created,
        model=encoder.model,
        choices=(Choice(message=MessageOut(content=content, annotations=annotations)),),
        usage=_usage(done),
        citespan=done,
    )


async def _lines(
    events: Generator[Event], patience: Patience, encoder: _Encoder, request_id: str, *, usage: bool
) -> AsyncGenerator[bytes]:
    yield _line(encoder.chunk(MessageDelta(role="assistant", content="")))
    annotations: tuple[Annotation, ...] = ()  # sent in one chunk: `openai` merges only one list
    try:
        async for event in in_thread(events, patience):
            if event is None:
                yield b": ping\n\n"
                continue
            piece = encoder.piece(event)
            if piece and piece.content:
                annotations += piece.annotations
                yield _line(encoder.chunk(MessageDelta(content=piece.content)))
            if isinstance(event, Done):
                done = encoder.answer(event)
                yield _line(encoder.chunk(MessageDelta(annotations=annotations), done))
                if usage:
                    last = encoder.chunk(MessageDelta())
                    yield _line(msgspec.structs.replace(last, choices=(), usage=_usage(done)))
    except Exception as error:  # noqa: BLE001  (the status has been sent: a line reports it)
        met_error = met(error)
        log_failed_stream(met_error, request_id)
        yield _line(error_body(met_error))
    yield b"data: [DONE]\n\n"


def _line(body: msgspec.Struct) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


def _usage(answer: AnswerBody) -> CompletionUsage:
    prompt, completion = answer.usage.prompt_tokens, answer.usage.completion_tokens
    return CompletionUsage(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
    )


def _refuse_impossible(asked: CompletionRequest) -> None:
    form = asked.response_format or {"type": "text"}
    refuse(
        ("n", asked.n not in {None, 1}, "must be 1, because a question has one answer"),
        ("logprobs", bool(asked.logprobs), "must be false, because answers have no logprobs"),
        (
            "modalities",
            "audio" in (asked.modalities or ()),
            "must not have audio, because answers are text",
        ),
        (
            "response_format",
            form.get("type") != "text",
            "must be text; `citespan` has the answer as JSON",
        ),
    )
    refuse_tools(asked.tools, asked.tool_choice)
    refuse_tools(None, asked.function_call, "function_call")
