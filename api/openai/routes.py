"""OpenAI-compatible routes, for unmodified chat programs and client libraries."""

import time
from collections.abc import AsyncGenerator, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import msgspec
from anyio import to_thread
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from litestar.response import Stream

from citespan.api.errors import error_body
from citespan.api.errors.types import InvalidRequest, ModelNotFound
from citespan.api.middleware.lines import ASKING
from citespan.api.middleware.patience import Patience
from citespan.api.middleware.telemetry import log_failed_stream
from citespan.api.openai.bodies import (
    Choice,
    Chunk,
    ChunkChoice,
    Completion,
    CompletionRequest,
    Delta,
    MessageIn,
    MessageOut,
    ModelBody,
    ModelsBody,
    Usage,
)
from citespan.api.openai.markdown import Annotation, MarkdownPiece, Rendering
from citespan.api.wire.bodies import AnyRequest, read_json
from citespan.api.wire.events import EVENT_STREAM, in_thread
from citespan.api.wire.responses import AnswerBody, answer_body, citation_body
from citespan.api.wire.urls import service_url
from citespan.index.disk import ulid
from citespan.qa import Mode, Service
from citespan.qa.answer import CitationAdded, Done, Event
from citespan.qa.collections import Collections, met
from citespan.qa.errors import CollectionNotFound
from citespan.qa.types import Message

_PREFIX = "citespan/"
_MODES = {"extractive": Mode.EXTRACTIVE, "generated": Mode.GENERATED}


class CompletionRoutes(Controller):
    """The routes of `/v1/chat/completions` and `/v1/models`."""

    path = "/v1"

    @post("/chat/completions", status_code=200, opt={"line": ASKING})
    async def complete(
        self, collections: NamedDependency[Collections], request: AnyRequest, body: RawBody
    ) -> Response[Completion]:
        """Answer the last message of a conversation from a collection's documents."""
        return await to_thread.run_sync(partial(_complete, collections, request, body))

    @get("/models", sync_to_thread=True)
    def models(self, collections: NamedDependency[Collections]) -> ModelsBody:
        """List the collections, and their modes of answering, as models."""
        return ModelsBody(data=tuple(ModelBody(id=name) for name in _names(collections)))

    @get("/models/{name:path}", sync_to_thread=True)
    def model(self, collections: NamedDependency[Collections], name: FromPath[str]) -> ModelBody:
        """Return one model."""
        name = name.strip("/")
        if name not in _names(collections):
            raise ModelNotFound(name)
        return ModelBody(id=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Encoder:
    """An encoder of one completion's chunks, with the fields that all of them share."""

    rendering: Rendering
    collection: str
    model: str
    created: int
    answer_id: str

    @property
    def id(self) -> str:
        return f"chatcmpl-{self.answer_id.removeprefix('ans_')}"

    def piece(self, event: Event) -> MarkdownPiece | None:
        """Return the piece that an event adds to the message, or None."""
        if isinstance(event, CitationAdded):
            body = citation_body(event.citation, f"c{event.number}", self.collection)
            self.rendering.cite(event, body)
        return self.rendering.piece(event)

    def answer(self, done: Done) -> AnswerBody:
        """Return the whole answer, as `/v1/ask` returns it."""
        return answer_body(done.answer, answer_id=self.answer_id, collection=self.collection)

    def chunk(self, delta: Delta, done: AnswerBody | None = None) -> Chunk:
        """Return a chunk with its choice; with `done`, it is the last chunk of the message."""
        return Chunk(
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
    collection, mode = _model(asked.model)
    question, history = _conversation(asked.messages)
    events = _service(collections, collection, asked.model).stream(
        question, mode=mode, history=history, cancelled=patience.cancelled
    )
    encoder = _Encoder(
        rendering=Rendering(service_url(request)),
        collection=collection,
        model=asked.model,
        created=int(time.time()),
        answer_id=f"ans_{ulid()}",
    )
    if not asked.stream:
        return Response(_completed(events, encoder))
    usage = bool(asked.stream_options and asked.stream_options.include_usage)
    request_id = request.scope["state"]["request_id"]
    chunks = _lines(events, patience, encoder, request_id, usage=usage)
    return cast("Any", Stream(chunks, media_type=EVENT_STREAM))


def _completed(events: Iterator[Event], encoder: _Encoder) -> Completion:
    content, annotations, done = "", (), None
    for event in events:
        if isinstance(event, Done):
            done = encoder.answer(event)
        if piece := encoder.piece(event):
            content += piece.content
            annotations += piece.annotations
    if done is None:
        raise ValueError("the events do not end with an answer")
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
    yield _line(encoder.chunk(Delta(role="assistant", content="")))
    annotations: tuple[Annotation, ...] = ()  # sent in one chunk: `openai` merges only one list
    try:
        async for event in in_thread(events, patience):
            if event is None:
                yield b": ping\n\n"
                continue
            piece = encoder.piece(event)
            if piece and piece.content:
                annotations += piece.annotations
                yield _line(encoder.chunk(Delta(content=piece.content)))
            if isinstance(event, Done):
                done = encoder.answer(event)
                yield _line(encoder.chunk(Delta(annotations=annotations), done))
                if usage:
                    last = encoder.chunk(Delta())
                    yield _line(msgspec.structs.replace(last, choices=(), usage=_usage(done)))
    except Exception as error:  # noqa: BLE001  (the status has been sent: a line reports it)
        met_error = met(error)
        log_failed_stream(met_error, request_id)
        yield _line(error_body(met_error))
    yield b"data: [DONE]\n\n"


def _line(body: msgspec.Struct) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


def _usage(answer: AnswerBody) -> Usage:
    prompt, completion = answer.usage.prompt_tokens, answer.usage.completion_tokens
    return Usage(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
    )


def _refuse_impossible(asked: CompletionRequest) -> None:
    """Refuse options that would change the answer's form; options that only tune it are ignored."""
    if asked.n not in {None, 1}:
        raise InvalidRequest.of("n", "must be 1, because a question has one answer")
    if asked.logprobs:
        raise InvalidRequest.of("logprobs", "must be false, because answers have no logprobs")
    if asked.modalities and "audio" in asked.modalities:
        raise InvalidRequest.of("modalities", "must not have audio, because answers are text")
    if asked.response_format and asked.response_format.get("type") != "text":
        raise InvalidRequest.of(
            "response_format", "must be text; `citespan` has the answer as JSON"
        )
    if asked.tool_choice not in (None, "none", "auto"):  # not a set: an object is not hashable
        raise InvalidRequest.of(
            "tool_choice", "must be none or auto, because answers call no tools"
        )


def _conversation(messages: tuple[MessageIn, ...]) -> tuple[str, list[Message]]:
    """Return the question and the messages before it; ignore instructions and tool messages."""
    if messages[-1].role != "user":
        raise InvalidRequest.of("messages", "the last message must be the user's")
    said = [
        Message(role=one.role, content=_text(one))
        for one in messages
        if one.role == "user" or one.role == "assistant"
    ]
    return said[-1].content, said[:-1]


def _text(message: MessageIn) -> str:
    content = message.content
    if content is None or isinstance(content, str):
        return content or ""
    for part in content:
        if part.type not in {"text", "input_text", "output_text", "refusal"}:
            raise InvalidRequest.of(
                "messages", f"the server reads only text parts, not {part.type}"
            )
    return "\n".join(part.text for part in content)


def _model(name: str) -> tuple[str, Mode | None]:
    collection, separator, mode = name.removeprefix(_PREFIX).partition(":")
    if not name.startswith(_PREFIX) or (separator and mode not in _MODES):
        raise ModelNotFound(name)
    return collection, _MODES.get(mode)


def _service(collections: Collections, collection: str, model: str) -> Service:
    try:
        return collections.service(collection)
    except CollectionNotFound as error:
        raise ModelNotFound(model) from error


def _names(collections: Collections) -> list[str]:
    found: list[str] = []
    for one in collections.figures():
        found.append(f"{_PREFIX}{one.name}")
        found += [f"{_PREFIX}{one.name}:{mode}" for mode in one.modes]
    return found
