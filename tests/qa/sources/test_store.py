"""Object stores and file servers through fsspec, here one in memory and a ZIP archive."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from faults import text_of

from citespan.index import Corpus
from citespan.index.reading import FileReader
from citespan.qa.errors import ConfigError
from citespan.qa.sources import SyncReport, SyncRules, sync
from citespan.qa.sources.errors import RequestRefused
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.kinds import PathChoice, StoreSource

fsspec: Any = pytest.importorskip("fsspec")
_ALLOWED = Outgoing(protocols=frozenset({"memory", "zip", "file"}))


@pytest.fixture
def store() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    for number in range(4):
        files.pipe(f"/bucket/docs/{number}.txt", text_of(number).encode())
    yield files
    files.rm("/bucket", recursive=True)


@pytest.fixture
def synced(corpus: Corpus) -> Callable[..., SyncReport]:
    def run(address: str = "memory://bucket", include: tuple[str, ...] = ()) -> SyncReport:
        source = StoreSource(address, PathChoice(include), _ALLOWED)
        return sync(corpus, "store", source, SyncRules(), files=FileReader())

    return run


def test_objects_come_change_and_go(
    corpus: Corpus, store: Any, synced: Callable[..., SyncReport]
) -> None:
    assert synced().outcomes == {"added": 4}
    assert {info.uri for info in corpus.documents().documents} == {
        f"memory://bucket/docs/{number}.txt" for number in range(4)
    }
    store.pipe("/bucket/docs/0.txt", text_of(10).encode())
    store.rm("/bucket/docs/1.txt")
    assert synced().outcomes == {"unchanged": 2, "replaced": 1, "removed": 1}
    assert synced(include=("*.md",)).problem


def test_a_place_without_anything_and_an_error_delete_nothing(
    monkeypatch: pytest.MonkeyPatch, corpus: Corpus, store: Any, synced: Callable[..., SyncReport]
) -> None:
    synced()

    def failing(*_: object, **__: object) -> list[Any]:
        raise PermissionError("token expired")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.ls", failing)
    assert "token expired" in (synced().problem or "")
    monkeypatch.undo()
    store.mv("/bucket/docs", "/bucket2/docs", recursive=True)
    assert "nothing at" in (synced().problem or "")
    assert corpus.counts()[0] == 4
    store.mv("/bucket2/docs", "/bucket/docs", recursive=True)


def test_an_archive_is_a_store(
    corpus: Corpus, tmp_path: Path, synced: Callable[..., SyncReport]
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("docs/a.txt", text_of(1))
    assert synced(f"zip::file://{tmp_path / 'a.zip'}").outcomes == {"added": 1}


def test_a_protocol_needs_the_permission_of_the_operator() -> None:
    for address in ("s3://bucket", "sftp://host/x", "memory::s3://bucket"):
        with pytest.raises(RequestRefused, match=r"sources\.protocols"):
            StoreSource(address, PathChoice(), Outgoing(protocols=frozenset({"memory"})))
    with pytest.raises(ConfigError, match="JSON object"):
        StoreSource("memory://x", PathChoice(), _ALLOWED, "not JSON")
