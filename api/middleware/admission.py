"""Admission of requests to their routes: the body is spooled, then the request waits its turn."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from citespan.api.errors.types import BodyTooLarge, Busy
from citespan.api.middleware.callers import caller_of
from citespan.api.middleware.lines import ASKING, READING, STORING, WaitingLine
from citespan.api.middleware.observed import Observed
from citespan.api.middleware.patience import Patience
from citespan.api.middleware.quotas import Quotas, QuotaUnit
from citespan.api.middleware.watch import Trace, Watch, take, take_question
from citespan.index.disk import unavailable
from citespan.index.runtime import present_caller
from citespan.qa.errors import NotReady

_IN_MEMORY_BYTES = 64_000  # of a body; a larger one is spooled to disk
_BODIES = 32  # of the largest size that may be held at once


class Admission:
    """The admission of requests, each through the line of its route's kind of work.

    A route names its line by `opt={"line": …}`. The default is the line of reads; with None the
    route's requests do not wait, and count as requests only with `"counted": True`.

    Args:
        lines: the lines, by name.
        max_body_bytes: the largest body that any line takes.
        quotas: how much each caller may use.
        counters: the server's metrics.

    Attributes:
        stopping: set when the process receives a signal to stop; running streams end then.
        body_bytes: the bytes of the bodies of all requests that have not ended.
    """

    def __init__(
        self,
        lines: Mapping[str, WaitingLine],
        max_body_bytes: int,
        quotas: Quotas,
        counters: Observed,
    ) -> None:
        self.lines = lines
        self.quotas = quotas
        self._counters = counters
        self.stopping = threading.Event()
        self.body_bytes = 0
        self._most_bytes = _BODIES * max_body_bytes
        self._waiting: set[Patience] = set()
        self._running: set[Patience] = set()

    async def admit(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to its route when its turn has come.

        Raises:
            QuotaExceeded: the caller has used a quota.
            Busy: the request's line is full, or the bodies held have too many bytes.
            BodyTooLarge: the body is larger than the line allows.
            TookTooLong, ClientDisconnected, NotReady: the request ended before its turn.
        """
        watch = Watch(
            self.quotas.account(caller_of(scope)), self._counters, scope["state"].get("trace")
        )
        options = scope["route_handler"].opt
        name = options.get("line", READING)
        with watch.present():
            if options.get("counted", name is not None):
                scope["state"]["account"] = watch.account
                watch.account.take(QuotaUnit.REQUESTS)
            if name is None:
                await app(scope, receive, send)
            else:
                await self._in_line(self.lines[name], app, scope, receive, send)

    async def _in_line(
        self, line: WaitingLine, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        line.check_room(present_caller())
        if line.name == ASKING and scope["route_handler"].opt.get("question", True):
            take_question()
        patience = Patience()
        scope["state"]["patience"] = patience
        async with (
            self._body(receive, line.max_body_bytes, stored=line.name == STORING) as body,
            patience.watching(receive, line.limit_s),
            AsyncExitStack() as turn,
        ):
            await self._wait(line, patience, turn, scope["state"].get("trace"))

            async def sent(message: Message) -> None:
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    await turn.aclose()  # a client that reads slowly blocks no other
                await send(message)

            self._running.add(patience)
            try:
                await app(scope, _given(await body.read(), patience), sent)
            finally:
                self._running.discard(patience)

    def stop(self, grace_s: float) -> None:
        """End waiting requests now, and running ones after `grace_s` seconds."""
        self.stopping.set()
        self._end(self._waiting)
        asyncio.get_running_loop().call_later(grace_s, self._end, self._running)

    def _end(self, these: set[Patience]) -> None:
        for patience in these:
            patience.end(NotReady("the service is stopping; ask again"))

    async def _wait(
        self, line: WaitingLine, patience: Patience, turn: AsyncExitStack, trace: Trace | None
    ) -> None:
        started_s = time.perf_counter()
        if self.stopping.is_set():
            self._end({patience})
        self._waiting.add(patience)
        try:
            await turn.enter_async_context(line.turn(patience))
        finally:
            self._waiting.discard(patience)
            waited_s = time.perf_counter() - started_s
            self._counters.observe_wait(line.name, waited_s)
            if trace is not None:
                trace.waited(waited_s)

    @asynccontextmanager
    async def _body(
        self, receive: Receive, most_bytes: int, *, stored: bool
    ) -> AsyncGenerator[Any]:
        """Receive the whole body of a request, and yield it as a file at its beginning."""
        size = 0
        async with anyio.SpooledTemporaryFile[bytes](max_size=_IN_MEMORY_BYTES) as file:
            try:
                more = True
                while more:
                    message: Any = await receive()
                    part, more = message["body"], message.get("more_body", False)
                    size += len(part)
                    self.body_bytes += len(part)
                    self._check_size(size, most_bytes)
                    await _spool(file, part)
                if stored:
                    take(QuotaUnit.BYTES, size)
                await file.seek(0)
                yield file
            finally:
                self.body_bytes -= size

    def _check_size(self, size: int, most_bytes: int) -> None:
        if size > most_bytes:
            raise BodyTooLarge(f"the body has more than {most_bytes} bytes")
        if self.body_bytes > self._most_bytes:
            raise Busy("the bodies of other requests have as many bytes as fit; ask again later")


async def _spool(file: Any, part: bytes) -> None:
    try:
        await file.write(part)
    except OSError as error:
        raise unavailable("the body of a request cannot be spooled", error) from error


def _given(body: bytes, patience: Patience) -> Receive:
    """Return a `receive` that gives the received body, then a disconnect once the patience ends."""
    rest: list[HTTPReceiveMessage] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if rest:
            return rest.pop()
        await asyncio.wait({patience.over})
        return {"type": "http.disconnect"}

    return receive
