"""A language model's text, read by a thread while an event loop receives it."""

import threading
from collections.abc import Awaitable, Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Self

import anyio
from anyio.from_thread import BlockingPortal

from citespan.qa.errors import EndpointFailed
from citespan.qa.types import Ending, Usage

_LOOK_S = 0.1  # how often a waiting reader checks whether it was cancelled


class Writing:
    """The pieces of an answer, none empty, as they arrive, until the model is done.

    For one reader, which closes it. The event loop receives the answer even if no thread reads it.

    Args:
        portal: to the event loop that receives.
        answer: passes each piece to its argument there, and returns how the answer ended.
        cancelled: set by another thread when the caller no longer waits for the answer.
    """

    def __init__(
        self,
        portal: BlockingPortal,
        answer: Callable[[Callable[[str], None]], Awaitable[Ending]],
        cancelled: threading.Event | None,
    ) -> None:
        self._cancelled = cancelled or threading.Event()
        self._came: SimpleQueue[str | Exception | Ending] = SimpleQueue()
        self._ending = Ending()
        self._over = False
        self._received = threading.Event()
        self._task = portal.start_task_soon(self._receive, answer)

    @property
    def usage(self) -> Usage | None:
        """The endpoint's own token counts, after the end; None if the endpoint gave none."""
        return self._ending.usage

    @property
    def truncated(self) -> bool:
        """Whether the answer was cut at its greatest length, maybe inside a sentence."""
        return self._ending.reason == "length"

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Return the next piece.

        Raises:
            EndpointFailed: the answer did not come, or is incomplete. After the `cancelled` event,
                its reason is `cancelled` within moments.
        """
        if self._over:
            raise StopIteration
        came = self._next()
        if isinstance(came, str):
            return came
        self._over = True
        if isinstance(came, Exception):
            raise came
        self._ending = came
        raise StopIteration

    def close(self) -> None:
        """Stop the model if it still writes, and close its connection; nothing more is read."""
        self._over = True
        self.cancel()

    def cancel(self) -> None:
        """Do so for another thread: the reader learns that the answer is incomplete."""
        self._task.cancel()
        self._received.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _next(self) -> str | Exception | Ending:
        while not self._cancelled.is_set():
            try:
                return self._came.get(timeout=_LOOK_S)
            except Empty:
                continue
        self.close()
        return EndpointFailed("cancelled")

    async def _receive(self, answer: Callable[[Callable[[str], None]], Awaitable[Ending]]) -> None:
        try:
            self._came.put(await answer(self._came.put))
        except anyio.get_cancelled_exc_class():
            self._came.put(EndpointFailed("cancelled"))
            raise
        except Exception as error:  # noqa: BLE001  # the reader raises it
            self._came.put(error)
        finally:
            self._received.set()
