"""The cores that this process may use, and work that is split in two while one is free."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Cores:
    """Counts the threads that are at work. Safe for many threads.

    Args:
        count: as many threads are not slowed down by each other.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken = 0
        self._lock = threading.Lock()

    def both(
        self, first: Callable[[], A], second: Callable[[], B], *, worth_it: bool
    ) -> tuple[A, B]:
        """What two functions give, called one after the other or side by side.

        Where both fail, what the first raises is raised.

        Args:
            first: called on this thread.
            second: called on another one if that is worth it and a core is free, so it must need
                nothing that this thread holds. That thread has ended when this returns or raises.
            worth_it: whether they take so long that a thread, some .1 ms, is little beside it.
        """
        with self._lock:
            threads = 2 if worth_it and self._taken + 2 <= self._count else 1
            self._taken += threads
        try:
            if threads == 1:
                return first(), second()
            with ThreadPoolExecutor(1, thread_name_prefix="half") as pool:
                other = pool.submit(second)
                return first(), other.result()
        finally:
            with self._lock:
                self._taken -= threads


@cache
def cores() -> Cores:
    """Those of this process."""
    return Cores(usable_cores())
