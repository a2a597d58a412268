"""A full or failing disk: writes are refused, reads go on, nothing acknowledged is lost."""

import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from faults import NIGHTLY, Nursery, await_file, scratch_folder
from tracing import traced
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


def test_no_descriptor_is_left(nursery: Nursery, room: Path) -> None:
    """With room for no open file more, for one, for two, and so on until there is enough."""
    for free in range(0, 16, 1 if NIGHTLY else 3):
        nursery.succeeds("descriptors_run_out", room, free)


def test_a_disk_that_becomes_read_only(nursery: Nursery, small_disk: Path) -> None:
    nursery.succeeds("disk_becomes_read_only", small_disk)


@pytest.mark.parametrize(
    ("error", "times"), [("EIO", "once"), ("EIO", "always"), ("EROFS", "once")]
)
@pytest.mark.parametrize("operation", OPERATIONS, ids=["new", "replace", "delete", "open"])
def test_each_system_call_fails(
    nursery: Nursery, room: Path, operation: list[str], error: str, times: str
) -> None:
    for nth in count(1, 1 if NIGHTLY else 13):
        child = nursery.start("waits_for_faults", room, operation)
        await_file(room / "ready")
        inject = f"inject={_CALLS}:error={error}:when={nth}{'+' if times == 'always' else ''}"
        with traced(child, room / "trace", "-e", f"trace={_CALLS}", "-e", inject):
            (room / "attached").touch()
            await_file(room / "acted")
        (room / "detached").touch()
        ended = child.ended()
        assert ended.code == 0, "\n".join([f"call {nth}", *ended.told])
        injected = "INJECTED" in (room / "trace").read_text()
        for file in room.iterdir():
            file.unlink()
        assert injected or nth > 1
        if not injected:
            break
