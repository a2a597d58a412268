"""Clients that disconnect before they have their answer."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from litestar.types import HTTPReceiveMessage, Receive

from citespan.api.errors.types import BodyTooLarge


async def until_disconnected(
    receive: Receive, work: Callable[[Receive], Awaitable[None]], max_body_bytes: int
) -> None:
    """Run `work`, which receives the request again, and cancel it if the client disconnects.

    Raises:
        BodyTooLarge: the request's body has more than `max_body_bytes`.
    """
    body: list[HTTPReceiveMessage] = []
    size = 0
    while not body or body[-1].get("more_body"):
        part: Any = await receive()
        size += len(part["body"])
        body.append(part)
        if size > max_body_bytes:
            raise BodyTooLarge(f"the body has more than {max_body_bytes} bytes")
    body.reverse()

    async def again() -> HTTPReceiveMessage:
        if not body:
            await anyio.sleep_forever()
        return body.pop()

    async with anyio.create_task_group() as tasks:

        async def cancel() -> None:
            await wait_for_disconnect(receive)
            tasks.cancel_scope.cancel()

        tasks.start_soon(cancel)
        await work(again)  # pyright: ignore[reportArgumentType]
        tasks.cancel_scope.cancel()


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has disconnected; the caller must have received the whole body."""
    while (await receive())["type"] != "http.disconnect":
        pass
