"""The process of one file: limits first, then the reader, then one answer."""

import gc
import importlib
import os
import resource
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from citespan.index.parse.formats import reader_of
from citespan.index.parse.isolation.kernel import missing
from citespan.index.parse.isolation.landlock import restrict_paths
from citespan.index.parse.isolation.outcome import memory
from citespan.index.parse.isolation.seccomp import restrict_calls
from citespan.index.parse.isolation.wire import (
    MAX_REPLY,
    Drawn,
    ProcessLimits,
    Read,
    ReadingTask,
    Refused,
    Reply,
    encode,
    task_of,
)
from citespan.index.parse.request import Unreadable

SOURCE, ANSWER = 3, 4  # the descriptors of a reader's process: the file, and a pipe


def run() -> None:
    """Read the task and the file from `SOURCE`, and write the answer to `ANSWER`."""
    gc.disable()  # the process ends soon, and takes all with it
    size = os.fstat(SOURCE).st_size
    content = _read(SOURCE, size)
    length = int.from_bytes(content[:8], "little")
    task = task_of(content[8 : 8 + length])
    data = content[8 + length :]
    del content
    reply = encode(_refusing(task, lambda: _answer(task, data)))
    if len(reply) > MAX_REPLY:
        reply = encode(Refused("too_large", "the text and its places are too large to be stored"))
    _write(ANSWER, reply)


def _answer(task: ReadingTask, data: bytes) -> Reply:
    name = reader_of(task.media_type)
    if not name:
        raise Unreadable("unsupported", f"citespan does not read {task.media_type}")
    try:
        reader = importlib.import_module(name)  # before the doors close: it opens files
    except ModuleNotFoundError as error:
        needs = f"reading {task.media_type} needs {error.name}, which is not installed"
        raise Unreadable("unsupported", needs) from None
    _restrict(task.limits, getattr(reader, "READABLE", ()))
    if task.width_px:
        return Drawn(reader.render(data, task.page, task.width_px, task.request.password))
    return Read(reader.read(data, task.request))


def _restrict(limits: ProcessLimits, readable: tuple[Path, ...]) -> None:
    """Close all doors that this machine can close; the parent has logged what is missing."""
    lacking = missing()
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.hard_cpu_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.hard_memory))
        for restrict in (lambda: restrict_paths(readable), restrict_calls):
            try:
                restrict()
            except OSError:
                if not lacking:
                    raise


def _refusing(task: ReadingTask, work: Callable[[], Reply]) -> Reply:
    """Return what a reader returns, or why it did not."""
    try:
        return work()
    except Unreadable as error:
        return Refused(error.code, str(error))
    except MemoryError:
        refusal = memory(task.limits)
        return Refused(refusal.code, str(refusal))
    except RecursionError:
        return Refused("corrupt", "the file is nested too deeply to be read")
    except Exception as error:  # noqa: BLE001  (any failure of a reader is an answer)
        return Refused("crashed", "the reader of this format failed on this file", _where(error))


def _where(error: BaseException) -> str:
    """Return the kind and the place of an error, without its message: that may quote the file."""
    frames: Any = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames[-4:]))
    file = getattr(error, "filename", None)
    return f"{type(error).__name__} {Path(str(file)).name[:60] if file else ''} at {places}"


def _read(descriptor: int, size: int) -> bytes:
    parts: list[bytes] = []
    at = 0
    while at < size:
        parts.append(os.pread(descriptor, size - at, at))
        at += len(parts[-1])
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _write(descriptor: int, message: bytes) -> None:
    view = memoryview(message)
    while view:
        view = view[os.write(descriptor, view) :]
