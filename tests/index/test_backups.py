"""One backup of many folders: each whole and true; what is damaged stops none of the others."""

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from contracts import chunks_of
from index_backups import below
from strategies import document

from citespan.index import Span
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.disk.folder import OWN_SETTINGS, lock_for_writing, settle
from citespan.index.disk.seal import sealed
from citespan.index.errors import BackupInvalid, StoreError, StoreLocked, StoreUnavailable
from citespan.index.transfer.archive import manifest_of
from citespan.index.transfer.backup import back_up, back_up_all, restore, restore_all

TEXTS = {"default": "The first 𝔘.", "trade": "Copper grew.", "cats": "Cats sleep."}


def own_of(name: str) -> dict[str, dict[str, str]]:
    return {"of": {"name": name}}


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Three collections, two with settings of their own, and one that holds nothing yet."""
    place = below(tmp_path / "data")
    for name, text in TEXTS.items():
        folder = place(name)
        folder.mkdir(parents=True)
        if name != "default":
            (folder / OWN_SETTINGS).write_bytes(sealed(own_of(name)))
        catalogue = SqliteCatalogue(folder / "catalog.db", {"embedder": "x"})
        one = document(text, id=name)
        catalogue.store(one, chunks_of(one, Span(0, 4)), np.ones((1, 2), dtype=np.float32))
        catalogue.close()
    place("empty").mkdir()
    return {name: place(name) for name in (*TEXTS, "empty")}


def assert_restored(root: Path, names: tuple[str, ...] = tuple(TEXTS)) -> None:
    for name in names:
        folder = below(root)(name)
        catalogue = SqliteCatalogue(folder / "catalog.db", {}, read_only=True)
        assert catalogue.document(name).text == TEXTS[name]
        assert catalogue.check() == []
        catalogue.close()
        own = folder / OWN_SETTINGS
        assert (own.read_bytes() if own.exists() else None) == (
            None if name == "default" else sealed(own_of(name))
        )


def test_all_come_back_with_their_settings(folders: dict[str, Path], tmp_path: Path) -> None:
    file, new = tmp_path / "all.zip", tmp_path / "new"
    made = back_up_all(folders, file)
    assert {name: one.documents for name, one in made.collections.items()} == dict.fromkeys(
        TEXTS, 1
    )
    assert manifest_of(file) == made
    assert made.every
    assert restore_all(file, new, below(new)) == made
    assert_restored(new)
    with pytest.raises(BackupInvalid, match="holds 3 collections"):
        restore(file, tmp_path / "other")
    back_up(folders["trade"], tmp_path / "one.zip")
    assert not manifest_of(tmp_path / "one.zip").every


def test_a_damaged_one_is_named_and_the_others_are_there(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    (folders["trade"] / "catalog.db").write_bytes(b"garbage" * 1000)
    told: dict[str, StoreError] = {}
    made = back_up_all(folders, tmp_path / "all.zip", told.__setitem__)
    assert (list(made.collections), made.left_out) == (["default", "cats"], ("trade",))
    assert "damaged" in str(told["trade"])
    restore_all(tmp_path / "all.zip", tmp_path / "new", below(tmp_path / "new"))
    assert_restored(tmp_path / "new", ("default", "cats"))


def test_nothing_sound_is_no_backup(folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="nothing to back up"):
        back_up_all({"empty": folders["empty"]}, tmp_path / "all.zip")
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(StoreUnavailable, match="exists"):
        back_up_all(folders, tmp_path / "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "mine"]


def test_nothing_is_put_where_something_is(folders: dict[str, Path], tmp_path: Path) -> None:
    back_up_all(folders, tmp_path / "all.zip")
    new = tmp_path / "new"
    restore_all(tmp_path / "all.zip", new, below(new))
    changed = SqliteCatalogue(below(new)("trade") / "catalog.db", {"embedder": "x"})
    changed.delete("trade")
    changed.close()
    (new / "catalog.db").unlink()
    with pytest.raises(StoreUnavailable, match=r"^[^,]*trade holds documents already"):
        restore_all(tmp_path / "all.zip", new, below(new))
    assert not (new / "catalog.db").exists()
    lock = lock_for_writing(tmp_path / "busy")
    with pytest.raises(StoreLocked):
        restore_all(tmp_path / "all.zip", tmp_path / "busy", below(tmp_path / "busy"))
    lock.release()


def test_damage_is_found_wherever_it_is(folders: dict[str, Path], tmp_path: Path) -> None:
    """60 flipped bits, 20 cuts: all is restored as it was stored, or nothing is."""
    back_up_all(folders, tmp_path / "all.zip")
    data, random = (tmp_path / "all.zip").read_bytes(), np.random.default_rng(3)
    damaged = [data[: int(at)] for at in random.integers(len(data), size=20)]
    for at in random.integers(len(data), size=60):
        flipped = bytearray(data)
        flipped[at] ^= 1 << int(random.integers(8))
        damaged.append(bytes(flipped))
    refused = 0
    for number, content in enumerate(damaged):
        (tmp_path / "damaged").write_bytes(content)
        new = tmp_path / f"new{number}"
        try:
            restore_all(tmp_path / "damaged", new, below(new))
        except BackupInvalid:
            assert not list(new.rglob("catalog.db"))
            refused += 1
            continue
        assert_restored(new)  # a date was changed, say
    assert refused > 60, refused


def changed(root: Path) -> None:
    """Other documents and settings in all of them, and one of them is damaged."""
    for name in TEXTS:
        folder = below(root)(name)
        catalogue = SqliteCatalogue(folder / "catalog.db", {"embedder": "x"})
        one = document("Later.", id="later")
        catalogue.store(one, chunks_of(one, Span(0, 4)), np.ones((1, 2), dtype=np.float32))
        catalogue.close()
        (folder / OWN_SETTINGS).write_bytes(sealed({"of": {"name": "later"}}))
    (below(root)("cats") / "catalog.db").write_bytes(b"garbage" * 1000)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in ("catalog.db", OWN_SETTINGS)}


def test_all_are_replaced_or_none(folders: dict[str, Path], tmp_path: Path) -> None:
    back_up_all(folders, tmp_path / "all.zip")
    root = tmp_path / "data"
    changed(root)
    shutil.copytree(below(root)("trade"), below(root)("not in it"))
    before = {name: contents(folders[name]) for name in TEXTS}
    lock = lock_for_writing(folders["trade"])
    with pytest.raises(StoreLocked, match="trade"):
        restore_all(tmp_path / "all.zip", root, below(root), replace=True)
    lock.release()
    assert {name: contents(folders[name]) for name in TEXTS} == before
    restore_all(tmp_path / "all.zip", root, below(root), replace=True)
    assert_restored(root)
    assert contents(below(root)("not in it")) == before["trade"]


@pytest.mark.parametrize(
    "point",
    ["restore.extracted"]
    + [
        f"restore.{place}:{nth}" for place in ("decided", "cleared", "renamed") for nth in (1, 2, 3)
    ],
)
def test_killed_while_all_are_replaced_each_is_old_or_new(
    folders: dict[str, Path], tmp_path: Path, point: str
) -> None:
    root, file = tmp_path / "data", tmp_path / "all.zip"
    back_up_all(folders, file)
    new = {name: sealed(own_of(name)) for name in TEXTS if name != "default"}
    changed(root)
    before = {name: contents(folders[name]) for name in TEXTS}
    assert run_child("replace", file, root, point) == -signal.SIGKILL
    done = int(point[-1]) if point[-1].isdigit() else 0
    for name in list(TEXTS)[:done]:
        settle(folders[name])
        assert_restored(root, (name,))
        assert (folders[name] / OWN_SETTINGS).exists() is (name in new)
    for name in list(TEXTS)[done:]:
        settle(folders[name])
        assert contents(folders[name]) == before[name]
    restore_all(file, root, below(root), replace=True)
    assert_restored(root)
    assert not list(root.rglob(".restore*"))


_CHILD = """
import sys
from pathlib import Path
from index_backups import below
from citespan.index.transfer.backup import back_up_all, restore_all
file, root = Path(sys.argv[2]), Path(sys.argv[3])
if sys.argv[1] == "backup":
    back_up_all({name: below(root)(name) for name in ("default", "trade", "cats")}, file)
else:
    restore_all(file, root, below(root), replace=sys.argv[1] == "replace")
"""


def run_child(action: str, file: Path, root: Path, point: str) -> int:
    here = Path(__file__).parent.parent
    environ = os.environ | {
        "PYTHONPATH": f"{here.parent}{os.pathsep}{here / 'support'}", "CITESPAN_CRASH_AT": point,
    }  # fmt: skip
    command = [sys.executable, "-c", _CHILD, action, str(file), str(root)]
    return subprocess.run(command, env=environ, check=False).returncode


@pytest.mark.parametrize(
    ("action", "point"),
    [
        ("backup", "backup.copied:2"), ("backup", "backup.written"), ("backup", "backup.renamed"),
        ("restore", "restore.extracted"), ("restore", "restore.renamed"),
        ("restore", "restore.renamed:2"), ("restore", "restore.renamed:3"),
    ],
)  # fmt: skip
def test_killed_at_a_named_point_it_leaves_all_or_nothing_and_can_go_on(
    folders: dict[str, Path], tmp_path: Path, action: str, point: str
) -> None:
    file, root = tmp_path / "all.zip", tmp_path / ("data" if action == "backup" else "new")
    if action == "restore":
        back_up_all(folders, file)
    assert run_child(action, file, root, point) == -signal.SIGKILL
    assert file.exists() is (action == "restore" or point == "backup.renamed")
    if not file.exists():
        back_up_all(folders, file)
    with zipfile.ZipFile(file) as packed:
        assert packed.testzip() is None
    new = tmp_path / "new"
    restore_all(file, new, below(new))
    assert_restored(new)
    assert not list(new.glob(".restore-*"))
