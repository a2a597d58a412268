"""Lines of requests: so many of a kind run at once, so many wait, and no more are taken in."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from citespan.api.errors.types import Busy
from citespan.api.middleware.patience import Patience

READING, ASKING, STORING = "reading", "asking", "storing"  # kinds of work, each with its own line

# What is read is found in milliseconds, and has threads of its own.
READS_AT_ONCE, READS_WAITING, READ_LIMIT_S = 8, 256, 30.0
_MAX_BODY_BYTES = {READING: 64_000, ASKING: 2_000_000}  # of storing: what the settings say


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What clients may ask for at once.

    asks_at_once, stores_at_once: requests that run; the others wait in the order they came.
    asks_waiting, stores_waiting: requests that wait; one more is refused.
    ask_limit_s, store_limit_s: how long a request may take, waiting included.
    max_connections: of clients; beyond, the one that has sent nothing for the longest is closed.
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
        name: of the kind of work.
        at_once: requests that run.
        waiting: requests that wait for their turn.
        limit_s: how long a request may take, waiting included.
        max_body_bytes: of a request.

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
        """Requests that have their turn now."""
        return self._limiter.borrowed_tokens

    @property
    def waiting(self) -> int:
        """Requests that wait for their turn now."""
        return self._limiter.statistics().tasks_waiting

    def check_room(self) -> None:
        """Raise Busy if one more cannot wait."""
        if self._limiter.available_tokens <= 0 and self.waiting >= self._most_waiting:
            self.refused += 1
            raise Busy(f"{self.waiting} requests for {self.name} wait already; ask again later")

    @asynccontextmanager
    async def turn(self, patience: Patience) -> AsyncGenerator[None]:
        """Inside, the request has its turn.

        Raises:
            Busy: the line is full.
            Exception: the patience ended before, for this reason.
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
    """The line of each kind of work."""
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
