"""What strace saw of a process, and what of it a power cut would undo.

A file's bytes survive once they are synced, and its name once its folder is; a name may be given
only to what survives already. `Disk` goes through the system calls of a trace by these rules.
"""

import re
import subprocess
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Protocol, TypeAlias

import pytest
from faults import Child

NAMING = "open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir"
WRITING = "write,writev,pwrite64,ftruncate,fsync,fdatasync,sendto,sendmsg"
# What is rebuilt from the catalogue, says who has the folder, or holds room: not promised.
_UNPROMISED = re.compile(r"-shm$|/writer\.(lock|pid)$|/build-\d+(/|$)|/reserve$|\.log$")
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (\d+)(?:<.*>)?$")
_UNFINISHED = re.compile(r"(.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")
_OPEN_FILE = re.compile(r"\d+<([^>]*)>")
_PATH = re.compile(r'(?:AT_FDCWD|\d+)<([^>]*)>, "((?:[^"\\]|\\.)*)"|"((?:[^"\\]|\\.)*)"')

Call: TypeAlias = tuple[str, str]  # its name, and its arguments as strace writes them


class Traceable(Protocol):
    """A process of a test."""

    pid: int

    def kill(self) -> None: ...


@contextmanager
def traced(process: Traceable, trace: Path, *options: str) -> Generator[None]:
    """Trace a process and its threads while the block runs; skip where strace cannot do that."""
    try:
        command = ["strace", "-f", "-o", str(trace), *options, "-p", str(process.pid)]
        strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        _skip(process, "strace is not installed")
    with strace:
        assert strace.stderr
        said: list[str] = []
        for line in strace.stderr:  # `-P` says first which paths it takes
            said.append(line)
            if "attached" in line or "ptrace" in line:
                break
        if "attached" not in said[-1]:
            _skip(process, f"no process may be traced here: {said[-1]}")
        try:
            yield
        finally:
            strace.terminate()
            strace.communicate()


def _skip(process: Traceable, reason: str) -> NoReturn:
    process.kill()  # it may be waiting
    if isinstance(process, Child):
        process.ended()
    pytest.skip(reason)


def calls(trace: Iterable[str]) -> Iterator[Call]:
    """The calls of a trace that succeeded, in the order in which they ended."""
    begun: dict[str, str] = {}
    for line in trace:
        pid, _, call = line.rstrip("\n").partition(" ")
        call = call.lstrip()
        if unfinished := _UNFINISHED.match(call):
            begun[pid] = unfinished[1]
            continue
        if resumed := _RESUMED.match(call):
            call = begun.pop(pid) + resumed[1]
        if found := _CALL.match(call):
            yield found[1], found[2]


@dataclass
class Disk:
    """Files below a folder as a power cut would leave them.

    `unsynced` are the files with bytes that are not on the disk, `unlisted` the names that their
    folders may not have there; `broken` says where something took a name too early.
    """

    root: Path
    known: set[str] = field(default_factory=set[str])
    unsynced: set[str] = field(default_factory=set[str])
    unlisted: set[str] = field(default_factory=set[str])
    broken: list[str] = field(default_factory=list[str])

    def apply(self, call: Call) -> None:
        """What a call changes."""
        name, arguments = call
        if name in {"fsync", "fdatasync"}:
            self._sync(_opened(arguments))
        elif name in {"write", "writev", "pwrite64", "ftruncate"}:
            self._write(name, arguments)
        elif name.startswith("rename"):
            self._rename(*_paths(arguments)[:2])
        elif name.startswith("mkdir") or (name in {"open", "openat"} and "O_CREAT" in arguments):
            self._make(_paths(arguments)[0])
        elif name in {"unlink", "unlinkat", "rmdir"}:
            self._forget(_paths(arguments)[0])

    def at_risk(self) -> list[str]:
        """What was promised and a power cut would take."""
        return sorted(
            path for path in self.unsynced | self.unlisted if not _UNPROMISED.search(path)
        )

    def _sync(self, path: str) -> None:
        self.unsynced.discard(path)
        self.unlisted = {one for one in self.unlisted if _folder(one) != path}

    def _write(self, name: str, arguments: str) -> None:
        path = _opened(arguments)
        if not self._below(path):
            return
        if name == "ftruncate" and path.endswith("-wal") and arguments.endswith(", 0"):
            # Nothing is lost if the log comes back: the file holds the same by now.
            if path.removesuffix("-wal") in self.unsynced:
                self.broken.append(f"{path} emptied before its file was synced")
            self.unsynced.discard(path)
            return
        self.unsynced.add(path)
        if path not in self.known:
            self.known.add(path)
            self.unlisted.add(path)

    def _make(self, path: str) -> None:
        """A log counts from its first byte on: who only reads makes an empty one."""
        if self._below(path) and path not in self.known and not path.endswith("-wal"):
            self.known.add(path)
            self.unlisted.add(path)

    def _rename(self, old: str, new: str) -> None:
        if not self._below(new):
            return
        early = [path for path in self.at_risk() if path != old and _is_within(path, old)]
        early += {old} & self.unsynced
        self.broken += [f"{path} was not synced when it became {new}" for path in early]
        for paths in (self.known, self.unsynced, self.unlisted):
            moved = {path for path in paths if _is_within(path, old)}
            paths.difference_update(moved)
            paths.update(new + path.removeprefix(old) for path in moved)
        self.known.add(new)
        self.unlisted |= {old, new}

    def _forget(self, path: str) -> None:
        for paths in (self.known, self.unsynced, self.unlisted):
            paths.difference_update([one for one in paths if _is_within(one, path)])

    def _below(self, path: str) -> bool:
        return _is_within(path, str(self.root))


def listed(root: Path) -> set[str]:
    """All that is below a folder."""
    return {str(path) for path in root.rglob("*")}


def _opened(arguments: str) -> str:
    found = _OPEN_FILE.match(arguments)
    return found[1] if found else ""


def _paths(arguments: str) -> list[str]:
    """The paths that a call names, from the root."""
    found = _PATH.findall(arguments)
    return [str(Path(folder or "/") / name) if name else plain for folder, name, plain in found]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
