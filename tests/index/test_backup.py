"""Backups: whole and true, or refused; nothing is put where something is."""

import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from contracts import chunks_of
from strategies import document

from citespan.index import Corpus, Draft, OnnxEmbedder, Span
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.disk.folder import lock_for_writing, settle
from citespan.index.errors import BackupInvalid, StoreCorrupt, StoreLocked, StoreUnavailable
from citespan.index.transfer.backup import back_up, restore


def put(catalogue: SqliteCatalogue, name: str, text: str, revision: int = 1) -> None:
    one = document(text, id=name, revision=revision)
    catalogue.store(one, chunks_of(one, Span(0, 4)), np.ones((1, 2), dtype=np.float32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with two documents, one of them in two revisions, and one deleted."""
    made = tmp_path / "data"
    made.mkdir()
    catalogue = SqliteCatalogue(made / "catalog.db", {"embedder": "x"})
    put(catalogue, "one", "The first 𝔘.")
    put(catalogue, "one", "The second.", revision=2)
    put(catalogue, "two", "Another text.")
    put(catalogue, "gone", "A secret text.")
    catalogue.delete("gone")
    catalogue.close()
    return made


@pytest.fixture
def file(folder: Path, tmp_path: Path) -> Path:
    made = tmp_path / "backup.zip"
    back_up(folder, made)
    return made


def opened(folder: Path) -> SqliteCatalogue:
    return SqliteCatalogue(folder / "catalog.db", {"embedder": "x"}, read_only=True)


def opened_to_write(folder: Path) -> SqliteCatalogue:
    return SqliteCatalogue(folder / "catalog.db", {"embedder": "x"})


class TestBackup:
    def test_what_is_restored_is_what_was_stored(self, folder: Path, tmp_path: Path) -> None:
        made = back_up(folder, tmp_path / "b.zip")
        assert (made.documents, made.chunks) == (2, 2)
        assert restore(tmp_path / "b.zip", tmp_path / "new" / "deep") == made
        before, after = opened(folder), opened(tmp_path / "new" / "deep")
        for name, revision in (("one", 1), ("one", 2), ("two", None)):
            assert after.document(name, revision) == before.document(name, revision)
        assert after.chunk_ids() == before.chunk_ids()
        assert after.last_revision("gone") == 1  # its number is not used again
        assert after.check() == []

    def test_what_was_deleted_is_not_in_it(self, file: Path) -> None:
        with zipfile.ZipFile(file) as packed:
            assert b"Another text" in packed.read("default/catalog.db")
            assert b"A secret text" not in packed.read("default/catalog.db")

    def test_an_existing_file_is_not_written_over(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("precious")
        with pytest.raises(StoreUnavailable, match="exists"):
            back_up(folder, tmp_path / "mine")
        assert (tmp_path / "mine").read_text() == "precious"

    def test_nothing_stored_is_no_backup(self, tmp_path: Path) -> None:
        with pytest.raises(StoreUnavailable, match="nothing is stored"):
            back_up(tmp_path, tmp_path / "b.zip")
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_is_not_there_is_said(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(StoreUnavailable, match="No such file"):
            back_up(folder, tmp_path / "none" / "b.zip")

    def test_a_damaged_catalogue_is_not_backed_up(self, folder: Path, tmp_path: Path) -> None:
        data = (folder / "catalog.db").read_bytes()
        (folder / "catalog.db").write_bytes(data.replace(b"Another text", b"Another lie!"))
        with pytest.raises(StoreCorrupt, match="checksum of a page is wrong"):
            back_up(folder, tmp_path / "b.zip")
        assert [path.name for path in tmp_path.iterdir()] == ["data"]

    def test_it_is_of_one_moment_while_others_write(self, folder: Path, tmp_path: Path) -> None:
        """Two documents always change together: a backup has both or neither."""
        stop = threading.Event()

        def write() -> None:
            catalogue = opened_to_write(folder)
            number = 2
            while not stop.is_set():
                number += 1
                put(catalogue, "one", f"The state {number}.", revision=number)
                put(catalogue, "two", f"The state {number}.", revision=number)
            catalogue.close()

        put(opened_to_write(folder), "two", "The state 2.", revision=2)
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(5):
                back_up(folder, tmp_path / f"{number}.zip")
        finally:
            stop.set()
            writer.join()
        seen: set[int] = set()
        for number in range(5):
            restore(tmp_path / f"{number}.zip", tmp_path / f"r{number}")
            catalogue = opened(tmp_path / f"r{number}")
            revisions = [catalogue.last_revision(name) for name in ("one", "two")]
            assert revisions[0] - revisions[1] in {0, 1}, revisions
            assert catalogue.check() == []
            seen.add(revisions[0])
        assert len(seen) > 1


class TestRestore:
    def test_it_puts_nothing_where_something_is(self, folder: Path, file: Path) -> None:
        before = (folder / "catalog.db").read_bytes()
        with pytest.raises(StoreUnavailable, match="holds documents already"):
            restore(file, folder)
        assert (folder / "catalog.db").read_bytes() == before

    def test_another_writer_is_not_disturbed(
        self, file: Path, tmp_path: Path, embedder: OnnxEmbedder
    ) -> None:
        with Corpus.open(tmp_path / "live", embedder), pytest.raises(StoreLocked):
            restore(file, tmp_path / "live")

    @pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x05\x06" + b"\0" * 18])
    def test_other_files_are_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(BackupInvalid, match="not a backup"):
            restore(tmp_path / "file", tmp_path / "new")
        assert not (tmp_path / "new" / "catalog.db").exists()

    def test_damage_is_found_wherever_it_is(self, file: Path, tmp_path: Path) -> None:
        """200 flipped bits, 50 cuts: what is restored is what was stored, or nothing is."""
        data, random = file.read_bytes(), np.random.default_rng(3)
        damaged = [data[: int(at)] for at in random.integers(len(data), size=50)]
        for at in random.integers(len(data), size=200):
            flipped = bytearray(data)
            flipped[at] ^= 1 << int(random.integers(8))
            damaged.append(bytes(flipped))
        refused = 0
        for number, content in enumerate(damaged):
            (tmp_path / "damaged").write_bytes(content)
            new = tmp_path / f"new{number}"
            try:
                restore(tmp_path / "damaged", new)
            except BackupInvalid:
                assert not (new / "catalog.db").exists()
                refused += 1
                continue
            catalogue = opened(new)  # a date was changed, say
            assert catalogue.document("one").text == "The second."
            assert catalogue.check() == []
            catalogue.close()
        assert refused > 200

    def test_what_a_killed_restore_left_is_removed(
        self, tmp_path: Path, embedder: OnnxEmbedder
    ) -> None:
        left = tmp_path / "data" / ".restore-x"
        left.mkdir(parents=True)
        (left / "catalog.db").write_text("a text")
        with Corpus.open(tmp_path / "data", embedder) as corpus:
            assert not left.exists()
            assert corpus.counts() == (0, 0)

    def test_searches_find_what_they_found(self, tmp_path: Path, embedder: OnnxEmbedder) -> None:
        with Corpus.open(tmp_path / "data", embedder) as corpus:
            corpus.put(Draft(id="a", text="Cats sleep. " * 200))
            corpus.put(Draft(id="b", text="The bridge was opened in May."))
            back_up(tmp_path / "data", tmp_path / "b.zip")  # while it is open
            found = corpus.search("bridge")
            corpus.put(Draft(id="c", text="Another bridge."))
        restore(tmp_path / "b.zip", tmp_path / "new")
        with Corpus.open(tmp_path / "new", embedder) as again:
            assert again.search("bridge") == found
            assert again.health.check() == []


_KILLED = """
import sys
from pathlib import Path
from citespan.index.transfer.backup import back_up, restore
print("ready", flush=True)
if sys.argv[1] == "backup":
    back_up(Path(sys.argv[2]), Path(sys.argv[3]))
else:
    restore(Path(sys.argv[3]), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose backup takes a while."""
    folder = tmp_path_factory.mktemp("large")
    catalogue = SqliteCatalogue(folder / "catalog.db", {"embedder": "x"})
    random = np.random.default_rng(0)
    for number in range(20):
        text = "".join(map(chr, random.integers(97, 122, size=200_000)))
        one = document(text, id=f"d{number}")
        catalogue.store(one, chunks_of(one, Span(0, 4)), np.ones((1, 2), dtype=np.float32))
    catalogue.close()
    return folder


@pytest.mark.parametrize("action", ["backup", "restore"])
def test_killed_at_any_time_it_leaves_all_or_nothing(
    large: Path, tmp_path: Path, action: str
) -> None:
    archive = tmp_path / "whole.zip"
    started = time.monotonic()
    back_up(large, archive)
    restore(archive, tmp_path / "timed")
    whole = time.monotonic() - started
    for number in range(10):
        target = tmp_path / f"{number}.zip"
        folder = large if action == "backup" else tmp_path / f"folder{number}"
        child = subprocess.Popen(
            [sys.executable, "-c", _KILLED, action, str(folder),
             str(target if action == "backup" else archive)],
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert child.stdout
        child.stdout.readline()
        time.sleep(whole * number / 10)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        if action == "backup" and target.exists():
            restore(target, tmp_path / f"from{number}")
            assert opened_any(tmp_path / f"from{number}").check() == []
        if action == "restore":
            settle(folder)
            if not (folder / "catalog.db").exists():
                restore(archive, folder)  # what was left does not hinder
            assert opened_any(folder).counts() == (20, 20)
            lock_for_writing(folder).release()  # which the next writer does
            assert list(folder.glob(".restore-*")) == []


def opened_any(folder: Path) -> SqliteCatalogue:
    return SqliteCatalogue(folder / "catalog.db", {}, read_only=True)
