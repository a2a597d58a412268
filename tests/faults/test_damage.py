"""Damage at rest is found before it is used: what is derived is made again, the truth is named."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from faults import (
    NIGHTLY,
    Known,
    assert_finds,
    assert_whole,
    everything,
    open_corpus,
    remove,
    scratch_folder,
    stored,
    text_of,
)

from citespan.index import Corpus, Draft, Passage
from citespan.index.errors import DocumentNotFound, StoreCorrupt
from citespan.index.transfer.backup import back_up, restore
from citespan.index.types import Side

_FLIPS, _CUTS = (200, 50) if NIGHTLY else (5, 1)  # of each file
_WORDS = "build-1/lexical"
Results = list[list[Passage]]


@pytest.fixture
def room() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


def grown(folder: Path, known: Known, numbers: range) -> None:
    """Each number's text is put, in place of another or beside it; one document is deleted."""
    with open_corpus(folder) as corpus:
        for number in numbers:
            name, text = f"d{number % 8}", text_of(number)
            corpus.put(Draft(id=name, text=text, title=f"Title {number}"))
            known.put(name, text)
        corpus.delete("d5")
        known.delete("d5")
        assert corpus.health.measure_vectors().recall == 1
    # Made again, as BM25 goes by the words of deleted texts too until they are merged away.
    remove(folder / _WORDS)
    open_corpus(folder).close()


def results(corpus: Corpus) -> Results:
    found = [everything(corpus, side) for side in Side]
    return [*found, corpus.search("fact2 of tale3"), corpus.search("number 0")]


def derived_files(folder: Path) -> list[Path]:
    """All files with contents but the catalogue's and the lock's, relative to the folder."""
    files = [path.relative_to(folder) for path in folder.rglob("*") if holds(path)]
    return sorted(path for path in files if not path.name.startswith(("catalog.", "writer.")))


def holds(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def damages(data: bytes, seed: int, times: int = 1) -> Iterator[bytes]:
    """The data with single bits flipped, cut short, and longer than it was."""
    random = np.random.default_rng(seed)
    for at in random.integers(len(data) * 8, size=_FLIPS * times):
        flipped = bytearray(data)
        flipped[at // 8] ^= 1 << int(at % 8)
        yield bytes(flipped)
    for size in random.integers(len(data), size=_CUTS * times):
        yield data[: int(size)]
    yield data + b"\0"


def assert_mended(folder: Path, expected: Results, *, noticed: bool = True) -> None:
    """A reader finds what it should, and so does a writer, who tells what was wrong."""
    with open_corpus(folder, read_only=True) as reader:
        assert results(reader) == expected
    with open_corpus(folder) as corpus:
        assert results(corpus) == expected
        assert bool(corpus.health.repaired()) == noticed or not noticed
    with open_corpus(folder) as again:
        assert again.health.repaired() == []
        assert results(again) == expected


def test_damage_in_any_derived_file(room: Path) -> None:
    grown(room / "whole", Known(), range(14))
    with open_corpus(room / "whole") as corpus:
        expected = results(corpus)
    files = derived_files(room / "whole")
    assert {path.suffix for path in files} > {".json", ".idx", ".term", ".fast", ".faiss"}
    for number, file in enumerate(files):
        for damaged in damages((room / "whole" / file).read_bytes(), number):
            shutil.copytree(room / "whole", room / "copy")
            (room / "copy" / file).write_bytes(damaged)
            # What begins with a dot is tantivy's housekeeping, of which nothing depends.
            assert_mended(room / "copy", expected, noticed=not file.name.startswith("."))
            remove(room / "copy")


def test_older_derived_files_in_place_of_newer_ones(room: Path) -> None:
    grown(room / "old", Known(), range(14))
    shutil.copytree(room / "old", room / "new")
    grown(room / "new", Known(), range(14, 24))
    with open_corpus(room / "new") as corpus:
        expected = results(corpus)
    old, new = derived_files(room / "old"), derived_files(room / "new")

    def swap_vectors(folder: Path) -> None:
        for path in folder.rglob("*.faiss"):
            shutil.copy(room / "old" / path.relative_to(folder), path)

    def swap_words(folder: Path) -> None:
        shutil.rmtree(folder / _WORDS)
        shutil.copytree(room / "old" / _WORDS, folder / _WORDS)

    swaps: list[tuple[Callable[[Path], None], ...]] = [
        (swap_words,), (swap_vectors,), (swap_words, swap_vectors),
    ]  # fmt: skip
    for swap in swaps:
        shutil.copytree(room / "new", room / "copy")
        for change in swap:
            change(room / "copy")
        assert_mended(room / "copy", expected)
        remove(room / "copy")
    for name in {path.name for path in old if path.parent.name == "lexical"} & {
        path.name for path in new
    }:
        shutil.copytree(room / "new", room / "copy")
        shutil.copy(room / "old" / _WORDS / name, room / "copy" / _WORDS / name)
        assert_mended(room / "copy", expected, noticed=name == "meta.json")
        remove(room / "copy")


def test_an_older_catalogue_beside_newer_derived_files(room: Path) -> None:
    grown(room / "data", Known(), range(14))
    with open_corpus(room / "data") as corpus:
        expected = results(corpus)
    older = (room / "data" / "catalog.db").read_bytes()
    grown(room / "data", Known(), range(14, 24))
    (room / "data" / "catalog.db").write_bytes(older)
    assert_mended(room / "data", expected)


def test_damage_in_the_catalogue(room: Path) -> None:
    """Nothing untrue is given out; what is damaged is named, and a backup brings it back."""
    known = Known()
    grown(room / "whole", known, range(14))
    back_up(room / "whole", room / "backup.zip")
    data = (room / "whole" / "catalog.db").read_bytes()
    named = 0
    for damaged in damages(data, seed=1, times=8):
        shutil.copytree(room / "whole", room / "copy")
        for path in derived_files(room / "whole"):  # so that all is read from the catalogue
            (room / "copy" / path).unlink()
        (room / "copy" / "catalog.db").write_bytes(damaged)
        named += is_named(room / "copy", known)
        remove(room / "copy")
    assert named > _CUTS  # a flipped bit may be one that nothing is kept in
    restore(room / "backup.zip", room / "restored")
    assert_whole(room / "restored", known)


def is_named(folder: Path, known: Known) -> bool:
    """Whether damage is told of; if it is not, the texts are those that were stored."""
    try:
        with open_corpus(folder) as corpus:
            for name, revisions in known.revisions.items():
                for revision, text in revisions.items():
                    assert given(corpus, name, revision) in {text, None}
            passages = [passage for side in Side for passage in everything(corpus, side)]
            for passage in passages:
                assert passage.text in known.current()[passage.chunk.document_id]
            if corpus.health.check():
                return True
            assert stored(corpus, known) == known.revisions
            assert_finds(corpus, known.current())
    except StoreCorrupt:
        return True
    return False


def given(corpus: Corpus, name: str, revision: int) -> str | None:
    with suppress(StoreCorrupt, DocumentNotFound):
        return corpus.get(name, revision).text
    return None
