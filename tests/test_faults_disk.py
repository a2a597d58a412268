"""A full or failing disk: writes are refused, reads go on, nothing acknowledged is lost."""

import shutil
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from faults import NIGHTLY, Nursery, await_file, scratch_folder
from workloads import OPERATIONS

_PAGE = 4096
_CALLS = "write,pwrite64,fsync,fdatasync,ftruncate,rename"


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as opened:
        yield opened


@pytest.fixture
def room() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


@pytest.fixture
def small_disk(room: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(room)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("no file system may be mounted here")
    yield room
    subprocess.run(["umount", str(room)], check=True)


def test_a_full_disk(nursery: Nursery, small_disk: Path) -> None:
    """With room for nothing, for one page, for two, and so on until there is enough."""
    for pages in range(0, 50, 1 if NIGHTLY else 7):
        nursery.succeeds("disk_full", small_disk, pages * _PAGE)


@pytest.mark.parametrize("times", ["once", "always"])
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_each_write_of_the_catalogue_fails(
    nursery: Nursery, room: Path, error: str, times: str
) -> None:
    nursery.succeeds("sqlite_writes_fail", room, error, times)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("times", ["once", "always"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=["new", "replace", "delete", "open"])
def test_each_system_call_fails(
    nursery: Nursery, room: Path, operation: list[str], times: str
) -> None:
    for nth in count(1, 1 if NIGHTLY else 8):
        child = nursery.start("waits_for_faults", room, operation)
        await_file(room / "ready")
        inject = f"inject={_CALLS}:error=EIO:when={nth}{'+' if times == 'always' else ''}"
        strace = subprocess.Popen(
            ["strace", "-f", "-o", room / "trace", "-e", f"trace={_CALLS}", "-e", inject,
             "-p", str(child.pid)],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert strace.stderr
        attached = strace.stderr.readline()
        if "attached" not in attached:
            child.kill()
            child.ended()
            pytest.skip(f"no process may be traced here: {attached}")
        (room / "attached").touch()
        await_file(room / "acted")
        strace.terminate()
        strace.communicate()
        (room / "detached").touch()
        ended = child.ended()
        assert ended.code == 0, "\n".join([f"call {nth}", *ended.told])
        injected = "INJECTED" in (room / "trace").read_text()
        for file in room.iterdir():
            file.unlink()
        assert injected or nth > 1
        if not injected:
            break
