"""Connections with timeouts: a client must send and read in time, or the server closes it."""

import asyncio
from collections import Counter
from typing import Any

import h11

from citespan.api.transport.framing import Framing

_REST_S = 5.0  # for the rest of a body, if the response is complete before it
_READ_S = 30.0  # until a client has read its waiting output, some 64 kB; also until a close is done


class Connection(Framing):
    """An HTTP/1.1 connection with timeouts.

    Args:
        most: the most connections at once. Beyond it, the server closes a connection whose request
            is not complete, of the client with the most of these: the one that waits longest.
        head_s: from the connection, or from the last response, to the end of a request's head.
        unasked: the connections without a complete request, the oldest first; all connections
            share it.
        given: the arguments that uvicorn passes.
    """

    def __init__(
        self, most: int, head_s: float, unasked: "dict[Connection, None]", **given: Any
    ) -> None:
        super().__init__(**given)
        self._most = most
        self._head_s = head_s
        self._unasked = unasked
        self._stage = ""
        self._due: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Register the connection, and close one if there are too many."""
        super().connection_made(transport)
        self._follow()
        if len(self.connections) > self._most:
            self._least_served().refuse()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection and cancel its timers."""
        super().connection_lost(exc)
        self._unasked.pop(self, None)
        for timer in (self._due, self._unread):
            if timer is not None:
                timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Read the data, and update the timeout."""
        super().data_received(data)
        self._follow()

    def on_response_complete(self) -> None:
        """Wait for the next request, with its timeout."""
        super().on_response_complete()
        self._follow()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, because no further request has come."""
        super().timeout_keep_alive_handler()
        self._follow()

    def pause_writing(self) -> None:
        """Pause until the client has read; if it reads too slowly, close the connection."""
        super().pause_writing()
        self._unread = self.loop.call_later(_READ_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Resume writing, and cancel the timeout of the client's reading."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    @property
    def address(self) -> str:
        """The address of the client."""
        return self.client[0] if self.client else ""

    def refuse(self) -> None:
        """Close the connection at once."""
        self._unasked.pop(self, None)
        self.connections.discard(self)
        self.transport.abort()

    def _follow(self) -> None:
        """Start a stage's timeout when the stage begins; later data does not extend it."""
        stage, time_s = self._present()
        if stage == self._stage:
            return
        self._stage = stage
        if stage not in {"head", "body"}:
            self._unasked.pop(self, None)
        elif self not in self._unasked:
            self._unasked[self] = None
        if self._due is not None:
            self._due.cancel()
        self._due = None
        if time_s is not None:
            self._due = self.loop.call_later(time_s, self.transport.abort)

    def _present(self) -> tuple[str, float | None]:
        if self.transport.is_closing():
            return "closing", _READ_S
        if self.conn.their_state is h11.IDLE:
            return "head", self._head_s
        if self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY:
            return "rest", _REST_S
        if self.conn.their_state is h11.SEND_BODY:
            return "body", None  # the guard has its limit
        return "request", None

    def _least_served(self) -> "Connection":
        """Return the oldest connection of the client that has the most without a request."""
        of_each = Counter(one.address for one in self._unasked)
        most = max(of_each.values())
        return next(one for one in self._unasked if of_each[one.address] == most)
