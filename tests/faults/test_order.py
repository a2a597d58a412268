"""What is acknowledged survives a power cut: written, synced, renamed, its folder synced, said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import Nursery, await_file, scratch_folder
from tracing import NAMING, WRITING, Disk, calls, listed, traced
from workloads import ORDERED


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as opened:
        yield opened


@pytest.fixture
def room() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


@pytest.mark.parametrize("kind", ORDERED)
def test_what_is_acknowledged_is_on_the_disk(nursery: Nursery, room: Path, kind: str) -> None:
    child = nursery.start("in_order", room, kind)
    await_file(room / "ready")
    disk = Disk(room, listed(room))
    with traced(child, room / "trace.log", "-y", "-s", "32", "-e", f"trace={NAMING},{WRITING}"):
        (room / "attached").touch()
        await_file(room / "acted")
    (room / "detached").touch()
    ended = child.ended()
    assert ended.code == 0, ended.told
    told = 0
    for call in calls((room / "trace.log").read_text().splitlines()):
        disk.apply(call)
        if call[0] == "write" and "acknowledged" in call[1]:
            told += 1
            assert disk.at_risk() == [], told
    assert told == len(ended.told) > 0
    assert disk.broken == []
