"""The asynchronous half of an endpoint: one answer, over the official client of the protocol."""

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

from citespan.qa.errors import EndpointFailed, EndpointReason
from citespan.qa.types import Ending, Message, Usage

_MAX_BYTES = 16_000_000  # of one response; a chunk of one token has 200 to 400
_MAX_TOKEN_CHARACTERS = 20  # on the average over an answer; English has 4 to 5
_AFTER_THE_END_S = 1.0  # for the token counts, which come after the text
_RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})
_LONGEST_PAUSE_S = 8.0
_ERRORS = (APIError, httpx2.HTTPError)  # the latter while the body of an error is read
# What a server may call otherwise, or not have at all.
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
    """Asks one model of one server. For one event loop.

    Args:
        base_url: up to and without `/chat/completions`.
        model: its name there.
        api_key: empty for a server that wants none.
        timeout_s: for the connection, the first byte, and between bytes.
        retries: new tries of a request that failed before its first byte.
    """

    def __init__(
        self, *, base_url: str, model: str, api_key: str, timeout_s: float, retries: int
    ) -> None:
        self._model = model
        self._retries = retries
        self._names: dict[str, str] = {}  # of parameters that this server wants otherwise
        self._client = AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",  # the client insists on one
            max_retries=0,
            http_client=httpx2.AsyncClient(
                timeout=timeout_s,
                limits=httpx2.Limits(max_connections=None),
                follow_redirects=False,  # the settings name the server, nobody else
                event_hooks={"response": [_bound]},
                headers={"Accept-Encoding": "identity"},
            ),
        )
        self._client.organization = self._client.project = None  # what the environment has

    async def write(
        self, messages: Sequence[Message], max_tokens: int, put: Callable[[str], None]
    ) -> Ending:
        """Hand the answer to `put`, piece by piece, within the deadline of the scope around it.

        Raises:
            EndpointFailed: it did not come, or not whole.
        """
        ending = Ending()
        async with await self._opened(messages, max_tokens) as stream:
            try:
                await _read(stream, ending, put, most=_MAX_TOKEN_CHARACTERS * max_tokens)
            except (*_ERRORS, ValueError, RecursionError, EndpointFailed) as error:
                if not ending.reason:  # what comes after it would only have been the counts
                    raise _failed(error, begun=True) from None
        return ending

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _opened(self, messages: Sequence[Message], max_tokens: int) -> AsyncStream[object]:
        """The response of the first try whose first byte arrived."""
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
        """Whether the server named a parameter that it wants otherwise, and from now on gets so.

        OpenAI's own newer models take neither `max_tokens` nor a `temperature`.
        """
        if not isinstance(error, BadRequestError) or error.param not in _OPTIONAL.keys() & body:
            return False
        self._names[error.param] = _OPTIONAL[error.param]
        return True


async def _read(
    stream: AsyncStream[object], ending: Ending, put: Callable[[str], None], *, most: int
) -> None:
    """Hand on what the model says until the stream ends; `most` characters at most.

    Raises:
        EndpointFailed: it is not an answer, or has no end.
    """
    begun = False
    with anyio.CancelScope() as scope:
        async for raw in stream:
            chunk = msgspec.convert(raw, _Chunk)
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
    """What a choice adds to the answer, as valid Unicode.

    Raises:
        EndpointFailed: the model declines, or wants to call a tool that it does not have.
    """
    if choice.delta.refusal or choice.finish_reason == "content_filter":
        raise EndpointFailed("refused")
    if choice.finish_reason in {"tool_calls", "function_call"}:
        raise EndpointFailed("malformed")
    text = choice.delta.content or ""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _failed(error: Exception, *, begun: bool) -> EndpointFailed:
    """The failure that an error of the client is, without anything that the server sent."""
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
    """How long to wait before the next try; infinity if there is none.

    What took too long is not asked again: it would only take as long.
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
    """The wait that a Retry-After header asks for: seconds or a date; None if it is neither."""
    try:
        seconds = float(header)
    except ValueError:
        date = parsedate_tz(header)
        seconds = mktime_tz(date) - time() if date else nan
    return None if isnan(seconds) else max(0.0, seconds)


async def _bound(response: httpx2.Response) -> None:
    """Make a response fail that is too large, or packed so that its size cannot be known.

    Raises:
        EndpointFailed: it is packed, although that was not accepted.
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
