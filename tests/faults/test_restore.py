"""Restoring over what is there: killed at any moment, all is as it was, or as in the backup."""

import random
import shutil
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from faults import (
    CYCLES,
    NIGHTLY,
    Known,
    Nursery,
    assert_whole,
    open_corpus,
    scratch_folder,
    tampered,
    text_of,
)
from workloads import STATES

from citespan.index import Draft
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.disk.folder import OWN_SETTINGS, lock_for_writing, settle
from citespan.index.disk.hashing import sha256_file
from citespan.index.disk.seal import sealed
from citespan.index.errors import BackupInvalid, StoreCorrupt, StoreLocked, StoreMismatch
from citespan.index.transfer.archive import Backup, BackupManifest
from citespan.index.transfer.backup import back_up, restore

POINTS = ("restore.extracted", "restore.decided", "restore.cleared", "restore.renamed")
DAMAGES = ("none", "garbage", "lost")
OLD_SETTINGS, NEW_SETTINGS = (sealed({"retrieval": {"top_k": most}}) for most in (9, 7))


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as opened:
        yield opened


@pytest.fixture
def room(nursery: Nursery) -> Iterator[Path]:
    """A folder with `data`, whose writer was killed, and `backup.zip` of another."""
    with scratch_folder() as made:
        for name, number, own in (("data", 0, OLD_SETTINGS), ("other", 1, NEW_SETTINGS)):
            with open_corpus(made / name) as corpus:
                for one, text in STATES[number].items():
                    corpus.put(Draft(id=one, text=text))
            (made / name / OWN_SETTINGS).write_bytes(own)
        back_up(made / "other", made / "backup.zip")
        assert nursery.run("store_and_die", made / "data", "late", text_of(99)).code == -9
        assert (made / "data" / "catalog.db-wal").stat().st_size
        yield made


def damage(folder: Path, kind: str) -> None:
    if kind == "garbage":
        (folder / "catalog.db").write_bytes(b"garbage" * 1000)
    elif kind == "lost":
        for file in folder.glob("catalog.db*"):
            file.unlink()
        with pytest.raises(StoreCorrupt, match="missing"):
            open_corpus(folder)


def contents(folder: Path) -> dict[str, bytes]:
    """All files but those of locks, and of a restore that was not decided."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in files.items()
        if not name.startswith(("writer.", ".restore-"))
    }


def assert_restored(folder: Path) -> None:
    """All is as in the backup, and nothing is left of what was there."""
    with open_corpus(folder, read_only=True) as reader:
        found = {info.id: reader.get(info.id).text for info in reader.documents().documents}
    assert found == STATES[1]
    assert (folder / OWN_SETTINGS).read_bytes() == NEW_SETTINGS
    (folder / OWN_SETTINGS).unlink()
    known = Known(gone=[*STATES[0].values(), text_of(99)])
    for name, text in STATES[1].items():
        known.put(name, text)
    assert_whole(folder, known)


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point(nursery: Nursery, room: Path, point: str, kind: str) -> None:
    folder, archive = room / "data", room / "backup.zip"
    damage(folder, kind)
    before = contents(folder)
    for _ in range(25 if NIGHTLY and point == "restore.extracted" else 1):
        assert nursery.run("restore_over", archive, folder, point).code == -9
        if point == "restore.extracted":
            assert contents(folder) == before
    if point == "restore.extracted":
        restore(archive, folder, replace=True)
    assert_restored(folder)


@pytest.mark.parametrize("kind", DAMAGES)
def test_what_goes_on_with_it_can_be_killed_too(nursery: Nursery, room: Path, kind: str) -> None:
    damage(room / "data", kind)
    assert nursery.run("restore_over", room / "backup.zip", room / "data", "restore.decided").code
    for point in ("restore.cleared", "restore.cleared", "restore.renamed"):
        assert nursery.run("settle_until", room / "data", point).code == -9
    assert_restored(room / "data")


def test_killed_at_any_time(nursery: Nursery, room: Path) -> None:
    chance, archive, before = random.Random(5), room / "backup.zip", contents(room / "data")  # noqa: S311
    shutil.copytree(room / "data", room / "timed")
    began = time.monotonic()
    nursery.succeeds("restore_over", archive, room / "timed", "")
    whole = time.monotonic() - began
    for cycle in range(CYCLES):
        folder = room / f"copy{cycle}"
        shutil.copytree(room / "data", folder)
        child = nursery.start("restore_over", archive, folder, "")
        time.sleep(chance.uniform(0, whole))
        child.kill()
        child.ended()
        settle(folder)
        if contents(folder) != before:
            assert_restored(folder)


@pytest.mark.parametrize("point", ["restore.decided", "restore.cleared", "restore.renamed"])
def test_no_reader_gets_what_another_is_taking_the_place_of(
    nursery: Nursery, room: Path, point: str
) -> None:
    nursery.run("restore_over", room / "backup.zip", room / "data", point)
    with pytest.raises(StoreLocked, match="was replaced while it was opened"):
        SqliteCatalogue(room / "data" / "catalog.db", {}, read_only=True)
    assert_restored(room / "data")


def test_readers_see_one_or_the_other(nursery: Nursery, room: Path) -> None:
    """Opened while it happens, a corpus is whole, or refused."""
    archives = [room / f"{number}.zip" for number in (0, 1)]
    for number, archive in enumerate(archives):
        with open_corpus(room / str(number)) as corpus:
            for one, text in STATES[number].items():
                corpus.put(Draft(id=one, text=text))
        back_up(room / str(number), archive)
    restore(archives[0], room / "data", replace=True)
    child = nursery.start("read_while_replaced", room)
    try:
        for cycle in range(CYCLES * 2):
            restore(archives[cycle % 2], room / "data", replace=True)
            with open_corpus(room / "data"):
                pass
    finally:
        (room / "over").touch()
    ended = child.ended()
    assert ended.code == 0, ended.told
    assert ended.told[0]["whole"] > 0, ended.told


def test_nothing_changes_unless_the_backup_is_sound(room: Path) -> None:
    folder, archive = room / "data", room / "backup.zip"
    data, before, chance = archive.read_bytes(), contents(folder), random.Random(1)  # noqa: S311
    with zipfile.ZipFile(archive) as packed:
        catalogue = packed.getinfo("default/catalog.db")
    for _ in range(20):
        at = catalogue.header_offset + chance.randrange(100, catalogue.compress_size - 100)
        (room / "damaged").write_bytes(data[:at] + chance.randbytes(50) + data[at + 50 :])
        with pytest.raises(BackupInvalid):
            restore(room / "damaged", folder, replace=True)
        assert contents(folder) == before
    assert not list(folder.glob(".restore*"))


def test_a_backup_of_a_later_version_replaces_nothing(room: Path) -> None:
    tampered(room / "other", "UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    before = contents(room / "data")
    other = room / "other" / "catalog.db"
    size, sha256 = other.stat().st_size, sha256_file(other)
    made = Backup(created_at="", documents=0, chunks=0, sha256=sha256, size_bytes=size)
    with zipfile.ZipFile(room / "later.zip", "w") as packed:
        manifest = BackupManifest(collections={"default": made})
        packed.writestr("manifest.json", msgspec.json.encode(manifest))
        packed.write(other, "default/catalog.db")
    with pytest.raises(StoreMismatch, match="'99'"):
        restore(room / "later.zip", room / "data", replace=True)
    assert contents(room / "data") == before


def test_it_is_refused_while_another_writes(room: Path) -> None:
    before = contents(room / "data")
    lock = lock_for_writing(room / "data")
    with pytest.raises(StoreLocked, match=r"is writing to .*data; stop it"):
        restore(room / "backup.zip", room / "data", replace=True)
    lock.release()
    assert contents(room / "data") == before
