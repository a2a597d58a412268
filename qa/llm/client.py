"""The asynchronous half of an endpoint: one answer, by the official client of the protocol."""

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from email.utils import mktime_tz, parsedate_tz
from math import inf, isnan, nan
from time import time

import anyio
import httpx2
import msgspec
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncOpenAI,
    AsyncStream,
    BadRequestError,
)

from citespan.decoding import converted
from citespan.qa.errors import EndpointFailed, EndpointReason
from citespan.qa.llm.machine import on_this_machine
from citespan.qa.types import Ending, Message, Usage

_MAX_BYTES = 16_000_000  # of one response; a chunk of one token has 200 to 400
_MAX_TOKEN_CHARACTERS = 20  # on average over an answer; English has 4 to 5
_AFTER_THE_END_S = 1.0  # for the token counts, which come after the text
_RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})
_LONGEST_PAUSE_S = 8.0
_ERRORS = (APIError, httpx2.HTTPError)  # the latter while the body of an error is read
# Parameters that a server may call otherwise, or not have at all.
_OPTIONAL = {"max_tokens": "max_completion_tokens", "temperature": "", "stream_options": ""}


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = msgspec.field(default_factory=list[_Choice])
    usage: Usage | None = None


class Completions:
    """The client of one model of one server. For one event loop.

    Args:
        base_url: up to and without `/chat/completions`.
        model: the model's name on that server.
        api_key: empty for a server without keys.
        timeout_s: the seconds for the connection, for the first byte, and between bytes.
        retries: new tries of a request that failed before its first byte.
    """

    def __init__(
        self, *, base_url: str, model: str, api_key: str, timeout_s: float, retries: int
    ) -> None:
        self._model = model
        self._retries = retries
        self._names: dict[str, str] = {}  # of parameters that this server calls otherwise
        self._client = AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",  # the client requires a key
            max_retries=0,
            http_client=httpx2.AsyncClient(
                timeout=timeout_s,
                limits=httpx2.Limits(max_connections=None),
                follow_redirects=False,  # only the settings name the server
                event_hooks={"response": [_bound]},
                headers={"Accept-Encoding": "identity"},
                trust_env=not on_this_machine(base_url),  # a proxy would look on its own machine
            ),
        )
        self._client.organization = self._client.project = None  # the environment sets neither

    async def write(
        self, messages: Sequence[Message], max_tokens: int, put: Callable[[str], None]
    ) -> Ending:
        """Pass the answer to `put`, piece by piece, within the deadline of the enclosing scope.

        Raises:
            EndpointFailed: the answer did not come, or is incomplete.
        """
        ending = Ending()
        async with await self._opened(messages, max_tokens) as stream:
            try:
                await _read(stream, ending, put, most=_MAX_TOKEN_CHARACTERS * max_tokens)
            except (*_ERRORS, ValueError, RecursionError, EndpointFailed) as error:
                if not ending.reason:  # only the token counts come after it
                    raise _failed(error, begun=True) from None
        return ending

    async def close(self) -> None:
        """Close the connections of the client."""
        await self._client.close()

    async def _opened(self, messages: Sequence[Message], max_tokens: int) -> AsyncStream[object]:
        """Return the response of the first try whose first byte arrived."""
        tries = 0
        while True:
            body = self._body(messages, max_tokens)
            try:
                return await self._client.post(
                    "/chat/completions",
                    body=body,
                    cast_to=object,
                    stream=True,
                    stream_cls=AsyncStream[object],
                )
            except (*_ERRORS, EndpointFailed) as error:
                if self._adapted(error, body):
                    continue
                pause = _pause_s(error, tries)
                tries += 1
                over = anyio.current_time() + pause >= anyio.current_effective_deadline()
                if over or tries > self._retries:
                    raise _failed(error, begun=False) from None
            await anyio.sleep(pause)

    def _body(self, messages: Sequence[Message], max_tokens: int) -> dict[str, object]:
        body = {
            "model": self._model,
            "messages": msgspec.to_builtins(messages),
            "stream": True,
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream_options": {"include_usage": True},
        }
        names = {name: self._names.get(name, name) for name in body}
        return {names[name]: value for name, value in body.items() if names[name]}

    def _adapted(self, error: Exception, body: Mapping[str, object]) -> bool:
        """Rename or drop a parameter that the server refused; return whether there is one.

        OpenAI's own newer models take neither `max_tokens` nor a `temperature`.
        """
        if not isinstance(error, BadRequestError) or error.param not in _OPTIONAL.keys() & body:
            return False
        self._names[error.param] = _OPTIONAL[error.param]
        return True


async def _read(
    stream: AsyncStream[object], ending: Ending, put: Callable[[str], None], *, most: int
) -> None:
    """Pass on the model's text until the stream ends; `most` characters at most.

    Raises:
        EndpointFailed: the stream is not an answer, or has no end.
    """
    begun = False
    with anyio.CancelScope() as scope:
        async for raw in stream:
            chunk = converted(raw, _Chunk)
            ending.usage = chunk.usage or ending.usage
            if ending.reason or not chunk.choices:
                continue
            piece = _text(chunk.choices[0])
            if piece:
                begun = True
                put(piece)
            most -= len(piece)
            if most < 0:
                ending.reason = "length"
                break
            ending.reason = chunk.choices[0].finish_reason
            if ending.reason:
                scope.deadline = anyio.current_time() + _AFTER_THE_END_S
    if not ending.reason:
        raise EndpointFailed("cut" if begun else "malformed")


def _text(choice: _Choice) -> str:
    """Return the text that a choice adds to the answer, as valid Unicode.

    Raises:
        EndpointFailed: the model declines, or tries to call a tool that it does not have.
    """
    if choice.delta.refusal or choice.finish_reason == "content_filter":
        raise EndpointFailed("refused")
    if choice.finish_reason in {"tool_calls", "function_call"}:
        raise EndpointFailed("malformed")
    text = choice.delta.content or ""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _failed(error: Exception, *, begun: bool) -> EndpointFailed:
    """Return the failure for an error of the client, without any text that the server sent."""
    if isinstance(error, EndpointFailed):
        return error
    if isinstance(error, APITimeoutError | httpx2.TimeoutException):
        return EndpointFailed("timeout")
    if isinstance(error, APIConnectionError | httpx2.HTTPError):
        return EndpointFailed("cut" if begun else "unreachable")
    if isinstance(error, APIStatusError):
        return EndpointFailed(_status_reason(error.status_code), error.status_code)
    return EndpointFailed("failing" if isinstance(error, APIError) else "malformed")


def _status_reason(status: int) -> EndpointReason:
    if status in {429, 503, 529}:
        return "busy"
    if status in {408, 504}:
        return "timeout"
    return "failing" if status >= 500 else "rejected"


def _pause_s(error: Exception, tries: int) -> float:
    """Return the seconds to wait before the next try; infinity if there is none.

    A request that timed out is not repeated: it would only take as long.
    """
    if isinstance(error, APIStatusError):
        if error.status_code not in _RETRIED:
            return inf
        if (asked := _retry_after_s(error.response.headers.get("retry-after", ""))) is not None:
            return asked
    elif isinstance(error, APITimeoutError) or not isinstance(error, APIConnectionError):
        return inf
    return min(_LONGEST_PAUSE_S, 0.5 * 2**tries) * random.uniform(0.5, 1)  # noqa: S311


def _retry_after_s(header: str) -> float | None:
    """Return the wait in a Retry-After header, which is in seconds or a date; None for neither."""
    try:
        seconds = float(header)
    except ValueError:
        date = parsedate_tz(header)
        seconds = mktime_tz(date) - time() if date else nan
    return None if isnan(seconds) else max(0.0, seconds)


async def _bound(response: httpx2.Response) -> None:
    """Make a response fail that is too large, or compressed so that its size cannot be known.

    Raises:
        EndpointFailed: the response is compressed, although that was not accepted.
    """
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise EndpointFailed("malformed", response.status_code)
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _Bounded(response.stream)


class _Bounded(httpx2.AsyncByteStream):
    """A body of at most 16 MB."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            read += len(part)
            if read > _MAX_BYTES:
                raise EndpointFailed("malformed")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
