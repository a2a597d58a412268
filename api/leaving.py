"""Work that ends when the client who waits for it has left."""

import asyncio
from collections.abc import Awaitable, Callable
from threading import Event as Flag
from typing import TypeVar, cast

import anyio
from litestar.concurrency import sync_to_thread
from litestar.types import HTTPReceiveMessage, Receive

from api.errors import ClientDisconnected

T = TypeVar("T")


async def while_awaited(receive: Receive, cancelled: Flag, work: Callable[[], T]) -> T:
    """What `work` gives, made in a thread; the body of the request must have been received.

    Sets `cancelled` when the client leaves; the thread is left to notice.

    Raises:
        ClientDisconnected: it did, and `work` failed of it.
    """

    async def cancel() -> None:
        await _leaving(receive)
        cancelled.set()

    listening = asyncio.ensure_future(cancel())
    try:
        return await sync_to_thread(work)  # where other routes run: few at once, in turn
    except Exception as error:
        if cancelled.is_set():
            raise ClientDisconnected("the client left before its answer was made") from error
        raise
    finally:
        listening.cancel()


async def until_left(receive: Receive, work: Callable[[Receive], Awaitable[None]]) -> None:
    """Do `work`, which receives the request anew, and cancel it when the client leaves."""
    body: list[HTTPReceiveMessage] = []
    while not body or body[-1].get("more_body"):
        body.append(cast("HTTPReceiveMessage", await receive()))
    body.reverse()

    async def again() -> HTTPReceiveMessage:
        if not body:
            await anyio.sleep_forever()
        return body.pop()

    async with anyio.create_task_group() as tasks:

        async def cancel() -> None:
            await _leaving(receive)
            tasks.cancel_scope.cancel()

        tasks.start_soon(cancel)
        await work(again)  # pyright: ignore[reportArgumentType]
        tasks.cancel_scope.cancel()


async def _leaving(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
