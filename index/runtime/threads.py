"""Work on threads that runs ahead of the caller's use of its results."""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_BEHIND = 10  # nice value; during an ingest, a search then takes 1.3 times as long, at 0 four times


def map_ahead(function: Callable[[T], R], items: Iterable[T], ahead: int) -> Generator[R]:
    """Yield `function` of each item, in order, while threads work on the next items.

    Items are taken on the caller's thread. If taking an item or the function raises, the error is
    raised in that item's place, after the results before it. Closing the generator waits for calls
    that have begun.

    Args:
        function: called on threads.
        items: the arguments of the calls; they may be endless.
        ahead: how many calls run at once, at least 1.
    """
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(ahead, thread_name_prefix="ahead") as pool:
        try:
            for future in _submitted(pool, function, items):
                waiting.append(future)
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def step_back() -> None:
    """Lower the priority of this thread for good."""
    if sys.platform == "linux":  # elsewhere, priorities belong to whole processes
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BEHIND)


def give_way() -> None:
    """Let this process run only while a core is idle, for good, if the system knows of that."""
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):  # another system, or a sandbox that forbids it
        os.nice(19)


def _submitted(
    pool: ThreadPoolExecutor, function: Callable[[T], R], items: Iterable[T]
) -> Iterator[Future[R]]:
    try:
        for item in items:
            yield pool.submit(function, item)
    except Exception as error:  # noqa: BLE001  (raised in its place)
        failed: Future[R] = Future()
        failed.set_exception(error)
        yield failed
