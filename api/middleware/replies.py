"""Outgoing responses: headers that every response has, JSON without raw controls, HEAD."""

from collections.abc import Callable, Iterable, Mapping

from litestar.types import HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Send

from citespan.index.text import escaped_json

_PIECE_BYTES = 65_536  # of a body: the next piece is sent only once the client has read this one
_STREAM = "text/event-stream"
_JSON = ("application/json", "application/problem+json", _STREAM)
_UNBUFFERED = ((b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no"))  # by proxies, too
ON_ALL = (
    (b"x-content-type-options", b"nosniff"),
    # A stored document may be a web page: browsers must not run it, frame it or share it.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"no-referrer"),
)


class Reply:
    """A response being sent.

    Args:
        send: the server's `send`.
        without_body: whether the request was HEAD.
        headers: headers besides those that every response has.
        more: returns headers that are known only when the response begins.

    Attributes:
        status: the status that was sent; None if no response was.
    """

    def __init__(
        self,
        send: Send,
        *,
        without_body: bool,
        headers: Mapping[str, str],
        more: Callable[[], Mapping[str, str]],
    ) -> None:
        self._send = send
        self._more = more
        self._without_body = without_body
        self._headers = encoded(headers.items())
        self._start: HTTPResponseStartEvent | None = None
        self._is_json = self._ended = False
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        """Send a part of the response; its start is sent with the first part of its body."""
        if message["type"] == "http.response.start":
            self._start = message
            self._is_json = _media_type(message) in _JSON
        elif message["type"] == "http.response.body" and not self._ended:
            await self._send_body(message)

    async def _send_body(self, message: HTTPResponseBodyEvent) -> None:
        body = message.get("body", b"")
        body = escaped_json(body) if self._is_json else body
        more = message.get("more_body", False)
        if self._start is not None:
            self.status = self._start["status"]
            length = None if more else len(body)
            given = list(_resized(self._start.get("headers", ()), length))
            more_headers = encoded(self._more().items())
            own = {name.lower() for name, _ in given} - {b"vary"}  # a route may have its own policy
            usual = (one for one in (*self._headers, *more_headers, *ON_ALL) if one[0] not in own)
            headers = [*given, *usual]
            if _media_type(self._start) == _STREAM:
                headers += [one for one in _UNBUFFERED if one[0] not in own]
            if body and not _media_type(self._start):  # as in error responses of the MCP library
                headers.append((b"content-type", b"text/plain; charset=utf-8"))
            await self._send({**self._start, "headers": headers})
            self._start = None
        if self._without_body:
            body, more, self._ended = b"", False, True
        for at in range(0, len(body) or 1, _PIECE_BYTES):
            piece, rest = body[at : at + _PIECE_BYTES], more or at + _PIECE_BYTES < len(body)
            await self._send({"type": "http.response.body", "body": piece, "more_body": rest})


def encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI servers take them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _media_type(start: HTTPResponseStartEvent) -> str:
    for name, value in start.get("headers", ()):
        if name.lower() == b"content-type":
            return value.decode("latin-1").partition(";")[0].strip()
    return ""


def _resized(
    headers: Iterable[tuple[bytes, bytes]], length: int | None
) -> Iterable[tuple[bytes, bytes]]:
    """Yield the headers with the length of the body as sent; `length` is None for a stream."""
    for name, value in headers:
        known = name.lower() == b"content-length" and length is not None
        yield name, str(length).encode() if known else value
