"""One request and its response: what the guard checks, and how much it reads."""

import re
import time
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import anyio
from litestar.types import HTTPReceiveMessage, HTTPScope, Receive, ReceiveMessage, Send

from citespan.api.addresses import Addresses
from citespan.api.errors import failure_of
from citespan.api.errors.types import (
    BodyTooLarge,
    BodyTooSlow,
    ClientDisconnected,
    CrossOrigin,
    MalformedRequest,
    UnknownHost,
    UnsupportedMediaType,
)
from citespan.api.middleware.origins import Origins
from citespan.api.middleware.replies import Reply, encoded

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ABSOLUTE = re.compile(rb"https?://(?P<authority>[^/]*+)(?P<path>.*)", re.IGNORECASE)
# A body must arrive within its limit, plus the time that its bytes take at the lowest rate.
_LEAST_BYTES_A_SECOND = 10_000
_HSTS = {"strict-transport-security": "max-age=31536000"}  # a year
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SAME_SITE = frozenset({"same-origin", "none"})


class Exchange:
    """One request and its response."""

    def __init__(
        self,
        scope: HTTPScope,
        receive: Receive,
        send: Send,
        max_body_bytes: int,
        origins: Origins,
        body_limit_s: float,
    ) -> None:
        self._body_limit_s = body_limit_s
        self._started_s = time.perf_counter()
        self._scope = scope
        self._receive = receive
        self._max_body_bytes = max_body_bytes
        self._received_bytes = 0
        self._complete = False
        self._origins = origins
        self.base = ""  # of the links in the response
        self._headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.request_id = _request_id(self._headers.get(b"x-request-id", ""))
        headers = {"x-request-id": self.request_id} | origins.headers(self._origin())
        if scope["method"] == "OPTIONS":
            headers |= origins.preflight(scope["path"], self._headers)
        if self._is_ambiguous():
            # As RFC 9112 6.1 requires: the bytes that follow may be a smuggled request.
            headers["connection"] = "close"
        self._reply = Reply(
            send,
            without_body=scope["method"] == "HEAD",
            headers=headers,
            more=self._late_headers,
        )
        self.send = self._reply.send
        if "state" not in scope:
            scope["state"] = {}
        scope["state"]["request_id"] = self.request_id

    @property
    def status(self) -> int | None:
        """The status that was sent; None if no response was."""
        return self._reply.status

    def check(self, hosts: Collection[str], addresses: Addresses) -> None:
        """Refuse a request whose head is invalid, before its body is read.

        Raises:
            BodyTooLarge, CrossOrigin, MalformedRequest, UnknownHost, UnsupportedMediaType: the
                request is refused for this reason.
        """
        self._use_target()
        self._use_forwarded(addresses)
        if self._is_ambiguous():
            raise MalformedRequest("send a Content-Length or a Transfer-Encoding, not both")
        if hosts and not (
            self._is_nameless() or _is_address(host := self._host()) or host in hosts
        ):
            raise UnknownHost(f"this server does not accept Host {host!r}; add it to `serve.hosts`")
        length = self._headers.get(b"content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise MalformedRequest(
                "the Content-Length is not a number; send the body's size in bytes"
            )
        if len(length) > 15 or int(length) > self._max_body_bytes:
            raise self._too_large()
        if any(
            name.lower() == b"content-encoding" and value.strip().lower() != b"identity"
            for name, value in self._scope["headers"]
        ):
            raise UnsupportedMediaType("send the body as it is, without a Content-Encoding")
        if not self._scope["query_string"].isascii():
            raise MalformedRequest(
                "the query string has bytes that are not ASCII; percent-encode them"
            )
        permitted = self._origins.permits(
            self._origin(), self._scope["method"], self._scope["path"]
        )
        is_change = self._scope["method"] not in _SAFE_METHODS
        if is_change and not permitted and self._is_cross_origin():
            raise CrossOrigin("pages of other sites may not send changes or questions")

    async def receive(self) -> HTTPReceiveMessage | ReceiveMessage:
        """Receive the next part of the body.

        Raises:
            BodyTooLarge: the body has more bytes than the server accepts.
            ClientDisconnected: the client disconnected before the body was complete.
            BodyTooSlow: the body arrives too slowly.
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

    async def send_problem(self, error: Exception) -> None:
        """Answer with the error; the caller must have sent nothing so far."""
        failure = failure_of(error, self._scope["path"], self.request_id)
        length = str(len(failure.body))
        headers = {"content-type": failure.media_type, "content-length": length}
        await self.send(
            {
                "type": "http.response.start",
                "status": failure.status,
                "headers": encoded((headers | failure.headers).items()),
            }
        )
        await self.send({"type": "http.response.body", "body": failure.body, "more_body": False})

    def duration_ms(self) -> float:
        """Return the time since the request came."""
        return (time.perf_counter() - self._started_s) * 1000

    def _late_headers(self) -> dict[str, str]:
        """Return the headers that depend on what the caller has used, and on how it came here."""
        account = self._scope["state"].get("account")
        told: dict[str, str] = account.headers() if account else {}
        is_secure = self._scope["scheme"] == "https" or self.base.startswith("https:")
        return told | (_HSTS if is_secure else {})

    def _use_target(self) -> None:
        """Split a target that is a whole URL, which proxies send, as RFC 9112 3.2.2 says."""
        if found := _ABSOLUTE.fullmatch(self._scope["raw_path"]):
            raw_path = found["path"] or b"/"
            self._use_host(found["authority"])
            self._scope["raw_path"], self._scope["path"] = raw_path, unquote(raw_path)
        elif not self._scope["raw_path"].startswith(b"/"):
            raise MalformedRequest("the target of the request is not a path; it must begin with /")

    def _use_forwarded(self, addresses: Addresses) -> None:
        """Take the client, and the scheme and host that it used, from a trusted proxy."""
        seen = addresses.forwarded(self._scope["client"], self._headers)
        if seen.scheme:
            self._scope["scheme"] = seen.scheme
        if seen.host:
            self._use_host(seen.host.encode())
        if seen.client:
            self._scope["client"] = (seen.client, 0)
        self.base = addresses.base(
            seen, self._scope["scheme"], self._headers.get(b"host", "").strip()
        )

    def _use_host(self, host: bytes) -> None:
        others = [one for one in self._scope["headers"] if one[0].lower() != b"host"]
        self._headers[b"host"] = host.decode("latin-1")
        self._scope["headers"] = [(b"host", host), *others]

    def _is_ambiguous(self) -> bool:
        """Return whether this server and a proxy before it may disagree on the body's length."""
        if b"transfer-encoding" not in self._headers:
            return False
        return b"content-length" in self._headers or self._scope["http_version"] == "1.0"

    def _is_nameless(self) -> bool:
        """Return whether the request names no host: HTTP/1.0 probes do so, browsers never."""
        return b"host" not in self._headers and self._scope["http_version"] == "1.0"

    async def _in_time(self) -> HTTPReceiveMessage | ReceiveMessage:
        if self._complete:
            return await self._receive()
        due_s = self._started_s + self._body_limit_s + self._received_bytes / _LEAST_BYTES_A_SECOND
        try:
            with anyio.fail_after(max(0, due_s - time.perf_counter())):
                return await self._receive()
        except TimeoutError as error:
            raise BodyTooSlow(
                f"the body must arrive within {self._body_limit_s:g} s, plus 1 s for each"
                f" {_LEAST_BYTES_A_SECOND} bytes"
            ) from error

    def _host(self) -> str:
        try:
            return urlsplit("//" + self._headers.get(b"host", "")).hostname or ""
        except ValueError:
            return ""

    def _origin(self) -> str | None:
        return self._headers.get(b"origin")

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"the body has more than {self._max_body_bytes} bytes")

    def _is_cross_origin(self) -> bool:
        # A form or a text/plain body needs no CORS preflight, so any page could send one here.
        site = self._headers.get(b"sec-fetch-site")
        if site is not None:
            return site not in _SAME_SITE
        origin = self._origin()
        if origin is None:
            return False
        own = {self._headers.get(b"host"), urlsplit(self.base).netloc or None}
        try:
            return urlsplit(origin).netloc not in own - {None}
        except ValueError:
            return True


def _request_id(proposed: str) -> str:
    return proposed if _REQUEST_ID.fullmatch(proposed) else uuid4().hex


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False
