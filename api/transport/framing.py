"""Where requests begin and end on a connection, as RFC 9112 says, with answers to what does not."""

import asyncio
from typing import Any
from uuid import uuid4

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from citespan.api.errors import failure_of
from citespan.api.errors.types import MalformedRequest
from citespan.api.middleware.replies import ON_ALL, encoded

_MOST_BYTES = 10**15  # of a chunk: more cannot be meant
_LOOK_S = 0.5  # between two looks at whether a client that sends no more still reads


class Framing(H11Protocol):
    """An HTTP/1.1 connection.

    A client may close its own side and still get its answer. One that has gone away altogether
    looks the same, until it is sent something: that is the status 100, which clients pass over.
    """

    _looking: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Read on; a chunk that has no end is refused at once."""
        super().data_received(data)
        reader: Any = self.conn._reader  # pyright: ignore[reportPrivateUsage]
        if getattr(reader, "_bytes_in_chunk", 0) > _MOST_BYTES and not self.transport.is_closing():
            self.send_400_response("the chunk is longer than any body may be")

    def eof_received(self) -> bool | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Answer what was asked whole, and close then."""
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            return None
        cycle.keep_alive = False
        self._looking = self.loop.call_later(_LOOK_S, self._look)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        super().connection_lost(exc)
        if self._looking is not None:
            self._looking.cancel()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request in the shape of other errors, and close."""
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

    def _look(self) -> None:
        """Send 100 to a client that may have gone: the next time, writing fails if it has."""
        cycle: Any = self.cycle
        if self.transport.is_closing() or cycle.response_started:
            return
        if self.conn.their_http_version != b"1.1":
            self.transport.abort()  # it would not know the 100
            return
        going_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
        self.transport.write(self.conn.send(going_on) or b"")
        self._looking = self.loop.call_later(_LOOK_S, self._look)
