"""An OpenAI-compatible server that behaves as it is told, well or badly.

In a test: `with scripted("cut") as server: ... server.base_url ... server.requests`. By hand:
`python tests/support/scripted_endpoint.py cut --port 8081`; `--help` lists the names.
"""

import argparse
import asyncio
import json
import random
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial

from anyio.from_thread import start_blocking_portal
from scripted_content import CONTENT, Write, seen
from scripted_reply import USAGE, Asked, Reply
from scripted_transport import TRANSPORT, Behaviour


class ScriptedEndpoint:
    """The server; `behaviour` can be changed between requests, `requests` are those that came."""

    def __init__(self, behaviour: str, *, seed: int = 0) -> None:
        self.behaviour = behaviour
        self.requests: list[Asked] = []
        self.port = 0
        self.most_at_once = 0
        self._at_once = 0
        self._random = random.Random(seed)  # noqa: S311
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, for as many requests as its client sends."""
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._reply(await _request(reader), reader, writer):
                    continue
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _reply(
        self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Whether the client is still there at the end."""
        again = len(self.requests)
        self.requests.append(asked)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        behaving = asyncio.ensure_future(self._behaviour()(Reply(asked, again, writer)))
        gone = asyncio.ensure_future(reader.read(1))  # it sends no more until it has its answer
        try:
            await asyncio.wait({behaving, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not behaving.done() or isinstance(behaving.exception(), ConnectionError):
                asked.disconnected_at = time.monotonic()
                asked.disconnected.set()
                return False
            await behaving
            return not writer.is_closing()
        finally:
            self._at_once -= 1
            behaving.cancel()
            gone.cancel()
            await asyncio.gather(behaving, gone, return_exceptions=True)

    def _behaviour(self) -> Behaviour:
        if self.behaviour in TRANSPORT:
            return TRANSPORT[self.behaviour]
        return partial(_write, write=CONTENT[self.behaviour], size=self._random.randint(1, 12))


async def _write(reply: Reply, write: Write, size: int) -> None:
    text = write(seen(reply.asked.body["messages"]))
    if reply.asked.body.get("stream"):
        await reply.start()
        await reply.say(text, size)
        await reply.finish()
        return
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    whole = {"object": "chat.completion", "choices": [choice], "usage": USAGE}
    await reply.whole(200, json.dumps(whole).encode())


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(first.split(" ")[1], headers, json.loads(body or b"{}"))


@contextmanager
def scripted(behaviour: str, *, port: int = 0, seed: int = 0) -> Generator[ScriptedEndpoint]:
    """Run the server, on a port that is free; `seed` is for the sizes of the pieces."""
    endpoint = ScriptedEndpoint(behaviour, seed=seed)
    with start_blocking_portal(name="scripted") as portal:
        portal.call(endpoint.start, port)
        try:
            yield endpoint
        finally:
            portal.call(endpoint.stop)


def main() -> None:
    parser = argparse.ArgumentParser(description="An OpenAI-compatible server that misbehaves.")
    parser.add_argument("behaviour", choices=[*TRANSPORT, *CONTENT])
    parser.add_argument("--port", type=int, default=8081)
    chosen = parser.parse_args()
    with scripted(chosen.behaviour, port=chosen.port) as endpoint, suppress(KeyboardInterrupt):
        print(endpoint.base_url)  # noqa: T201
        while True:
            time.sleep(1)


if __name__ == "__main__":
    main()
