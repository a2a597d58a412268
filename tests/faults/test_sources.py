"""Killed at any point of a sync, the next one ends in the right state and reads nothing twice."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import NIGHTLY, Nursery, open_corpus, scratch_folder, text_of

from citespan.index.disk.crashpoints import Point
from citespan.index.reading import FileReader
from citespan.qa.sources import SyncRules, sync
from citespan.qa.sources.kinds import FolderSource
from citespan.qa.sources.types import Content, SourceEntry

_KILLS = 25 if NIGHTLY else 2
_POINTS: list[Point] = [
    "catalogue.half-stored", "catalogue.before-commit", "catalogue.after-commit",
    "lexical.changed", "lexical.committed", "lexical.recorded",
]  # fmt: skip


class Counted(FolderSource):
    """A folder that knows which of its files were read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reads: list[str] = []

    def read(self, entry: SourceEntry, known: str) -> Content | None:
        self.reads.append(entry.key)
        return super().read(entry, known)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as opened:
        yield opened


@pytest.fixture
def place() -> Iterator[Path]:
    with scratch_folder() as made:
        (made / "notes").mkdir()
        yield made


def change(folder: Path, chance: random.Random, number: int) -> None:
    """Write two files, rename one and remove one."""
    names = sorted(path.name for path in folder.iterdir())
    if len(names) > 3:
        old, gone = chance.sample(names, 2)
        (folder / old).rename(folder / f"moved{number}.txt")
        (folder / gone).unlink()
    for at in range(3):
        name = f"{chance.randrange(6)}.txt"
        (folder / name).write_text(text_of(100 * number + at, 2))


@pytest.mark.parametrize("point", _POINTS)
def test_killed_at_a_point_of_a_sync(nursery: Nursery, place: Path, point: str) -> None:
    chance = random.Random(point)  # noqa: S311
    folder, killed = place / "notes", 0
    for number in range(_KILLS):
        change(folder, chance, number)
        ended = nursery.run("sync_folder", place / "data", folder, f"{point}:{1 + number % 4}")
        assert ended.code in {0, -9}, ended.told
        killed += ended.code == -9
        with open_corpus(place / "data") as corpus:
            states = {one.key: one for one in corpus.tracking.of("notes")}
            source = Counted(folder)
            done = {
                entry.key
                for entry in source.entries()
                if entry.key in states and states[entry.key].version == entry.version
            }
            report = sync(corpus, "notes", source, SyncRules(force=True), files=FileReader())
            assert report.in_step
            assert done.isdisjoint(source.reads)
            stored = {
                one.key: corpus.get(one.document_id or "").text
                for one in corpus.tracking.of("notes")
            }
            assert stored == {path.name: path.read_text() for path in folder.iterdir()}
            assert corpus.counts()[0] == len(stored)
            assert corpus.health.check() == []
    assert killed
