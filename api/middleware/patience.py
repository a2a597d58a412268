"""The time limit of the work on a request."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from threading import Event as Flag

from litestar.types import Receive

from citespan.api.errors.types import ClientDisconnected, TookTooLong
from citespan.api.middleware.disconnect import wait_for_disconnect


class Patience:
    """A limit that ends on a disconnect, after the time limit, or when the server stops.

    Attributes:
        cancelled: set when the limit ends; threads check it.
        over: done when the limit ends; its result is the error to raise.
    """

    def __init__(self) -> None:
        self.cancelled = Flag()
        self.over: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()

    def end(self, error: Exception) -> None:
        """End the work for this reason, unless it has already ended for another."""
        if not self.over.done():
            self.over.set_result(error)
            self.cancelled.set()

    def check(self, *_: object) -> None:
        """Raise the reason if the work has ended; threads call this between two steps."""
        if self.over.done():
            raise self.over.result()

    @asynccontextmanager
    async def watching(self, receive: Receive, limit_s: float) -> AsyncGenerator[None]:
        """Watch for a disconnect and for the time limit; the caller must have received the body."""

        async def end_on_disconnect() -> None:
            await wait_for_disconnect(receive)
            self.end(ClientDisconnected("the client disconnected before its answer was complete"))

        late = TookTooLong(f"there was no answer within {limit_s:g} s; ask again later")
        timer = asyncio.get_running_loop().call_later(limit_s, self.end, late)
        watch = asyncio.ensure_future(end_on_disconnect())
        try:
            yield
        finally:
            timer.cancel()
            watch.cancel()
