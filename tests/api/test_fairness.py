"""Callers that share the server: one with many requests does not hold up one with few."""

from collections.abc import Callable

import anyio
import pytest

from citespan.api.errors.types import Busy
from citespan.api.middleware.lines import WaitingLine
from citespan.api.middleware.patience import Patience
from citespan.index.runtime import working_for


class Queue:
    """A line, and requests in it that end when told."""

    def __init__(self, tasks: anyio.abc.TaskGroup, at_once: int, waiting: int) -> None:
        self.line = WaitingLine(
            "asking", at_once=at_once, waiting=waiting, limit_s=9, max_body_bytes=9
        )
        self.served: list[str] = []
        self.refused: list[str] = []
        self._tasks = tasks
        self._ends: list[tuple[str, anyio.Event]] = []

    async def come(self, *callers: str) -> None:
        for caller in callers:
            self._tasks.start_soon(self._hold, caller)
            await anyio.wait_all_tasks_blocked()

    async def end(self, caller: str) -> None:
        """End the oldest request of a caller that runs."""
        found = next(one for one in self._ends if one[0] == caller)
        self._ends.remove(found)
        found[1].set()
        await anyio.wait_all_tasks_blocked()

    async def end_all(self) -> None:
        while self._ends:
            await self.end(self._ends[0][0])

    async def _hold(self, caller: str) -> None:
        end = anyio.Event()
        try:
            with working_for(caller):
                async with self.line.turn(Patience()):
                    self.served.append(caller)
                    self._ends.append((caller, end))
                    await end.wait()
        except Busy:
            self.refused.append(caller)


def queued(at_once: int, waiting: int, steps: Callable[[Queue], object]) -> Queue:
    """Run the steps on a line, until all of its requests have ended."""
    made: list[Queue] = []

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            queue = Queue(tasks, at_once, waiting)
            made.append(queue)
            await steps(queue)  # pyright: ignore[reportGeneralTypeIssues]
            await queue.end_all()
            assert (queue.line.running, queue.line.waiting) == (0, 0)

    anyio.run(run)
    return made[0]


def test_callers_take_turns() -> None:
    async def steps(queue: Queue) -> None:
        await queue.come(*"aaaaa", "b", "c", "b")

    assert "".join(queued(1, 9, steps).served) == "abcabaaa"


def test_a_turn_is_kept_for_a_caller_with_none() -> None:
    async def steps(queue: Queue) -> None:
        await queue.come(*"aaaaaa")
        assert (queue.line.running, queue.line.waiting) == (3, 3)
        await queue.come("b")
        assert queue.served == [*"aaab"]
        await queue.come("c")
        await queue.end("a")
        assert queue.served == [*"aaabc"]
        await queue.end("a")
        assert queue.served == [*"aaabc"]  # three of four run: the last turn is kept again
        await queue.end("b")
        assert queue.served == [*"aaabca"]

    queued(4, 9, steps)


def test_whoever_fills_the_line_makes_room_for_others() -> None:
    async def steps(queue: Queue) -> None:
        await queue.come(*"aaaa")
        assert queue.refused == []
        await queue.come("a")
        assert queue.refused == ["a"]
        await queue.come("b", "b")
        assert queue.refused == [*"aaa"[:2], "b"]
        queue.line.check_room("c")
        with pytest.raises(Busy):
            queue.line.check_room("a")

    queue = queued(1, 3, steps)
    assert "".join(queue.served) == "abaa"
    assert queue.line.refused == 4


def test_without_room_to_wait_only_free_turns_are_given() -> None:
    async def steps(queue: Queue) -> None:
        await queue.come("a", "b")
        assert (queue.served, queue.refused) == (["a"], ["b"])

    queued(1, 0, steps)
