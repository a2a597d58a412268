"""Working ahead: order, errors in their place, and leaving early."""

import threading
from collections.abc import Iterator

import pytest

from citespan.index.runtime.threads import map_ahead


def test_results_come_in_order() -> None:
    assert list(map_ahead(lambda number: number * number, range(50), 3)) == [
        number * number for number in range(50)
    ]


def test_the_next_ones_are_worked_on_meanwhile() -> None:
    meeting = threading.Barrier(2)  # passed only by two at once

    def meet(number: int) -> int:
        meeting.wait(timeout=30)
        return number

    assert list(map_ahead(meet, range(4), 2)) == [0, 1, 2, 3]


def test_no_more_are_drawn_than_are_worked_on() -> None:
    drawn: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(100):
            drawn.append(number)
            yield number

    results = map_ahead(lambda number: number, numbers(), 2)
    assert next(results) == 0
    assert drawn == [0, 1, 2]
    results.close()
    assert drawn == [0, 1, 2]


def test_an_error_of_an_item_comes_in_its_place() -> None:
    results = map_ahead(lambda number: 6 // number, [3, 2, 0, 1], 2)
    assert [next(results), next(results)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_an_error_of_drawing_comes_after_what_was_drawn() -> None:
    def numbers() -> Iterator[int]:
        yield 1
        yield 2
        raise FileNotFoundError("third")

    results = map_ahead(lambda number: number, numbers(), 2)
    assert [next(results), next(results)] == [1, 2]
    with pytest.raises(FileNotFoundError, match="third"):
        next(results)
