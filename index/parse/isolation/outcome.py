"""How a reader's process ended, as a reason that a person can read."""

import os
import signal

import msgspec

from citespan.index.parse.isolation.wire import ProcessLimits
from citespan.index.parse.request import Unreadable

_ADVICE = "split the file, or save it again with another program"
_MUCH = 0.6  # of the limit: a process near it that dies, died of it


class Ended(msgspec.Struct, frozen=True):
    """The end of a process: its wait status, peak memory in bytes, and processor time."""

    status: int
    peak: int
    cpu_s: float


def failure(ended: Ended, limits: ProcessLimits, *, late: bool) -> Unreadable:
    """Return why a process ended without an answer; `late` if the parent had it ended."""
    number = os.WTERMSIG(ended.status) if os.WIFSIGNALED(ended.status) else 0
    if late:
        return Unreadable("timeout", f"reading took longer than {limits.wall_s:.0f} s; {_ADVICE}")
    if number == signal.SIGXCPU or ended.cpu_s >= limits.hard_cpu_s:
        seconds = f"{ended.cpu_s:.0f} s of processor time"
        return Unreadable("timeout", f"reading took longer than {seconds}; {_ADVICE}")
    if number == signal.SIGKILL or ended.peak > _MUCH * limits.memory:
        return memory(limits)
    name = signal.Signals(number).name if number else f"status {ended.status}"
    return Unreadable("crashed", f"the reader of this format crashed ({name}); {_ADVICE}")


def memory(limits: ProcessLimits) -> Unreadable:
    """Return the refusal of a file that needs too much memory."""
    size = f"{limits.memory / (1 << 30):.1f} GB"
    return Unreadable("memory", f"reading needed more than {size} of memory; {_ADVICE}")
