"""Threads that callers share: the one that has used the least is next."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from citespan.index.runtime.pool import FairPool


def test_results_keep_their_order_and_errors_are_raised() -> None:
    pool = FairPool(2)
    assert pool.map(lambda n: n * n, range(50), "a") == [n * n for n in range(50)]
    assert pool.map(str, [], "a") == []

    def fails(n: int) -> int:
        if n == 3:
            raise LookupError(n)
        return n

    with pytest.raises(LookupError):
        pool.map(fails, range(9), "a")
    assert pool.map(abs, [-1], "a") == [1]


def test_a_caller_without_items_ends_no_thread() -> None:
    pool = FairPool(1)
    with ThreadPoolExecutor(1) as threads:
        assert pool.map(str, [], "a") == []
        assert threads.submit(pool.map, abs, [-1], "b").result(60) == [1]
        assert pool.map(str, [], "b") == []
        assert threads.submit(pool.map, abs, [-1], "a").result(60) == [1]


def test_a_caller_that_used_less_is_next() -> None:
    """A clock counts the time that calls use: `a` one second each, `b` a hundredth."""
    now_s = [0.0]
    pool = FairPool(1, clock=lambda: now_s[0])
    begun, go = threading.Event(), threading.Event()
    order: list[str] = []

    def busy(caller: str) -> None:
        begun.set()
        go.wait(60)
        order.append(caller)
        now_s[0] += 1 if caller == "a" else 0.01

    with ThreadPoolExecutor(2) as threads:
        many = threads.submit(pool.map, busy, ["a"] * 6, "a")
        assert begun.wait(60)
        few = threads.submit(pool.map, busy, ["b"] * 2, "b")
        while "b" not in pool._calls:  # pyright: ignore[reportPrivateUsage]
            time.sleep(0.001)
        go.set()
        many.result(60)
        few.result(60)
    assert "".join(order) == "abbaaaaa"


def test_what_is_remembered_of_callers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("citespan.index.runtime.pool._MOST_CALLERS", 3)
    pool = FairPool(1)
    for number in range(9):
        pool.map(abs, [number], str(number))
    assert len(pool._used) <= 3  # pyright: ignore[reportPrivateUsage]
