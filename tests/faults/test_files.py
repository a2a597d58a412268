"""Readers, the process that stores, or both are killed while files of many kinds are ingested."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from faults import NIGHTLY, Child, Ended, Known, Nursery, assert_whole, scratch_folder
from workloads import FILES

_KILLS = 20 if NIGHTLY else 2  # of each kind
# Why a file is not stored whose reader was killed; the system kills so what takes too much memory.
_REFUSED = {"crashed", "memory"}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as opened:
        yield opened


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made / "data"


def below(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *below(child)]
    return found


def is_there(pid: int) -> bool:
    with suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    return False


def checked(folder: Path, known: Known, ended: Ended) -> tuple[Known, set[str]]:
    """What is stored, which must be what was told; and the reasons why files were not."""
    pending: list[str] | None = None
    refused: set[str] = set()
    for line in ended.told:
        if line == "done":
            assert pending
            known.apply(pending)
            pending = None
        elif line[0] == "refused":
            refused.add(line[1])
        else:
            pending = line
    return assert_whole(folder, known, pending), refused


def kill_readers(child: Child, chance: random.Random, times: int) -> int:
    """Kill readers, or now and then the process that starts them; how many were killed."""
    killed = 0
    while killed < times and is_there(child.pid):
        time.sleep(0.001)
        started = below(child.pid)
        if len(started) > 1 or (started and chance.random() < 0.02):
            with suppress(ProcessLookupError):
                os.kill(started[-1], signal.SIGKILL)
                killed += 1
            time.sleep(chance.uniform(0, 0.1))
    return killed


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc of Linux")
@pytest.mark.parametrize("who", ["reader", "parent", "both"])
def test_killed_while_files_are_read(nursery: Nursery, folder: Path, who: str) -> None:
    known, chance = Known(), random.Random(who)  # noqa: S311  (moments, not secrets)
    killed = 0
    for cycle in range(_KILLS if who != "reader" else -(-_KILLS // 3)):
        child = nursery.start("read_files", folder, cycle)
        if who != "parent":
            killed += kill_readers(child, chance, 3 if who == "reader" else 1)
        left = below(child.pid)
        if who != "reader":
            time.sleep(chance.uniform(0, 0.3))
            left += below(child.pid)
            child.kill()
        ended = child.ended()
        assert ended.code == (0 if who == "reader" else -9), ended.told[-1:]
        known, refused = checked(folder, known, ended)
        assert refused <= _REFUSED
        while any(map(is_there, left)):  # until the time limit of a test
            time.sleep(0.01)
    if who == "reader":
        assert killed
        ended = nursery.run("read_files", folder, 0)
        known, refused = checked(folder, known, ended)
        assert (ended.code, refused, len(known.current())) == (0, set(), FILES)
