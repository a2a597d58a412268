"""The resident memory of a process, and its peak."""

import resource
import sys
from pathlib import Path


def peak_bytes(pid: int | None = None) -> int | None:
    """Return the peak resident memory of a running process, by default this one.

    None for another process if the system has no /proc. Linux's `ru_maxrss` would be right only for
    large processes: a child begins with its parent's.
    """
    found = _status(str(pid or "self"), "VmHWM:")
    if found or pid:
        return found
    return in_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def resident_bytes(pid: int) -> int | None:
    """Return the resident memory of a running process; None if the system has no /proc."""
    return _status(str(pid), "VmRSS:")


def in_bytes(maxrss: int) -> int:
    """Return `ru_maxrss` in bytes: macOS counts in bytes, Linux in KiB."""
    return maxrss if sys.platform == "darwin" else maxrss * 1024


def _status(process: str, name: str) -> int | None:
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return None
    lines = status.read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
