"""The cores that this process may use, and work that is split in two while a core is free."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


_most: int | None = None


def limit_cores(most: int) -> None:
    """Have this process use at most so many cores; call it before anything is computed."""
    global _most  # noqa: PLW0603  (the cores belong to all of this process)
    _most = most


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if _most:
        return _most
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Cores:
    """A counter of working threads. Safe for many threads.

    Args:
        count: how many threads can work without slowing each other down.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken = 0
        self._lock = threading.Lock()

    def both(
        self, first: Callable[[], A], second: Callable[[], B], *, worth_it: bool
    ) -> tuple[A, B]:
        """Return the results of two functions, called one after the other or concurrently.

        If both fail, the error of the first is raised.

        Args:
            first: called on this thread.
            second: called on another thread if that is worth it and a core is free. It must need
                nothing that this thread holds. The other thread has ended on return.
            worth_it: whether the calls take much longer than the start of a thread, some .1 ms.
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
    """Return the counter of this process."""
    return Cores(usable_cores())
