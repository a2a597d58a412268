"""The parent's side: a file goes to a process of its own, and what comes back is checked."""

import logging
import os
import select
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable

import msgspec

from citespan.decoding import from_msgpack
from citespan.index.parse.decode import decode
from citespan.index.parse.isolation.checks import Untrue, check
from citespan.index.parse.isolation.kernel import missing
from citespan.index.parse.isolation.outcome import Ended, failure
from citespan.index.parse.isolation.wire import (
    MAX_REPLY,
    Drawn,
    ProcessLimits,
    Read,
    ReadingTask,
    Refused,
    Reply,
    encode,
    hints,
    reply_of,
)
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.request import Request, Unreadable
from citespan.index.parse.sniff import is_plain, sniff
from citespan.index.runtime import HelperProcess

_ZYGOTE = "citespan.index.parse.isolation.zygote"
_END_S = 5.0  # for a zygote to report the end of a process
_MAX_WIDTH = 4000  # pixels of a page that is drawn

# What readers may know of the environment.
_ENVIRONMENT = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",  # the same file is read in the same way
    "LC_ALL": "C.UTF-8",
    "OMP_THREAD_LIMIT": "1",
    "MALLOC_ARENA_MAX": "1",
}

_log = logging.getLogger(__name__)


class _Lost(Exception):
    """The zygote died before it could report."""


class Sandbox:
    """Readers in processes of their own; safe to use from several threads at once."""

    def __init__(
        self, limits: ProcessLimits | None = None, notify: Callable[[Ended], object] | None = None
    ) -> None:
        """Start nothing yet; `notify` is called with what each process used."""
        self._limits = limits or ProcessLimits()
        self._notify = notify
        self._lock = threading.Lock()
        self._zygote = HelperProcess(_ZYGOTE, environment=_ENVIRONMENT)

    def parse(self, data: bytes, request: Request) -> Parsed:
        """Read a file; text, Markdown and source code are decoded here.

        Raises:
            Unreadable: the file cannot be read; `code` and message say why.
            DocumentRejected: a text is not in the encoding that was named, or in UTF-8.
        """
        media_type = sniff(data, request)
        if is_plain(media_type):
            text = decode(data, request.encoding)
            return Parsed(text=text, media_type=media_type, made_by="text 1")
        task = ReadingTask(request=hints(request), media_type=media_type, limits=self._limits)
        reply = self._ask(task, data)
        if not isinstance(reply, Read):
            raise _broken("another answer than a text")
        try:
            return check(reply.parsed)
        except Untrue as error:
            raise _broken(str(error)) from error

    def render(self, data: bytes, page: int, width_px: int, password: str | None = None) -> bytes:
        """Draw a page (1-based) of a PDF or an image as PNG, `width_px` wide (1 to 4000).

        Raises:
            Unreadable: there is no such page, or it cannot be drawn.
        """
        request = Request(password=password)
        media_type = sniff(data, request)
        if media_type != "application/pdf" and not media_type.startswith("image/"):
            raise Unreadable("unsupported", f"{media_type} has no pages to be drawn")
        reply = self._ask(
            ReadingTask(
                request=request,
                media_type=media_type,
                limits=self._limits,
                page=page,
                width_px=min(max(1, width_px), _MAX_WIDTH),
            ),
            data,
        )
        if not isinstance(reply, Drawn) or not reply.png.startswith(b"\x89PNG\r\n\x1a\n"):
            raise _broken("another answer than a picture")
        return reply.png

    def close(self) -> None:
        """End the zygote and all readers; the next use starts them again."""
        with self._lock:
            self._zygote.stop()

    def _ask(self, task: ReadingTask, data: bytes) -> Reply:
        try:
            reply = self._ask_twice(task, data)
        except _Lost:
            raise _broken("nothing: the process that starts readers died") from None
        if isinstance(reply, Refused):
            if reply.detail:
                _log.warning("the reader of %s failed: %s", task.media_type, reply.detail)
            raise Unreadable(reply.code, reply.message)
        return reply

    def _ask_twice(self, task: ReadingTask, data: bytes) -> Reply:
        try:
            return self._ask_once(task, data)
        except _Lost:  # something else ended the zygote
            return self._ask_once(task, data)

    def _ask_once(self, task: ReadingTask, data: bytes) -> Reply:
        """Have a process made for a file, and return what it answers."""
        source = _source(task, data)
        answer, write = os.pipe()
        ours, theirs = socket.socketpair()
        try:
            self._send([source, write, theirs.fileno()])
            os.close(write)
            write = -1
            theirs.close()
            message, late = _answer(answer, task.limits)
            ours.shutdown(socket.SHUT_WR)  # a process that still runs is ended
            ended = _end_of(ours)
        finally:
            for descriptor in (source, answer, write):
                if descriptor >= 0:
                    os.close(descriptor)
            ours.close()
            theirs.close()
        if self._notify:
            self._notify(ended)
        if late or ended.status or not message:
            raise failure(ended, task.limits, late=late)
        try:
            return reply_of(message)
        except msgspec.MsgspecError as error:
            raise _broken("what is not an answer") from error

    def _send(self, descriptors: list[int]) -> None:
        """Hand descriptors to the zygote; start one if there is none, or if it died."""
        with self._lock:
            if not self._zygote.runs:
                for what in missing():
                    _log.warning("%s", what)
            try:
                self._zygote.send(descriptors)
            except OSError as error:
                raise _Lost from error


def _source(task: ReadingTask, data: bytes) -> int:
    """Return a descriptor of a file in memory that holds the task and the bytes."""
    message = encode(task)
    if sys.platform == "linux":
        source = os.memfd_create("citespan")
    else:
        with tempfile.TemporaryFile() as file:
            source = os.dup(file.fileno())
    for part in (len(message).to_bytes(8, "little"), message, data):
        view = memoryview(part)
        while view:
            view = view[os.write(source, view) :]
    return source


def _answer(pipe: int, limits: ProcessLimits) -> tuple[bytes, bool]:
    """Return what a process writes until it ends, and whether the time was up before."""
    deadline = time.monotonic() + limits.wall_s
    parts: list[bytes] = []
    size = 0
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while size <= MAX_REPLY:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(1000 * left):
            return b"", True
        part = os.read(pipe, 1 << 20)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts), False


def _end_of(ours: socket.socket) -> Ended:
    """Return how a process ended."""
    ours.settimeout(_END_S)
    try:
        return from_msgpack(ours.recv(1024), Ended)
    except (OSError, msgspec.MsgspecError) as error:
        raise _Lost from error


def _broken(what: str) -> Unreadable:
    _log.error("a reader returned %s", what)
    return Unreadable("crashed", "the reader of this format failed on this file")
