"""The outermost layer: request ids, limits, and no error that leaves in another shape."""

import asyncio
import re
import time
from collections.abc import Collection, Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import uuid4

import anyio
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    HTTPScope,
    Message,
    Receive,
    ReceiveMessage,
    Scope,
    Send,
)

from api.admission import Admission
from api.errors import (
    BodyTooLarge,
    BodyTooSlow,
    ClientDisconnected,
    CrossOrigin,
    MalformedRequest,
    UnknownHost,
    UnsupportedMediaType,
)
from api.failures import failure_of
from api.metrics import Metrics
from api.telemetry import log_request
from qa.errors import NotReady

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PIECE_BYTES = 65_536  # of a response; only what has been read makes room for the next
# A body has so long, and as much longer as its bytes take at the least rate.
_BODY_S, _LEAST_BYTES_A_SECOND = 30.0, 10_000
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME_SITE = frozenset({"same-origin", "none"})


class Guard:
    """An ASGI application around another one.

    Args:
        app: gets requests that passed; finds the request id in `scope["state"]`, and leaves the
            error it answered with there.
        max_body_bytes: larger bodies are refused, whatever their headers say.
        hosts: names that requests may be for; any if there are none. Addresses always may.
        metrics: told of every request.
        admission: what lets requests in; `stopping` of it is in `scope["state"]`, too.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body_bytes: int,
        hosts: Collection[str],
        metrics: Metrics,
        admission: Admission,
    ) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._hosts = hosts
        self._metrics = metrics
        self.admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._max_body_bytes)
        scope["state"]["stopping"] = self.admission.stopping
        try:
            exchange.check(self._hosts)
            await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:  # noqa: BLE001  (logged below, with its traceback)
            scope["state"]["error"] = error
            if exchange.status is None:
                await exchange.send_problem(error)
        except asyncio.CancelledError:  # the server is stopping and waits no longer
            if exchange.status is None:
                await exchange.send_problem(NotReady("the service is stopping; ask again"))
            raise
        finally:
            duration_ms = exchange.duration_ms()
            log_request(scope, exchange.status, duration_ms)
            self._metrics.observe(scope, exchange.status, duration_ms)


class _Exchange:
    """One request and its response."""

    def __init__(self, scope: HTTPScope, receive: Receive, send: Send, max_body_bytes: int) -> None:
        self._started_s = time.perf_counter()
        self._scope = scope
        self._receive = receive
        self._send = send
        self._max_body_bytes = max_body_bytes
        self._received_bytes = 0
        self._complete = False
        self._headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.status: int | None = None
        self.request_id = _request_id(self._headers.get(b"x-request-id", ""))
        if "state" not in scope:
            scope["state"] = {}
        scope["state"]["request_id"] = self.request_id

    def check(self, hosts: Collection[str]) -> None:
        """What can be refused before anything is read.

        Raises:
            BodyTooLarge, CrossOrigin, MalformedRequest, UnknownHost, UnsupportedMediaType: it is.
        """
        if hosts and not (_is_address(host := self._host()) or host in hosts):
            raise UnknownHost(f"this server is not known as {host!r}; `serve.hosts` can name it")
        length = self._headers.get(b"content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise MalformedRequest("the Content-Length is not a number")
        if len(length) > 15 or int(length) > self._max_body_bytes:
            raise self._too_large()
        if self._headers.get(b"content-encoding", "identity") != "identity":
            raise UnsupportedMediaType("send the body as it is, without a Content-Encoding")
        if not self._scope["query_string"].isascii():
            raise MalformedRequest("the query string holds bytes that are not percent-encoded")
        if self._scope["method"] not in _SAFE_METHODS and self._is_cross_origin():
            raise CrossOrigin("pages of other sites may not send changes or questions")

    async def receive(self) -> HTTPReceiveMessage | ReceiveMessage:
        """The next part of the body.

        Raises:
            BodyTooLarge: there is more of it than is accepted.
            ClientDisconnected: there will be no more of it.
            BodyTooSlow: it comes too slowly.
        """
        message = await self._in_time()
        if message["type"] == "http.request":
            self._received_bytes += len(message["body"])
            self._complete = not message.get("more_body", False)
            if self._received_bytes > self._max_body_bytes:
                raise self._too_large()
        elif message["type"] == "http.disconnect" and not self._complete:
            raise ClientDisconnected("the request ended before its body was complete")
        return message

    async def send(self, message: Message) -> None:
        """Pass on, with the headers that every response has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [
                *message.get("headers", []),
                (b"x-request-id", self.request_id.encode()),
                (b"x-content-type-options", b"nosniff"),
            ]
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        for at in range(0, len(body) or 1, _PIECE_BYTES):
            end = at + _PIECE_BYTES
            await self._send(
                {
                    "type": "http.response.body",
                    "body": body[at:end],
                    "more_body": more or end < len(body),
                }
            )

    async def send_problem(self, error: Exception) -> None:
        """Answer with the error; nothing has been sent so far."""
        failure = failure_of(error, self._scope["path"], self.request_id)
        length = str(len(failure.body))
        headers = {"content-type": failure.media_type, "content-length": length}
        await self.send(
            {
                "type": "http.response.start",
                "status": failure.status,
                "headers": _encoded((headers | failure.headers).items()),
            }
        )
        await self.send({"type": "http.response.body", "body": failure.body, "more_body": False})

    def duration_ms(self) -> float:
        """Time since the request came."""
        return (time.perf_counter() - self._started_s) * 1000

    async def _in_time(self) -> HTTPReceiveMessage | ReceiveMessage:
        if self._complete:
            return await self._receive()
        due_s = self._started_s + _BODY_S + self._received_bytes / _LEAST_BYTES_A_SECOND
        try:
            with anyio.fail_after(max(0, due_s - time.perf_counter())):
                return await self._receive()
        except TimeoutError as error:
            raise BodyTooSlow(
                f"the body has {_BODY_S:g} s, and a second for each {_LEAST_BYTES_A_SECOND} bytes"
            ) from error

    def _host(self) -> str:
        try:
            return urlsplit("//" + self._headers.get(b"host", "")).hostname or ""
        except ValueError:
            return ""

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"the body has more than {self._max_body_bytes} bytes")

    def _is_cross_origin(self) -> bool:
        # A form or a text/plain body needs no CORS preflight: any page could send one here.
        site = self._headers.get(b"sec-fetch-site")
        if site is not None:
            return site not in _SAME_SITE
        origin = self._headers.get(b"origin")
        if origin is None:
            return False
        try:
            return urlsplit(origin).netloc != self._headers.get(b"host")
        except ValueError:
            return True


def _request_id(proposed: str) -> str:
    return proposed if _REQUEST_ID.fullmatch(proposed) else uuid4().hex


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
