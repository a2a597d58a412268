"""Threads that share their time evenly between callers."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
R = TypeVar("R")
_Call: TypeAlias = tuple[Future[Any], Callable[[Any], Any], Any]

_HALF_LIFE_S = 10.0  # of the time that a caller has used
_MOST_CALLERS = 1000  # whose time is remembered


class FairPool:
    """Threads that work next for the caller that has used the least time lately.

    Calls of one caller run in the order in which they came.

    Args:
        threads: how many calls run at once.
        clock: returns seconds.
    """

    def __init__(self, threads: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._calls: dict[str, deque[_Call]] = {}
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()  # seconds, and when
        self._changed = threading.Condition()
        for number in range(threads):
            threading.Thread(target=self._run, name=f"model_{number}", daemon=True).start()

    def map(self, function: Callable[[T], R], items: Sequence[T], caller: str) -> list[R]:
        """Return `function` of each item, in order; if one raises, raise its error."""
        if not items:
            return []  # a caller without calls would be next, with nothing to run
        futures: list[Future[R]] = [Future() for _ in items]
        calls = [(future, function, item) for future, item in zip(futures, items, strict=True)]
        with self._changed:
            self._calls.setdefault(caller, deque()).extend(calls)
            self._changed.notify(len(calls))
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()  # those that have not begun

    def _run(self) -> None:
        while True:
            caller, (future, function, item) = self._next()
            started_s = self._clock()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(function(item))
                except BaseException as error:  # noqa: BLE001  (raised where the result is taken)
                    future.set_exception(error)
            del future, function, item  # a waiting thread holds no document
            with self._changed:
                self._use(caller, self._clock() - started_s)

    def _next(self) -> tuple[str, _Call]:
        with self._changed:
            while not self._calls:
                self._changed.wait()
            caller = min(self._calls, key=self._used_lately)
            calls = self._calls[caller]
            call = calls.popleft()
            if not calls:
                del self._calls[caller]
            return caller, call

    def _used_lately(self, caller: str) -> float:
        used_s, at_s = self._used.get(caller, (0.0, 0.0))
        return used_s * 0.5 ** ((self._clock() - at_s) / _HALF_LIFE_S)

    def _use(self, caller: str, time_s: float) -> None:
        self._used[caller] = (self._used_lately(caller) + time_s, self._clock())
        self._used.move_to_end(caller)
        if len(self._used) > _MOST_CALLERS:
            self._used.popitem(last=False)
