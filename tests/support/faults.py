"""What the tests of crashes and faults share: a quick embedder, children that can be killed, and
what must hold of a corpus after whatever happened.

Children are forked from a process that has imported everything, so that they start in
milliseconds; they run the functions that `Nursery.start` is given the names of.
"""

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
import pytest

from citespan.index import Corpus, Passage
from citespan.index.corpus.contents import summary
from citespan.index.disk.database import Database
from citespan.index.errors import DocumentNotFound
from citespan.index.types import Side, Vectors

CYCLES = int(os.environ.get("TEST_CYCLES", "10"))  # 100 at night
NIGHTLY = CYCLES >= 100
by_night = pytest.mark.skipif(not NIGHTLY, reason="minutes: at night, with TEST_CYCLES=100")
READY_S = 10.0
EXACT_MOST = 6  # chunks
_EVERYTHING = 100_000
_SHM = Path("/dev/shm")  # noqa: S108
# In memory where that can be: syncing is what takes time, and a killed process loses nothing.
SCRATCH = _SHM if _SHM.is_dir() else None


class Words:
    """An embedder that counts words: quick, and the same in every process."""

    name, dim, max_tokens = "words", 32, 100

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> Vectors:
        vector = np.full(self.dim, 0.01, dtype=np.float32)
        for word in text.lower().split():
            vector[zlib.crc32(word.encode()) % self.dim] += 1
        return (vector / np.linalg.norm(vector)).astype(np.float32)


def _words(*_: object) -> Words:
    return Words()


def use_words(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Have services count words instead of embedding; the settings that go with it."""
    for place in ("citespan.qa.composition.services", "citespan.qa.collections.reindexing"):
        monkeypatch.setattr(f"{place}.build_embedder", _words)
    return {"CITESPAN_CHUNKING__MAX_TOKENS": "60", "CITESPAN_DATA__SEED": "false"}


# Python code that has the services of a process count words, as `use_words` does here.
WORDS_BEFORE = """
import citespan.qa.collections.reindexing as reindexing
import citespan.qa.composition.services as services
from faults import Words
services.build_embedder = reindexing.build_embedder = lambda *_: Words()
"""
WORDS_SETTINGS = {
    "PYTHONPATH": os.pathsep.join(sys.path),
    "CITESPAN_DATA__SEED": "false",
    "CITESPAN_CHUNKING__MAX_TOKENS": "60",
}


def tampered(folder: Path, statement: str) -> None:
    """Change the catalogue behind its owner's back, as no code of ours would."""
    with closing(Database(folder / "catalog.db", read_only=False)) as database:
        database.rows("PRAGMA foreign_keys = OFF")
        database.rows(statement)


def open_corpus(folder: Path, *, read_only: bool = False) -> Corpus:
    """With chunks of the size that was switched to last.

    So small that it goes from the exact vector index to the approximate one and back.
    """
    found = summary(folder)
    tokens = int(found.build.settings["chunk_tokens"]) if found else 12
    return Corpus.open(
        folder, Words(), chunk_tokens=tokens, read_only=read_only, exact_most=EXACT_MOST
    )


@contextmanager
def scratch_folder() -> Generator[Path]:
    """An empty folder."""
    with TemporaryDirectory(dir=SCRATCH, ignore_cleanup_errors=True) as made:
        yield Path(made)


def remove(folder: Path) -> None:
    """Tantivy's watcher, which outlives an index a little, may be making its lock file."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def await_file(file: Path) -> None:
    while not file.exists():
        time.sleep(0.001)


def text_of(number: int, sentences: int = 3) -> str:
    """A text of some chunks that no other number gives; all of its chunks hold "common"."""
    return " ".join(
        f"The common fact{at} of tale{number} is told here as number {at}."
        for at in range(sentences)
    )


@dataclass
class Known:
    """What was acknowledged: texts by document and revision.

    `old` are those that are not to be found, as they were replaced or deleted, and `gone` those
    that are not to be anywhere.
    """

    revisions: dict[str, dict[int, str]] = field(default_factory=dict[str, dict[int, str]])
    last: dict[str, int] = field(default_factory=dict[str, int])
    old: list[str] = field(default_factory=list[str])
    gone: list[str] = field(default_factory=list[str])

    def put(self, name: str, text: str) -> None:
        present = self.revisions.get(name, {})
        if present and present[max(present)] == text:
            return
        if present:
            self.old.append(present[max(present)])
        self.last[name] = self.last.get(name, 0) + 1
        self.revisions[name] = present | {self.last[name]: text}

    def delete(self, name: str) -> None:
        gone = self.revisions.pop(name)
        self.old.append(gone[max(gone)])
        self.gone.extend(gone.values())

    def apply(self, operation: list[str]) -> None:
        action, *values = operation
        {"put": self.put, "delete": self.delete}[action](*values)

    def copy(self) -> "Known":
        return Known(dict(self.revisions), dict(self.last), list(self.old), list(self.gone))

    def current(self) -> dict[str, str]:
        return {name: texts[max(texts)] for name, texts in self.revisions.items()}


def stored(corpus: Corpus, known: Known) -> dict[str, dict[int, str]]:
    """Every text the corpus gives, by document and revision."""
    found: dict[str, dict[int, str]] = {}
    for info in corpus.documents(limit=1000).documents:
        found[info.id] = {}
        for revision in range(1, known.last.get(info.id, 0) + 2):
            with suppress(DocumentNotFound):
                found[info.id][revision] = corpus.get(info.id, revision).text
    return found


def everything(corpus: Corpus, side: Side) -> list[Passage]:
    """All chunks, as one side finds them."""
    return corpus.search("common", k=_EVERYTHING, candidates=_EVERYTHING, sides=[side])


def assert_finds(corpus: Corpus, texts: dict[str, str], old: Sequence[str] = ()) -> None:
    """Each side finds every text whole and once, and nothing of the old ones."""
    for side in Side:
        passages = everything(corpus, side)
        parts: dict[str, str] = {}
        for passage in sorted(passages, key=lambda passage: passage.chunk.span):
            name = passage.chunk.document_id
            assert passage.chunk.span.of(texts[name]) == passage.text
            parts[name] = parts.get(name, "") + "".join(passage.text.split())
        assert parts == {name: "".join(text.split()) for name, text in texts.items()}, side
    assert len(everything(corpus, Side.LEXICAL)) == corpus.counts()[1]
    for text in set(old) - set(texts.values()):
        word = text.split()[4]  # "tale…"
        held = {name for name, other in texts.items() if word in other.split()}
        passages = corpus.search(word, k=_EVERYTHING, sides=[Side.LEXICAL])
        assert {passage.chunk.document_id for passage in passages} == held


def assert_whole(folder: Path, known: Known, pending: list[str] | None = None) -> Known:
    """What was acknowledged is there, no more and no less; restarting again changes nothing.

    Args:
        folder: a corpus nobody has open.
        known: what was acknowledged.
        pending: an operation that was not: it is done wholly, or not at all.

    Returns:
        What is stored.
    """
    after = known.copy()
    if pending:
        after.apply(pending)
    if known.last:
        with open_corpus(folder, read_only=True) as reader:
            assert stored(reader, known) in (known.revisions, after.revisions)
    began = time.monotonic()
    with open_corpus(folder) as corpus:
        assert time.monotonic() - began < READY_S
        found = stored(corpus, known)
        assert found in (known.revisions, after.revisions)
        now = known if found == known.revisions else after
        assert corpus.health.check() == []
        assert_finds(corpus, now.current(), now.old[-10:])
    # Closing wrote the words anew: what was deleted does not count for the scores any more.
    with open_corpus(folder) as corpus:
        results = [everything(corpus, side) for side in Side]
        build = corpus.build().id
    with open_corpus(folder) as again:
        assert again.health.repaired() == []
        assert [everything(again, side) for side in Side] == results
    left = {path.name for path in folder.iterdir()}
    assert left == {"catalog.db", "writer.lock", f"build-{build}"}
    derived = {path.name for path in (folder / f"build-{build}").iterdir()}
    assert {"lexical"} <= derived <= {"lexical", "vectors.faiss"}
    data = (folder / "catalog.db").read_bytes()
    assert not any(text.encode() in data for text in now.gone[-30:])
    return now


@dataclass(frozen=True)
class Ended:
    """How a child ended: its exit code, or minus the signal; and what it told."""

    code: int
    told: list[Any]

    def operations(self) -> tuple[list[list[str]], list[str] | None]:
        """What was acknowledged, and what was next: many are begun ahead, but stored in turn."""
        done: list[list[str]] = []
        begun: list[list[str]] = []
        for line in self.told:
            if line == "done":
                done.append(begun.pop(0))
            else:
                begun.append(line)
        return done, begun[0] if begun else None


class Child:
    """A process forked from a nursery."""

    def __init__(self, nursery: subprocess.Popen[str]) -> None:
        assert nursery.stdout
        self._results = nursery.stdout
        self.pid = int(self._results.readline())

    def kill(self, signal_: signal.Signals = signal.SIGKILL) -> None:
        with suppress(ProcessLookupError):  # it has ended
            os.kill(self.pid, signal_)

    def ended(self) -> Ended:
        """Waits until it has."""
        return Ended(**json.loads(self._results.readline()))


class Nursery:
    """A process that has imported what children need; one child at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "import faults; faults.serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def start(self, work: str, *values: object) -> Child:
        """Call a function of `workloads` with a `Tell` and JSON values."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps([work, *map(_plain, values)]) + "\n")
        self._process.stdin.flush()
        return Child(self._process)

    def run(self, work: str, *values: object) -> Ended:
        return self.start(work, *values).ended()

    def succeeds(self, work: str, *values: object) -> None:
        ended = self.run(work, *values)
        assert ended.code == 0, "\n".join(map(str, ended.told)) or ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


Tell = Callable[[object], None]


def serve() -> None:
    """Fork a child for each line of the input, and tell its id, and then how it ended."""
    workloads = importlib.import_module("workloads")  # which imports from here
    for line in sys.stdin:
        work, *values = json.loads(line)
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            os._exit(_child(writing, getattr(workloads, work), values))
        os.close(writing)
        _answer(pid)
        with os.fdopen(reading) as told:
            # A line that was cut off by the kill was not told.
            lines = [json.loads(line) for line in told if line.endswith("\n")]
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        _answer({"code": code, "told": lines})


def _answer(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _child(pipe: int, work: Callable[..., None], values: list[Any]) -> int:
    def tell(what: object) -> None:
        os.write(pipe, (json.dumps(what) + "\n").encode())

    try:
        work(tell, *values)
    except BaseException:  # noqa: BLE001  (it is told)
        tell(traceback.format_exc())
        return 1
    return 0


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value
