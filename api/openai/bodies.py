"""Wire types of the OpenAI-compatible routes."""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from citespan.api.openai.markdown import Annotation
from citespan.api.wire.responses import AnswerBody


def _only(values: list[object]) -> msgspec.Meta:
    """Return the accepted values as a schema; the routes refuse others and give the reason."""
    return msgspec.Meta(extra_json_schema={"enum": values})


_NO_AUDIO = msgspec.Meta(extra_json_schema={"not": {"const": "audio"}})
_TEXT_ONLY = msgspec.Meta(
    extra_json_schema={
        "oneOf": [
            {"type": "null"},
            {"type": "object", "required": ["type"], "properties": {"type": {"const": "text"}}},
            {"type": "object", "maxProperties": 0},
        ]
    }
)


ONLY_AUTO = _only(["none", "auto", None])
# Any list is read, so that the routes can give the reason.
_FUNCTION = {"type": "object", "required": ["type"], "properties": {"type": {"const": "function"}}}
Functions: TypeAlias = Annotated[
    tuple[Any, ...] | None, msgspec.Meta(extra_json_schema={"items": _FUNCTION})
]


class MessagePart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a message; the server reads only text."""

    type: Annotated[str, _only(["text", "input_text", "output_text", "refusal"])]
    text: str = ""


class MessageIn(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a conversation; the server ignores other fields."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | tuple[MessagePart, ...] | None = None


class StreamOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a stream."""

    include_usage: bool | None = None


class CompletionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation to answer. The server ignores fields that are not named here."""

    model: str
    messages: Annotated[tuple[MessageIn, ...], msgspec.Meta(min_length=1, max_length=100_000)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int | None, _only([1, None])] = None
    logprobs: Annotated[bool | None, _only([False, None])] = None
    modalities: tuple[Annotated[str, _NO_AUDIO], ...] | None = None
    response_format: Annotated[dict[str, Any] | None, _TEXT_ONLY] = None
    tools: Functions = None
    tool_choice: Annotated[Any, ONLY_AUTO] = None
    function_call: Annotated[Any, ONLY_AUTO] = None


class ModelBody(msgspec.Struct, frozen=True, kw_only=True):
    """A collection and its mode of answering, as a model."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: Literal["citespan"] = "citespan"


class ModelsBody(msgspec.Struct, frozen=True, kw_only=True):
    """All models."""

    object: Literal["list"] = "list"
    data: tuple[ModelBody, ...]


class CompletionUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of the language model behind an answer; an extractive answer uses none."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class MessageDelta(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The addition of a chunk to the message; the last chunk with a choice adds all annotations."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    annotations: tuple[Annotation, ...] = ()


class ChunkChoice(msgspec.Struct, frozen=True, kw_only=True):
    """The one choice of a chunk."""

    delta: MessageDelta
    index: int = 0
    finish_reason: Literal["stop"] | None = None
    logprobs: None = None


class CompletionChunk(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a streamed completion; the last chunk with a choice has `citespan`, too."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: tuple[ChunkChoice, ...]
    usage: CompletionUsage | msgspec.UnsetType | None = msgspec.UNSET
    citespan: AnswerBody | msgspec.UnsetType = msgspec.UNSET


class MessageOut(msgspec.Struct, frozen=True, kw_only=True):
    """The answer as a message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: tuple[Annotation, ...]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The one choice of a completion."""

    index: int = 0
    message: MessageOut
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """An answered conversation; `citespan` is the answer as `/v1/ask` returns it."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: tuple[Choice, ...]
    usage: CompletionUsage
    citespan: AnswerBody
