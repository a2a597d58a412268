"""Killed at any moment, a corpus holds what was acknowledged: whole, once, and nothing more."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import (
    CYCLES,
    NIGHTLY,
    Ended,
    Known,
    Nursery,
    assert_whole,
    open_corpus,
    remove,
    scratch_folder,
    text_of,
)
from workloads import KINDS

from citespan.index import Draft
from citespan.index.disk.crashpoints import POINTS, Point
from citespan.index.disk.folder import settle
from citespan.index.transfer.backup import restore

REMAKING: list[Point] = [
    "lexical.changed", "lexical.committed", "lexical.merged", "lexical.recorded", "vectors.built",
    "vectors.written", "vectors.renamed", "vectors.recorded",
]  # fmt: skip
_KILLS_A_POINT = 25 if NIGHTLY else 3
_KIND_OF = {
    "backup": "restore", "restore": "restore", "vectors": "resize", "build": "reindex",
}  # fmt: skip


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as opened:
        yield opened


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a corpus and its backups may be."""
    with scratch_folder() as made:
        yield made / "data"


def checked(folder: Path, known: Known, ended: Ended) -> Known:
    """What is stored after a child was killed, which must be right."""
    assert ended.code == -9, ended.told[-1:]
    done, pending = ended.operations()
    archived: dict[str, Known] = {}
    for action, *values in done:
        if action == "back_up":
            archived[values[0]] = known.copy()
        elif action != "restore":
            known.apply([action, *values])
    if pending and pending[0] in {"back_up", "restore"}:
        archive = Path(pending[1])
        if archive.exists():
            whole_archive(archive, archived.get(str(archive), known))
        pending = None
    elif archived:
        last = list(archived)[-1]
        whole_archive(Path(last), archived[last])
    for path in folder.parent.iterdir():
        if path != folder:
            remove(path) if path.is_dir() else path.unlink()
    return assert_whole(folder, known, pending)


def whole_archive(archive: Path, known: Known) -> None:
    """It is a backup of what was known; where it was being restored, that is done or can be."""
    target = archive.with_suffix("")
    settle(target)
    if not (target / "catalog.db").exists():
        restore(archive, target)
    assert_whole(target, known)
    assert list(target.glob(".restore-*")) == []


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_any_time(nursery: Nursery, folder: Path, kind: str) -> None:
    """One corpus goes through all the kills, so that what they leave behind adds up."""
    known, chance = Known(), random.Random(kind)  # noqa: S311
    for cycle in range(-(-CYCLES // len(KINDS))):
        child = nursery.start("work", folder, cycle, kind, "")
        time.sleep(chance.uniform(0, 0.3))
        child.kill()
        known = checked(folder, known, child.ended())


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point(nursery: Nursery, folder: Path, point: str) -> None:
    known = Known()
    kind = _KIND_OF.get(point.partition(".")[0], "")
    for cycle in range(_KILLS_A_POINT):
        nth = 1 + cycle % (2 if kind == "restore" else 5)
        ended = nursery.run("work", folder, cycle, kind, f"{point}:{nth}")
        known = checked(folder, known, ended)


@pytest.mark.parametrize("what", ["gone", "damaged"])
@pytest.mark.parametrize("point", REMAKING)
def test_killed_while_derived_files_are_made_again(
    nursery: Nursery, folder: Path, point: str, what: str
) -> None:
    """And killed once more at the same place, unless that was all; what is made then is whole."""
    known = Known()
    with open_corpus(folder) as corpus:
        for number in range(9):
            known.put(f"d{number % 6}", text_of(number, 5))
            corpus.put(Draft(id=f"d{number % 6}", text=text_of(number, 5)))
        corpus.health.measure_vectors()
    for file in [path for path in folder.glob("build-*/**/*") if path.is_file()]:
        if what == "gone":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:-1] + b"?")
    again = 0 if point.endswith("recorded") else -9
    assert [nursery.run("remake", folder, point).code for _ in range(2)] == [-9, again]
    assert_whole(folder, known)
