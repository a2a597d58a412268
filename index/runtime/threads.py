"""Work that runs ahead of what takes its results."""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_BEHIND = 10  # nice value; a search beside an ingest then takes 1.3 times as long, at 0 four times


def map_ahead(function: Callable[[T], R], items: Iterable[T], ahead: int) -> Generator[R]:
    """`function` of each item, in order, while the next ones are worked on.

    Items are drawn on the caller's thread. What drawing or working on one raises is raised in its
    place, after the results before it. Closing it waits for what has begun.

    Args:
        function: called on threads.
        items: may be endless.
        ahead: how many are worked on at once, at least 1.
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
    """Let other threads go before this one, for good."""
    if sys.platform == "linux":  # elsewhere priorities are of whole processes
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BEHIND)


def _submitted(
    pool: ThreadPoolExecutor, function: Callable[[T], R], items: Iterable[T]
) -> Iterator[Future[R]]:
    try:
        for item in items:
            yield pool.submit(function, item)
    except Exception as error:  # noqa: BLE001  (handed on, in its place)
        failed: Future[R] = Future()
        failed.set_exception(error)
        yield failed
