"""Wire types of `/v1/responses`: OpenAI's Responses, without state, tools or reasoning."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from citespan.api.openai.bodies import ONLY_AUTO, Functions, MessagePart
from citespan.api.openai.markdown import UrlCitation
from citespan.api.wire.responses import AnswerBody

_NULL = msgspec.Meta(extra_json_schema={"enum": [None]})
_NOT_TRUE = msgspec.Meta(extra_json_schema={"enum": [False, None]})
_TEXT_ONLY = msgspec.Meta(
    extra_json_schema={"anyOf": [{"type": "null"}, {"type": "object", "maxProperties": 0}]}
)
READ = ["message", "function_call", "function_call_output", "reasoning", None]


class ItemIn(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the input: a message, or a call, a result or a thought, which are ignored."""

    type: Annotated[str | None, msgspec.Meta(extra_json_schema={"enum": READ})] = None
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: str | tuple[MessagePart, ...] | None = None


class ResponseRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An input to answer. The server ignores fields that are not named here."""

    model: str
    input: (
        Annotated[str, msgspec.Meta(min_length=1)]
        | Annotated[tuple[ItemIn, ...], msgspec.Meta(min_length=1, max_length=100_000)]
    )
    stream: bool | None = None
    background: Annotated[bool | None, _NOT_TRUE] = None
    conversation: Annotated[Any, _NULL] = None
    previous_response_id: Annotated[str | None, _NULL] = None
    prompt: Annotated[Any, _NULL] = None
    text: Annotated[dict[str, Any] | None, _TEXT_ONLY] = None
    tools: Functions = None
    tool_choice: Annotated[Any, ONLY_AUTO] = None


class CitationOut(UrlCitation, frozen=True, kw_only=True, omit_defaults=True, tag="url_citation"):
    """A citation in the shape that OpenAI's clients know."""


class TextOut(msgspec.Struct, frozen=True, kw_only=True, tag="output_text"):
    """The text of a message, with its citations."""

    text: str = ""
    annotations: tuple[CitationOut, ...] = ()
    logprobs: tuple[()] = ()


class ItemOut(msgspec.Struct, frozen=True, kw_only=True, tag="message"):
    """The answer as a message."""

    id: str
    status: Literal["in_progress", "completed"] = "completed"
    role: Literal["assistant"] = "assistant"
    content: tuple[TextOut, ...] = ()


class Details(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of the tokens; none are cached, and none are thoughts."""

    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


class UsageOut(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of the language model behind an answer; an extractive answer uses none."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_tokens_details: Details = Details(cached_tokens=0)
    output_tokens_details: Details = Details(reasoning_tokens=0)


class PlainOut(msgspec.Struct, frozen=True, tag="text"):
    """Plain text."""


class FormOut(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the answer."""

    format: PlainOut = PlainOut()


class ResponseOut(msgspec.Struct, frozen=True, kw_only=True):
    """An answered input; `citespan` is the answer as `/v1/ask` returns it, once it is complete."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Literal["in_progress", "completed"] = "completed"
    model: str
    output: tuple[ItemOut, ...] = ()
    usage: UsageOut | None = None
    error: None = None
    incomplete_details: None = None
    instructions: None = None
    metadata: Mapping[str, str] = {}
    parallel_tool_calls: bool = False
    previous_response_id: None = None
    store: bool = False
    temperature: None = None
    text: FormOut = FormOut()
    tool_choice: Literal["none"] = "none"
    tools: tuple[()] = ()
    top_p: None = None
    truncation: Literal["disabled"] = "disabled"
    citespan: AnswerBody | msgspec.UnsetType = msgspec.UNSET
