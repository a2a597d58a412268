"""Folders as sources: which files they have, and when a listing is not complete."""

import os
import threading
from pathlib import Path

import pytest
from faults import text_of

from citespan.index import Corpus
from citespan.index.reading import FileReader
from citespan.qa.sources import SyncRules, sync
from citespan.qa.sources.errors import Gone, Incomplete
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.kinds.folder import FolderSource
from citespan.qa.sources.watching import watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notes"
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt", ".hidden.txt", ".git/d.txt"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(f"The content of {name}.")
    return made


def keys(source: FolderSource) -> list[str]:
    return [entry.key for entry in source.entries()]


def test_files_at_any_depth_are_entries_but_not_hidden_ones(folder: Path) -> None:
    assert keys(FolderSource(folder)) == ["a.txt", "sub/b.txt", "sub/deep/c.txt"]
    entry = next(iter(FolderSource(folder).entries()))
    assert entry.uri == (folder / "a.txt").as_uri()
    assert entry.size == len("The content of a.txt.")
    content = FolderSource(folder).read(entry, "")
    assert content
    assert content.data == b"The content of a.txt."


def test_patterns_and_an_ignore_file_choose(folder: Path) -> None:
    pytest.importorskip("pathspec")
    assert keys(FolderSource(folder, include=["*.txt", "!a.txt"])) == [
        "sub/b.txt",
        "sub/deep/c.txt",
    ]
    assert keys(FolderSource(folder, exclude=["deep/"])) == ["a.txt", "sub/b.txt"]
    (folder / ".citespanignore").write_text("# not these\n/sub/*\n!/sub/b.txt\n")
    assert keys(FolderSource(folder)) == ["a.txt", "sub/b.txt"]


def test_links_out_of_the_folder_are_no_entries(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "in.txt").symlink_to(folder / "a.txt")
    (folder / "lost.txt").symlink_to(folder / "nothing")
    (folder / "round").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe.txt")
    assert keys(FolderSource(folder)) == ["a.txt", "in.txt", "sub/b.txt", "sub/deep/c.txt"]


def test_a_folder_that_is_not_there_is_not_an_empty_one(folder: Path) -> None:
    with pytest.raises(Incomplete, match="cannot be listed"):
        keys(FolderSource(folder / "mount"))
    with pytest.raises(Incomplete, match="cannot be listed"):
        keys(FolderSource(folder / "a.txt"))


def test_a_folder_inside_that_cannot_be_listed_makes_the_listing_incomplete(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    scandir = os.scandir

    def refused(path: Path) -> object:
        if path.name == "deep":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("citespan.qa.sources.kinds.folder.os.scandir", refused)
    found: list[str] = []
    with pytest.raises(Incomplete, match="Permission denied"):
        found.extend(entry.key for entry in FolderSource(folder).entries())
    source = FolderSource(folder).entries()
    assert [next(source).key, next(source).key] == ["a.txt", "sub/b.txt"]


def test_a_name_that_is_not_unicode_is_stored(folder: Path, corpus: Corpus) -> None:
    Path(os.fsdecode(bytes(folder) + b"/caf\xe9.txt")).write_text(text_of(1))
    report = sync(corpus, "notes", FolderSource(folder), SyncRules(), files=FileReader())
    assert report.in_step
    (entry,) = [one for one in corpus.tracking.of("notes") if "caf" in one.key]
    assert corpus.info(entry.document_id or "").uri == f"{folder.as_uri()}/caf%E9.txt"
    assert sync(
        corpus, "notes", FolderSource(folder), SyncRules(), files=FileReader()
    ).outcomes == {"unchanged": 4}


def test_limits_hold(folder: Path) -> None:
    with pytest.raises(Incomplete, match="more than 2 files"):
        keys(FolderSource(folder, outgoing=Outgoing(max_entries=2)))


def test_a_file_that_vanished_is_gone(folder: Path) -> None:
    entry = next(iter(FolderSource(folder).entries()))
    (folder / "a.txt").unlink()
    with pytest.raises(Gone):
        FolderSource(folder).read(entry, "")


def test_a_file_that_is_only_touched_is_the_same(folder: Path, corpus: Corpus) -> None:
    sync(corpus, "notes", FolderSource(folder), SyncRules(), files=FileReader())
    os.utime(folder / "a.txt", ns=(10**18, 10**18))
    report = sync(corpus, "notes", FolderSource(folder), SyncRules(), files=FileReader())
    assert report.outcomes == {"unchanged": 3}
    (folder / "a.txt").write_text("Now it says more.")
    report = sync(corpus, "notes", FolderSource(folder), SyncRules(), files=FileReader())
    assert report.outcomes == {"unchanged": 2, "replaced": 1}


def test_changes_are_seen_as_they_happen(folder: Path) -> None:
    pytest.importorskip("watchfiles")
    stop, seen = threading.Event(), threading.Event()
    thread = threading.Thread(target=watch, args=(folder, stop, seen.set))
    thread.start()
    try:
        number = 0
        while not seen.wait(0.2):  # the watching begins a moment later than its thread
            number += 1
            (folder / "sub/new.txt").write_text(str(number))
    finally:
        stop.set()
        thread.join()
