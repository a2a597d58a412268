"""The memory that a process has, and the most that it has had."""

import resource
import sys
from pathlib import Path


def peak_bytes(pid: int | None = None) -> int | None:
    """Peak resident memory of a running process, by default this one.

    None for another process where the system has no /proc. Linux's `ru_maxrss` would do only for
    large processes: a child begins with its parent's.
    """
    found = _told(str(pid or "self"), "VmHWM:")
    if found or pid:
        return found
    return in_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def resident_bytes(pid: int) -> int | None:
    """Resident memory of a running process; None where the system has no /proc."""
    return _told(str(pid), "VmRSS:")


def in_bytes(maxrss: int) -> int:
    """`ru_maxrss` in bytes: macOS counts in bytes, Linux in KiB."""
    return maxrss if sys.platform == "darwin" else maxrss * 1024


def _told(process: str, name: str) -> int | None:
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return None
    lines = status.read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
