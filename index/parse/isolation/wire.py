"""What goes to a reader's process and comes back: MessagePack, one message each way."""

from typing import TypeAlias

import msgspec

from citespan.decoding import msgpack_decoder
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.request import Request

MAX_REPLY = 512 << 20  # bytes: 20 M characters with the edges of 3 M of them, and some room

_MAX_HINT = 1000  # characters of a name or a type that a reader is given


class ProcessLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a process may use. A reader that does OCR raises its own limits to the hard ones."""

    memory: int = 1536 << 20  # bytes of address space
    hard_memory: int = 2560 << 20
    cpu_s: int = 60
    hard_cpu_s: int = 300
    wall_s: float = 600


class ReadingTask(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be read, or, with `width_px`, a page (1-based) to be drawn."""

    request: Request
    media_type: str
    limits: ProcessLimits
    page: int = 0
    width_px: int = 0


class Read(msgspec.Struct, frozen=True, tag="read"):
    """The file was read."""

    parsed: Parsed


class Drawn(msgspec.Struct, frozen=True, tag="drawn"):
    """The page was drawn, as PNG."""

    png: bytes


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The file was refused; `detail` is for the log and holds nothing of the file."""

    code: str
    message: str
    detail: str = ""


Reply: TypeAlias = Read | Drawn | Refused

_TASK = msgpack_decoder(ReadingTask)
_REPLY = msgpack_decoder(Read | Drawn | Refused)
_ENCODER = msgspec.msgpack.Encoder()


def encode(message: ReadingTask | Reply) -> bytes:
    """Return a message as bytes."""
    return _ENCODER.encode(message)


def task_of(message: bytes) -> ReadingTask:
    """Return the task that a parent sent."""
    return _TASK.decode(message)


def reply_of(message: bytes) -> Reply:
    """Return what a reader answered.

    Raises:
        msgspec.MsgspecError: it is not what a reader may answer.
    """
    return _REPLY.decode(message)


def hints(request: Request) -> Request:
    """Return a request with its hints cut to a length that any process can take."""
    return msgspec.structs.replace(
        request, name=request.name[-_MAX_HINT:], media_type=request.media_type[:_MAX_HINT]
    )
