"""The most memory that a process has had."""

import resource
import sys
from pathlib import Path


def peak_bytes(pid: int | None = None) -> int | None:
    """Peak resident memory of a running process, by default this one.

    None for another process where the system has no /proc. Linux's `ru_maxrss` would do only for
    large processes: a child begins with its parent's.
    """
    status = Path(f"/proc/{pid or 'self'}/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    return None if pid else in_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def in_bytes(maxrss: int) -> int:
    """`ru_maxrss` in bytes: macOS counts in bytes, Linux in KiB."""
    return maxrss if sys.platform == "darwin" else maxrss * 1024
