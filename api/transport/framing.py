"""Framing of requests on a connection by RFC 9112, with error responses to malformed ones."""

import asyncio
from typing import Any
from uuid import uuid4

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from citespan.api.errors import failure_of
from citespan.api.errors.types import MalformedRequest
from citespan.api.middleware.replies import ON_ALL, encoded

_MOST_BYTES = 10**15  # of a chunk: a larger one must be an error
_CHECK_S = 0.5  # between two checks that a client that has stopped sending still reads


class Framing(H11Protocol):
    """An HTTP/1.1 connection that detects half-closed and disconnected clients.

    A client may close its sending side and still get its answer. A client that has disconnected
    looks the same until the server writes to it. The server writes status 100, which clients
    ignore.
    """

    _checking: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Read the data; refuse a chunk of more than 10^15 bytes at once."""
        super().data_received(data)
        reader: Any = self.conn._reader  # pyright: ignore[reportPrivateUsage]
        if getattr(reader, "_bytes_in_chunk", 0) > _MOST_BYTES and not self.transport.is_closing():
            self.send_400_response("the chunk is longer than any body may be")

    def eof_received(self) -> bool | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Answer a request that is complete, then close the connection.

        A client that closes its sending side in the middle of a stream has disconnected.
        """
        cycle: Any = self.cycle
        if cycle is None or cycle.response_started or cycle.more_body or self._is_secure():
            return None
        cycle.keep_alive = False
        self._checking = self.loop.call_later(_CHECK_S, self._check)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the check for a disconnect."""
        super().connection_lost(exc)
        if self._checking is not None:
            self._checking.cancel()

    def send_400_response(self, msg: str) -> None:
        """Answer a malformed request with a problem, and close the connection."""
        cycle: Any = self.cycle  # None before the first request
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._send_problem(msg)
        self.transport.close()

    def _send_problem(self, message: str) -> None:
        request_id = uuid4().hex
        failure = failure_of(MalformedRequest(message), "", request_id)
        headers = {
            "content-type": failure.media_type,
            "content-length": str(len(failure.body)),
            "connection": "close",
            "x-request-id": request_id,
        }
        start = h11.Response(
            status_code=failure.status,
            headers=[*encoded(headers.items()), *ON_ALL],
            reason=b"Bad Request",
        )
        for event in (start, h11.Data(data=failure.body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")

    def _is_secure(self) -> bool:
        """Return whether the connection is TLS, of which no side can be closed by itself."""
        return self.transport.get_extra_info("ssl_object") is not None

    def _check(self) -> None:
        """Send status 100; if the client has disconnected, the next write fails."""
        cycle: Any = self.cycle
        if self.transport.is_closing() or cycle.response_started:
            return
        if self.conn.their_http_version != b"1.1":
            self.transport.abort()  # HTTP/1.0 clients do not know status 100
            return
        proceed = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
        self.transport.write(self.conn.send(proceed) or b"")
        self._checking = self.loop.call_later(_CHECK_S, self._check)
