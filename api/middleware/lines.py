"""Lines of requests: a line limits how many requests of a kind run and wait at once."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from citespan.api.errors.types import Busy
from citespan.api.middleware.patience import Patience

READING, ASKING, STORING = "reading", "asking", "storing"  # kinds of work, each with its own line

# Reads take milliseconds, and have threads of their own.
READS_AT_ONCE, READS_WAITING, READ_LIMIT_S = 8, 256, 30.0
_MAX_BODY_BYTES = {READING: 64_000, ASKING: 2_000_000}  # for storing, the settings decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits on how much clients may request at once.

    asks_at_once, stores_at_once: requests that run at once; the others wait in order of arrival.
    asks_waiting, stores_waiting: requests that may wait; the server refuses one more.
    ask_limit_s, store_limit_s: the longest that a request may take, waiting included.
    max_connections: connections of clients; beyond, the server closes the one idle the longest.
    """

    asks_at_once: int = 8
    asks_waiting: int = 64
    ask_limit_s: float = 120.0
    stores_at_once: int = 2
    stores_waiting: int = 32
    store_limit_s: float = 900.0
    max_connections: int = 512


USUAL = Limits()


class Line:
    """A line of requests of one kind.

    Args:
        name: the name of the kind of work.
        at_once: requests that may run at once.
        waiting: requests that may wait for their turn.
        limit_s: the longest that a request may take, waiting included.
        max_body_bytes: the largest body of a request.

    Attributes:
        refused: requests that found the line full, since the start.
    """

    def __init__(
        self, name: str, *, at_once: int, waiting: int, limit_s: float, max_body_bytes: int
    ) -> None:
        self.name = name
        self.limit_s = limit_s
        self.max_body_bytes = max_body_bytes
        self.refused = 0
        self._most_waiting = waiting
        self._limiter = anyio.CapacityLimiter(at_once)

    @property
    def running(self) -> int:
        """The requests that run now."""
        return self._limiter.borrowed_tokens

    @property
    def waiting(self) -> int:
        """The requests that wait now."""
        return self._limiter.statistics().tasks_waiting

    def check_room(self) -> None:
        """Raise Busy if no further request may wait."""
        if self._limiter.available_tokens <= 0 and self.waiting >= self._most_waiting:
            self.refused += 1
            raise Busy(
                f"{self.waiting} requests for {self.name} are waiting already; ask again later"
            )

    @asynccontextmanager
    async def turn(self, patience: Patience) -> AsyncGenerator[None]:
        """Wait for a turn, and hold it inside the context.

        Raises:
            Busy: the line is full.
            Exception: the reason for which the patience ended before the turn.
        """
        self.check_room()
        turn = object()
        with anyio.CancelScope() as scope:
            patience.over.add_done_callback(lambda _: scope.cancel())
            await self._limiter.acquire_on_behalf_of(turn)
        if scope.cancelled_caught:
            raise patience.over.result()
        try:
            yield
        finally:
            self._limiter.release_on_behalf_of(turn)


def lines_of(limits: Limits, max_body_bytes: int) -> dict[str, Line]:
    """Return the line of each kind of work, by name."""
    return {
        READING: Line(
            READING,
            at_once=READS_AT_ONCE,
            waiting=READS_WAITING,
            limit_s=READ_LIMIT_S,
            max_body_bytes=min(max_body_bytes, _MAX_BODY_BYTES[READING]),
        ),
        ASKING: Line(
            ASKING,
            at_once=limits.asks_at_once,
            waiting=limits.asks_waiting,
            limit_s=limits.ask_limit_s,
            max_body_bytes=min(max_body_bytes, _MAX_BODY_BYTES[ASKING]),
        ),
        STORING: Line(
            STORING,
            at_once=limits.stores_at_once,
            waiting=limits.stores_waiting,
            limit_s=limits.store_limit_s,
            max_body_bytes=max_body_bytes,
        ),
    }
