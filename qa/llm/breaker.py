"""When an endpoint that keeps failing is left alone."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from pybreaker import (
    STATE_CLOSED,
    STATE_HALF_OPEN,
    STATE_OPEN,
    CircuitBreaker,
    CircuitBreakerError,
    CircuitMemoryStorage,
)

from citespan.qa.errors import EndpointFailed

Outcome: TypeAlias = Literal["worked", "failed", "neither"]


class Breaker:
    """Lets calls through until `failures` in a row, then one after each pause. For one thread.

    A call is a while, not a function: it begins with `enter` and ends with `leave`. `pybreaker`
    would hold its lock for that while, and count a call that was cancelled as one that worked.

    Args:
        failures: so many in a row open it.
        pause_s: how long it then stays open.
    """

    def __init__(self, *, failures: int, pause_s: float) -> None:
        self._pause = timedelta(seconds=pause_s)
        self._storage = CircuitMemoryStorage(STATE_CLOSED)
        self._circuit = CircuitBreaker(
            fail_max=failures,
            reset_timeout=pause_s,
            state_storage=self._storage,
            throw_new_error_on_trip=False,
        )

    def enter(self) -> None:
        """Begin a call.

        Raises:
            EndpointFailed: it is open, or another call is trying whether it can be closed.
        """
        opened_at = self._storage.opened_at
        if self._circuit.current_state == STATE_HALF_OPEN:
            raise EndpointFailed("open")
        if self._circuit.current_state == STATE_OPEN and opened_at is not None:
            if datetime.now(UTC) < opened_at + self._pause:
                raise EndpointFailed("open")
            self._circuit.half_open()

    def leave(self, outcome: Outcome) -> None:
        """End a call; `neither` says nothing of the endpoint, as when a client went away."""
        if outcome == "neither":
            if self._circuit.current_state == STATE_HALF_OPEN:
                self._circuit.open()
            return
        with suppress(EndpointFailed, CircuitBreakerError):  # a late call of before it opened
            self._circuit.call(_worked if outcome == "worked" else _failed)


def _worked() -> None:
    return None


def _failed() -> None:
    raise EndpointFailed("open")
