"""Lines of requests: a line limits how many of a kind run and wait at once, fairly to callers."""

from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from citespan.api.errors.types import Busy
from citespan.api.middleware.patience import Patience
from citespan.index.runtime import present_caller

READING, ASKING, STORING = "reading", "asking", "storing"  # kinds of work, each with its own line

# Reads take milliseconds, and have threads of their own.
READS_AT_ONCE, READS_WAITING, READ_LIMIT_S = 8, 256, 30.0
_MAX_BODY_BYTES = 64_000  # of reads
_MANY = 4  # turns at once: with fewer, keeping one idle would cost too much


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits on how much clients may request at once.

    asks_at_once, stores_at_once: requests that run at once; the others wait, fairly to callers.
    asks_waiting, stores_waiting: requests that may wait; the server refuses one more.
    ask_limit_s, store_limit_s: the longest that a request may take, waiting included.
    max_ask_bytes: the largest body of a question, with its history.
    max_connections: connections of clients; beyond, the server closes one of those that wait.
    head_limit_s: the longest from a connection to the end of a request's headers.
    body_limit_s: the longest for a body, in addition to a second for each 10 kB.
    stop_s: from a signal to stop until running requests are ended.
    """

    asks_at_once: int = 8
    asks_waiting: int = 64
    ask_limit_s: float = 120.0
    stores_at_once: int = 2
    stores_waiting: int = 32
    store_limit_s: float = 900.0
    max_ask_bytes: int = 2_000_000
    max_connections: int = 512
    head_limit_s: float = 15.0
    body_limit_s: float = 30.0
    stop_s: float = 4.0


USUAL = Limits()


class _Ticket:
    """A place in a line."""

    def __init__(self, caller: str) -> None:
        self.caller = caller
        self.called = anyio.Event()
        self.refused = False


class WaitingLine:
    """A line of requests of one kind, which is fair between callers.

    The next turn is of the caller with the fewest requests that run; among equals, of the one whose
    last turn is longest ago. One turn is kept for a caller with none, if there are `_MANY`. If the
    line is full, a request of a caller with fewer replaces the last one of the caller with the
    most.

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
        self._at_once = at_once
        self._kept = 1 if at_once >= _MANY else 0
        self._most_waiting = waiting
        self._running: Counter[str] = Counter()
        self._tickets: dict[str, deque[_Ticket]] = {}  # by caller; whose turn was last comes last

    @property
    def running(self) -> int:
        """The requests that run now."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """The requests that wait now."""
        return sum(map(len, self._tickets.values()))

    def check_room(self, caller: str) -> None:
        """Raise Busy if no further request of a caller may wait."""
        if not self._has_room(caller):
            self.refused += 1
            raise self._busy()

    @asynccontextmanager
    async def turn(self, patience: Patience) -> AsyncGenerator[None]:
        """Wait for a turn of the present caller, and hold it inside the context.

        Raises:
            Busy: the line is full.
            Exception: the reason for which the patience ended before the turn.
        """
        ticket = _Ticket(present_caller())
        self.check_room(ticket.caller)
        self._join(ticket)
        try:
            with anyio.CancelScope() as scope:
                patience.over.add_done_callback(lambda _: scope.cancel())
                await ticket.called.wait()
            if scope.cancelled_caught:
                raise patience.over.result()
            if ticket.refused:
                raise self._busy()
            yield
        finally:
            self._leave(ticket)

    def _has_room(self, caller: str) -> bool:
        if self.waiting < self._most_waiting or self._may_run(caller):
            return True
        own = len(self._tickets.get(caller, ()))
        return own + 1 < max(map(len, self._tickets.values()), default=0)

    def _may_run(self, caller: str) -> bool:
        """Return whether a turn is free for a caller."""
        free = self._at_once - self.running
        return free > self._kept or (free > 0 and not self._running[caller])

    def _join(self, ticket: _Ticket) -> None:
        if not self._may_run(ticket.caller) and self.waiting >= self._most_waiting:
            longest = max(self._tickets.values(), key=len)
            self._refuse(longest.pop())
        self._tickets.setdefault(ticket.caller, deque()).append(ticket)
        self._call()

    def _refuse(self, ticket: _Ticket) -> None:
        self.refused += 1
        ticket.refused = True
        ticket.called.set()

    def _call(self) -> None:
        """Give free turns to those who may run, the least served first."""
        while waiting := [one for one in self._tickets if self._may_run(one)]:
            caller = min(waiting, key=self._running.__getitem__)
            tickets = self._tickets.pop(caller)
            ticket = tickets.popleft()
            if tickets:
                self._tickets[caller] = tickets
            self._running[caller] += 1
            ticket.called.set()

    def _leave(self, ticket: _Ticket) -> None:
        caller = ticket.caller
        if ticket.refused:
            return
        if ticket.called.is_set():
            self._running[caller] -= 1
            if not self._running[caller]:
                del self._running[caller]
            if caller in self._tickets:
                self._tickets[caller] = self._tickets.pop(caller)  # now the last
        else:
            self._tickets[caller].remove(ticket)
            if not self._tickets[caller]:
                del self._tickets[caller]
        self._call()

    def _busy(self) -> Busy:
        return Busy(f"{self.waiting} requests for {self.name} are waiting already; ask again later")


def lines_of(limits: Limits, max_body_bytes: int) -> dict[str, WaitingLine]:
    """Return the line of each kind of work, by name."""
    return {
        READING: WaitingLine(
            READING,
            at_once=READS_AT_ONCE,
            waiting=READS_WAITING,
            limit_s=READ_LIMIT_S,
            max_body_bytes=min(max_body_bytes, _MAX_BODY_BYTES),
        ),
        ASKING: WaitingLine(
            ASKING,
            at_once=limits.asks_at_once,
            waiting=limits.asks_waiting,
            limit_s=limits.ask_limit_s,
            max_body_bytes=min(max_body_bytes, limits.max_ask_bytes),
        ),
        STORING: WaitingLine(
            STORING,
            at_once=limits.stores_at_once,
            waiting=limits.stores_waiting,
            limit_s=limits.store_limit_s,
            max_body_bytes=max_body_bytes,
        ),
    }
