"""How long a request is worked on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from threading import Event as Flag

from litestar.types import Receive

from citespan.api.errors.types import ClientDisconnected, TookTooLong
from citespan.api.middleware.disconnect import leaving


class Patience:
    """Ends when the client leaves, when the time is over, or when the server stops.

    Attributes:
        cancelled: set then; threads look at it.
        over: done then; its result is the error to raise.
    """

    def __init__(self) -> None:
        self.cancelled = Flag()
        self.over: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    def end(self, error: Exception) -> None:
        """Have the work end for this reason, unless there was another one before."""
        if not self.over.done():
            self.over.set_result(error)
            self.cancelled.set()

    def check(self, *_: object) -> None:
        """Raise the reason if it has ended; for threads, between two pieces of work."""
        if self.over.done():
            raise self.over.result()

    @asynccontextmanager
    async def watching(self, receive: Receive, limit_s: float) -> AsyncGenerator[None]:
        """Inside, the client may leave and the time may pass; the body must have been received."""

        async def left() -> None:
            await leaving(receive)
            self.end(ClientDisconnected("the client left before its answer was made"))

        late = TookTooLong(f"there was no answer within {limit_s:g} s; ask again later")
        timer = asyncio.get_running_loop().call_later(limit_s, self.end, late)
        watch = asyncio.ensure_future(left())
        try:
            yield
        finally:
            timer.cancel()
            watch.cancel()
