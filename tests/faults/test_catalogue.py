"""Damaged bits of the catalogue are found when they are read, and named; the rest is as it was."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from faults import NIGHTLY, Words, everything, open_corpus, remove, scratch_folder, text_of

from citespan.index import Corpus, Draft, Passage, parse_filter
from citespan.index.catalogue.damage import mend_unsearched
from citespan.index.errors import DocumentNotFound, StoreCorrupt
from citespan.index.transfer.backup import back_up, restore
from citespan.index.types import Side

_FLIPS = 600 if NIGHTLY else 24
_PAGE = 8192
_NAMES = [f"d{at}" for at in range(24)]


@pytest.fixture
def room() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


def build(folder: Path) -> None:
    """Documents with all that is known of them, past revisions, a deleted one, an earlier build."""
    with open_corpus(folder) as corpus:
        for number in range(60):
            name = f"d{number % 25}"
            corpus.put(
                Draft(
                    id=name,
                    text=text_of(number, 2 + number % 9 * 3),
                    title=f"Title of {number}",
                    uri=f"https://example.org/{number}",
                    metadata={"year": 1900 + number, "even": number % 2 == 0},
                )
            )
        corpus.delete("d24")
        list(corpus.builds.fill(Words(), chunk_tokens=24))
        corpus.builds.switch()
        list(corpus.builds.fill(Words(), chunk_tokens=12))
        corpus.builds.switch({"chunking": {"max_tokens": 12}})
    with open_corpus(folder):  # closing writes the words anew
        pass


Questions = dict[str, Callable[[Corpus], object]]


def questions() -> Questions:
    """Everything a user can be told of the documents but by searching, by name."""
    asked: Questions = {
        "list": lambda corpus: corpus.documents(limit=100),
        "counts": lambda corpus: corpus.counts(),
        "deleted": lambda corpus: corpus.health.deleted(),
        "generation": lambda corpus: corpus.generation,
        "builds": lambda corpus: corpus.builds.all(),
        "own settings": lambda corpus: corpus.build(),
    }
    for name in [*_NAMES, "d24"]:
        asked[f"info of {name}"] = lambda corpus, name=name: _or_absent(corpus.info, name)
        asked[f"revisions of {name}"] = lambda corpus, name=name: _or_absent(corpus.revisions, name)
        for revision in (None, 1, 2, 3):
            asked[f"{name}, {revision}"] = lambda corpus, name=name, revision=revision: _or_absent(
                corpus.get, name, revision
            )
    return asked


def _or_absent(ask: Callable[..., object], *values: object) -> object:
    try:
        return ask(*values)
    except DocumentNotFound as error:
        return str(error)


def searches() -> dict[str, Callable[[Corpus], list[Passage]]]:
    """One side each: what is left out then changes neither the others nor their scores."""
    some = parse_filter({"year": {"$gte": 1940}, "even": True})
    return {
        "dense": lambda corpus: everything(corpus, Side.DENSE),
        "lexical": lambda corpus: everything(corpus, Side.LEXICAL),
        "filtered": lambda corpus: corpus.search(
            "common", k=1000, candidates=1000, sides=[Side.DENSE], filters=some
        ),
    }


def told(corpus: Corpus, truth: dict[str, object]) -> Iterator[str]:
    """What is found damaged by asking everything; whatever else is told is true."""
    for name, ask in questions().items():
        try:
            assert ask(corpus) == truth[name], name
        except StoreCorrupt as error:
            yield str(error)
    for name, search in searches().items():
        try:
            found = search(corpus)
        except StoreCorrupt as error:
            yield str(error)
            continue
        damaged = corpus.health.damaged()
        assert kept(found, damaged) == kept(truth[name], damaged), name
        yield from damaged


def kept(found: object, damaged: list[str]) -> list[tuple[object, ...]]:
    """What was found in documents that are whole; the words of others count for BM25."""
    passages = cast("list[Passage]", found)
    whole = [one for one in passages if one.chunk.document_id not in damaged]
    return [
        (one.chunk, one.title, one.text, one.scores.dense)
        for one in sorted(whole, key=lambda one: one.chunk.id)
    ]


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)


def outcome(folder: Path, truth: dict[str, object], *, writable: bool) -> tuple[str, bool]:
    """How damage came to light, and whether it could be mended."""
    try:
        with open_corpus(folder, read_only=not writable) as corpus:
            where = "by reading" if list(told(corpus, truth)) else "by the doctor"
            if where == "by the doctor":
                with open_corpus(folder) if not writable else corpus as checked:
                    assert checked.health.check()
    except StoreCorrupt:
        where = "at open"
    mend_unsearched(folder)
    try:
        with open_corpus(folder) as corpus:
            corpus.health.mend()
            if corpus.health.check():
                return where, False
            # Mending raises the one, and leaves out former chunks if those are damaged.
            mended = truth | {"generation": corpus.generation, "builds": corpus.builds.all()}
            assert not list(told(corpus, mended))
    except StoreCorrupt:
        return where, False
    return where, True


def test_any_bit_of_the_catalogue(room: Path) -> None:
    """Found whichever it is: by what is asked, when it is opened, or by the doctor."""
    build(room / "whole")
    assert not (room / "whole" / "catalog.db-wal").exists()
    data = (room / "whole" / "catalog.db").read_bytes()
    back_up(room / "whole", room / "backup.zip")
    with open_corpus(room / "whole") as corpus:
        truth = {name: ask(corpus) for name, ask in (questions() | searches()).items()}
    bits = np.random.default_rng(5).integers(len(data) * 8, size=_FLIPS).tolist()
    outcomes: Counter[tuple[str, bool]] = Counter()
    for number, at in enumerate([*bits, *range(20 * 8, 21 * 8)]):  # where checksums are switched on
        shutil.copytree(room / "whole", room / "copy")
        if number % 2:  # all is read from the catalogue then
            remove(next((room / "copy").glob("build-*")))
        (room / "copy" / "catalog.db").write_bytes(flipped(data, at))
        outcomes[outcome(room / "copy", truth, writable=number % 4 < 3)] += 1
        remove(room / "copy")
    print(outcomes)  # noqa: T201
    restore(room / "backup.zip", room / "restored")
    with open_corpus(room / "restored") as corpus:
        assert corpus.health.check() == []
        assert not list(told(corpus, truth))
