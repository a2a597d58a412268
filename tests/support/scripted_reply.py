"""A response of the scripted endpoint, made by hand down to the bytes and the way it breaks off."""

import asyncio
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Any

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
SECRET = "sk-body-of-the-server"  # noqa: S105  # stands in bodies that no client of ours may see


@dataclass
class Asked:
    """A request as it came, with times of `time.monotonic`.

    `disconnected` is set when its client is gone before the end of the reply.
    """

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float = field(default_factory=time.monotonic)
    disconnected: threading.Event = field(default_factory=threading.Event)
    disconnected_at: float | None = None


class Reply:
    """The response to one request; `again` counts the requests before it."""

    def __init__(self, asked: Asked, again: int, writer: asyncio.StreamWriter) -> None:
        self.asked = asked
        self.again = again
        self._writer = writer

    async def start(self, status: int = 200, kind: str = "text/event-stream", **more: str) -> None:
        """Send the headers of a chunked response."""
        lines = [
            f"HTTP/1.1 {status} Scripted",
            f"Content-Type: {kind}",
            "Transfer-Encoding: chunked",
        ]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
        await self._send("\r\n".join([*lines, "", ""]).encode())

    async def part(self, data: bytes) -> None:
        if data:
            await self._send(b"%x\r\n%s\r\n" % (len(data), data))

    async def end(self) -> None:
        await self._send(b"0\r\n\r\n")

    async def event(self, value: object) -> None:
        data = value if isinstance(value, str) else json.dumps(value)
        await self.part(f"data: {data}\n\n".encode())

    async def chunk(self, delta: object, finish: str | None = None, **more: object) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        await self.event({"object": "chat.completion.chunk", "choices": [choice], **more})

    async def say(self, text: str, size: int = 3) -> None:
        """Send a text in pieces of `size` characters, so that markers and words are split."""
        await self.chunk({"role": "assistant", "content": ""})
        for start in range(0, len(text), size):
            await self.chunk({"content": text[start : start + size]})

    async def finish(self, reason: str = "stop", usage: object = USAGE) -> None:
        await self.chunk({}, reason)
        if usage:
            await self.event({"object": "chat.completion.chunk", "choices": [], "usage": usage})
        await self.done()

    async def done(self) -> None:
        await self.event("[DONE]")
        await self.end()

    async def whole(
        self, status: int, body: bytes, kind: str = "application/json", **more: str
    ) -> None:
        await self.start(status, kind, **more)
        await self.part(body)
        await self.end()

    async def refuse(self, status: int, param: str | None = None, **more: str) -> None:
        error = {"message": f"no, {SECRET}", "type": "scripted", "param": param, "code": None}
        await self.whole(status, json.dumps({"error": error}).encode(), **more)

    def reset(self) -> None:
        """Break the connection off, with what is on its way."""
        plug: socket.socket = self._writer.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def hang_up(self) -> None:
        """Close the connection in order, but in the middle of the response."""
        self._writer.close()

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()
