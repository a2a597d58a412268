"""What this machine lacks for the isolation of readers."""

import platform
import sys
from pathlib import Path

from citespan.index.parse.isolation.landlock import version
from citespan.index.parse.isolation.seccomp import MACHINES

_SECCOMP = Path("/proc/sys/kernel/seccomp/actions_avail")


def missing() -> list[str]:
    """Return what cannot be forbidden to a reader here, as sentences; empty if all can."""
    if sys.platform != "linux":
        return [f"{sys.platform} lets readers of files open sockets and other files"]
    found: list[str] = []
    if not _SECCOMP.exists() or platform.machine() not in MACHINES:
        found.append("seccomp is missing: readers of files could open sockets and start programs")
    if not version():
        found.append("Landlock is missing: readers of files could open other files")
    return found
