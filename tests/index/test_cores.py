"""Work in two halves: what it gives and raises is the same on one thread and on two."""

import threading
from collections.abc import Callable

import pytest

from citespan.index.runtime.processor import Cores


class Fault(Exception):
    """What a half may raise."""


def here() -> int:
    return threading.get_ident()


def raising(fault: Fault) -> Callable[[], int]:
    def fail() -> int:
        raise fault

    return fail


def splits(cores: Cores) -> bool:
    """Whether work would be split now."""
    first, second = cores.both(here, here, worth_it=True)
    assert first == here()
    return first != second


def test_both_run_at_once() -> None:
    met = threading.Barrier(2)
    assert Cores(2).both(lambda: met.wait(60), lambda: met.wait(60) + 10, worth_it=True) in (
        (0, 11),
        (1, 10),
    )


def test_what_is_not_worth_it_runs_in_turn_on_one_thread() -> None:
    called: list[tuple[str, int]] = []
    Cores(2).both(
        lambda: called.append(("first", here())),
        lambda: called.append(("second", here())),
        worth_it=False,
    )
    assert called == [("first", here()), ("second", here())]


def test_one_core_is_never_split() -> None:
    assert not splits(Cores(1))


@pytest.mark.parametrize("count", [2, 3, 4])
def test_nothing_is_split_while_all_cores_are_taken(count: int) -> None:
    cores = Cores(count)
    seen: list[bool] = []

    def nested(searches: int) -> None:
        """So many searches at once, each begun within the one before it."""
        if searches:
            cores.both(lambda: nested(searches - 1), lambda: None, worth_it=False)
        else:
            seen.append(splits(cores))

    for searches in range(count + 1):
        nested(searches)
    assert seen == [searches <= count - 2 for searches in range(count + 1)]
    assert splits(cores)


def test_a_half_takes_a_core_too() -> None:
    cores = Cores(3)
    seen: list[bool] = []
    cores.both(lambda: seen.append(splits(cores)), lambda: None, worth_it=True)
    assert seen == [False]


@pytest.mark.parametrize("worth_it", [True, False])
def test_what_a_half_raises_arrives_as_it_is(*, worth_it: bool) -> None:
    cores, threads = Cores(2), set(threading.enumerate())
    first, second = Fault("first"), Fault("second")
    for halves, expected in (
        ((raising(first), here), first),
        ((here, raising(second)), second),
        ((raising(first), raising(second)), first),
    ):
        with pytest.raises(Fault) as raised:
            cores.both(*halves, worth_it=worth_it)
        assert raised.value is expected
        assert set(threading.enumerate()) <= threads
    assert splits(cores)


def test_a_half_that_outlives_the_failed_one_is_waited_for() -> None:
    fault, failing, done = Fault(), threading.Event(), list[int]()

    def slow() -> None:
        assert failing.wait(60)
        done.append(here())

    def fail() -> None:
        failing.set()
        raise fault

    with pytest.raises(Fault) as raised:
        Cores(2).both(fail, slow, worth_it=True)
    assert raised.value is fault
    assert len(done) == 1
