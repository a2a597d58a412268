"""The circuit breaker: an endpoint that keeps failing is not called for a while."""

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
    """A circuit breaker: after `failures` in a row, it admits one call a pause. For one thread.

    A call is a period, not a function: it begins with `enter` and ends with `leave`. `pybreaker`
    would hold its lock for that period, and count a cancelled call as one that worked.

    Args:
        failures: the number of failures in a row that opens the circuit.
        pause_s: the seconds that the circuit then stays open.
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
            EndpointFailed: the circuit is open, or another call is testing whether it can close.
        """
        opened_at = self._storage.opened_at
        if self._circuit.current_state == STATE_HALF_OPEN:
            raise EndpointFailed("open")
        if self._circuit.current_state == STATE_OPEN and opened_at is not None:
            if datetime.now(UTC) < opened_at + self._pause:
                raise EndpointFailed("open")
            self._circuit.half_open()

    def leave(self, outcome: Outcome) -> None:
        """End a call; `neither` says nothing of the endpoint, as when a client disconnected."""
        if outcome == "neither":
            if self._circuit.current_state == STATE_HALF_OPEN:
                self._circuit.open()
            return
        with suppress(
            EndpointFailed, CircuitBreakerError
        ):  # a late call from before the circuit opened
            self._circuit.call(_worked if outcome == "worked" else _failed)


def _worked() -> None:
    return None


def _failed() -> None:
    raise EndpointFailed("open")
