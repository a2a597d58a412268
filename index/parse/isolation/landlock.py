"""Landlock of Linux, by ctypes: a process that can open no path, but below a few folders."""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same on all architectures
_VERSION, _BENEATH = 1, 1
_READ = 1 << 2 | 1 << 3  # files and folders
_NO_NEW_PRIVILEGES = 38

# Bits of access that a version of Landlock knows: files, connections, and what leaves the domain.
_FILES = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_CONNECTIONS = {4: 2}
_SCOPES = {6: 2}


def version() -> int:
    """Return the version of Landlock in the kernel; 0 if there is none."""
    return max(0, int(_libc().syscall(_CREATE, None, 0, _VERSION)))


def restrict_paths(readable: Iterable[Path] = ()) -> None:
    """Refuse this process all paths, but reading below those given.

    Raises:
        OSError: the kernel has no Landlock.
    """
    libc, have = _libc(), version()
    if not have:
        raise OSError(ctypes.get_errno(), "landlock")
    words = [(1 << _known(table, have)) - 1 for table in (_FILES, _CONNECTIONS, _SCOPES)]
    words = words[: 1 if have < min(_CONNECTIONS) else 2 if have < min(_SCOPES) else 3]
    attributes = struct.pack(f"<{len(words)}Q", *words)
    rules = libc.syscall(_CREATE, attributes, len(attributes), 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    try:
        for path in filter(Path.exists, readable):
            _allow(libc, rules, path)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if libc.syscall(_RESTRICT, rules, 0):
            raise OSError(ctypes.get_errno(), "landlock")
    finally:
        os.close(rules)


def _known(table: dict[int, int], have: int) -> int:
    return max((bits for since, bits in table.items() if since <= have), default=0)


def _allow(libc: ctypes.CDLL, rules: int, path: Path) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("<Qi", _READ, folder)
        if libc.syscall(_ADD_RULE, rules, _BENEATH, rule, 0):
            raise OSError(ctypes.get_errno(), "landlock", str(path))
    finally:
        os.close(folder)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
