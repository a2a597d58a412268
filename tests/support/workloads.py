"""What the children of a `faults.Nursery` do until they are killed or something fails."""

import ctypes
import dataclasses
import errno
import os
import random
import resource
import signal
import subprocess
import textwrap
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import apsw
from faults import (
    NIGHTLY,
    Known,
    Tell,
    Words,
    assert_finds,
    assert_whole,
    await_file,
    open_corpus,
    remove,
    stored,
    text_of,
)
from office_files import docx, epub, odf, paragraph
from tiny_pdf import Page, Pdf, prose

from citespan.index import Corpus, Draft
from citespan.index.disk.database import Database
from citespan.index.disk.folder import settle
from citespan.index.errors import (
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreUnavailable,
)
from citespan.index.jobs.folder import FolderJobs
from citespan.index.jobs.spool import SpooledFile
from citespan.index.parse import Request, Unreadable
from citespan.index.reading import FileReader
from citespan.index.transfer.backup import back_up, back_up_all, restore, restore_all
from citespan.index.types import Side
from citespan.qa.collections.feedback.labels import JudgedAnswer, LabelStore, State, Verdict
from citespan.qa.collections.feedback.place import FeedbackInFolder
from citespan.qa.collections.folders import hide_folder, new_folder
from citespan.qa.sources import SyncRules, sync
from citespan.qa.sources.kinds import FolderSource

_TEXTS = 1000  # most of one child, which fails when they are used up
NAMES = [f"d{number}" for number in range(12)]
STATES = tuple({f"d{at}": text_of(first + at) for at in range(5)} for first in (0, 10))


def work(tell: Tell, folder: str, seed: int, kind: str, crash_at: str) -> None:
    """Change a corpus in one way, or in all, until killed; tell what is begun and what is done."""
    os.environ["CITESPAN_CRASH_AT"] = crash_at
    worker = _Worker(tell, Path(folder), seed)
    chosen = [_KINDS[kind]] if kind else list(_KINDS.values())
    while True:
        worker.random.choice(chosen)(worker)


class _Worker:
    def __init__(self, tell: Tell, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self._tell = tell
        self._folder = folder
        self._numbers = iter(range(seed * _TEXTS, (seed + 1) * _TEXTS))
        self._corpus = open_corpus(folder)

    def ingest(self) -> None:
        def drafts() -> Iterator[Draft]:
            for name in self.random.sample(NAMES, 4):
                text = self._text()
                self._tell(["put", name, text])
                yield Draft(id=name, text=text)

        for _ in self._corpus.put_many(drafts()):
            self._tell("done")

    def replace(self) -> None:
        name, text = self.random.choice(NAMES), self._text()
        self._told(["put", name, text], lambda: self._corpus.put(Draft(id=name, text=text)))

    def delete(self) -> None:
        names = [info.id for info in self._corpus.documents().documents]
        if not names:
            self.ingest()
            return
        name = self.random.choice(names)
        self._told(["delete", name], lambda: self._corpus.delete(name))

    def snapshot(self) -> None:
        self.replace()
        self._corpus.close()
        self._corpus = open_corpus(self._folder)

    def compact(self) -> None:
        for _ in range(9):  # tantivy merges eight segments
            self.replace()

    def resize(self) -> None:
        """So that each time another vector index is needed."""
        for info in self._corpus.documents().documents[1:]:
            self._told(["delete", info.id], lambda name=info.id: self._corpus.delete(name))
        self._corpus.health.measure_vectors()
        self.ingest()
        self._corpus.health.measure_vectors()

    def restore(self) -> None:
        self.replace()
        beside = self._folder.parent
        archive = beside / f"{next(self._numbers)}.zip"
        self._told(["back_up", str(archive)], lambda: back_up(self._folder, archive))
        target = archive.with_suffix("")
        self._told(["restore", str(archive)], lambda: restore(archive, target))

    def reindex(self) -> None:
        present = int(self._corpus.build().settings["chunk_tokens"])
        tokens = self.random.choice([size for size in (12, 24, 36) if size != present])
        for done, _ in self._corpus.builds.fill(Words(), chunk_tokens=tokens):
            if done == 2:
                self.replace()
        self._corpus.builds.switch()
        self.replace()

    def _text(self) -> str:
        return text_of(next(self._numbers), self.random.randint(1, 4))

    def _told(self, operation: list[str], do: Callable[[], object]) -> None:
        self._tell(operation)
        do()
        self._tell("done")


_KINDS: dict[str, Callable[[_Worker], None]] = {
    "ingest": _Worker.ingest,
    "replace": _Worker.replace,
    "delete": _Worker.delete,
    "snapshot": _Worker.snapshot,
    "compaction": _Worker.compact,
    "resize": _Worker.resize,
    "restore": _Worker.restore,
    "reindex": _Worker.reindex,
}
KINDS = tuple(_KINDS)


def store_and_die(tell: Tell, folder: str, name: str, text: str) -> None:
    """Leave what was stored in the log alone."""
    corpus = open_corpus(Path(folder))
    corpus.put(Draft(id=name, text=text))
    os.kill(os.getpid(), signal.SIGKILL)


def remake(tell: Tell, folder: str, crash_at: str) -> None:
    """Open a corpus whose derived files are gone or damaged, and make everything again."""
    os.environ["CITESPAN_CRASH_AT"] = crash_at
    with open_corpus(Path(folder)) as corpus:
        corpus.health.measure_vectors()


def restore_over(tell: Tell, archive: str, folder: str, crash_at: str) -> None:
    os.environ["CITESPAN_CRASH_AT"] = crash_at
    restore(Path(archive), Path(folder), replace=True)


def settle_until(tell: Tell, folder: str, crash_at: str) -> None:
    os.environ["CITESPAN_CRASH_AT"] = crash_at
    settle(Path(folder))


def read_while_replaced(tell: Tell, room: str) -> None:
    """Open and read a corpus until told that it is over; it is in one of two states, or refused."""
    counts = {"whole": 0, "refused": 0}
    while not (Path(room) / "over").exists():
        try:
            with open_corpus(Path(room) / "data", read_only=True) as corpus:
                names = [info.id for info in corpus.documents().documents]
                found = {name: corpus.get(name).text for name in names}
        except (StoreLocked, StoreUnavailable):
            counts["refused"] += 1
            continue
        assert found in STATES, found
        counts["whole"] += 1
    tell(counts)


def disk_full(tell: Tell, room: str, free: int) -> None:
    """Each operation on a disk with so many bytes left: done, or refused as such."""
    balloon = Path(room) / "balloon"

    @contextmanager
    def fault() -> Generator[None]:
        with suppress(OSError), balloon.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        os.truncate(balloon, max(0, balloon.stat().st_size - free))
        try:
            yield
        finally:
            balloon.unlink()

    for operation in OPERATIONS:
        assert_survives(Path(room), operation, fault, StoreFull)


def disk_becomes_read_only(tell: Tell, room: str) -> None:
    """Nothing is stored, which is said; all is as it was once it can be written to again."""
    folder, known = Path(room) / "data", Known()
    with open_corpus(folder) as corpus:
        for name, text in STATES[0].items():
            known.put(name, text)
            corpus.put(Draft(id=name, text=text))
    subprocess.run(["mount", "-o", "remount,ro", room], check=True)
    said = ""
    try:
        open_corpus(folder).close()
    except StoreUnavailable as error:
        said = str(error)
    finally:
        subprocess.run(["mount", "-o", "remount,rw", room], check=True)
    assert "cannot be written: Read-only file system" in said
    assert_whole(folder, known)


def sqlite_writes_fail(tell: Tell, room: str, error: str, times: str) -> None:
    """Each operation with each of SQLite's writes failing, that one alone or all from there on."""
    expected = StoreFull if error == "ENOSPC" else StoreUnavailable
    for operation in OPERATIONS:
        for nth in count(1, 1 if NIGHTLY else 7):
            fault = FailingWrites(nth, getattr(errno, error), for_good=times == "always")
            assert_survives(Path(room), operation, fault, expected)
            if not fault.fired:
                assert nth > 1 or operation == ["open"]
                break


def descriptors_run_out(tell: Tell, room: str, free: int) -> None:
    """Each operation while so many files more can be opened: done, or refused."""

    @contextmanager
    def fault() -> Generator[None]:
        taken: list[int] = []
        usual = resource.getrlimit(resource.RLIMIT_NOFILE)
        used = [int(path.name) for path in Path("/proc/self/fd").iterdir()]
        most = max(used) + free + 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, usual[1]))
        with suppress(OSError):
            while True:
                taken.append(os.dup(0))
        for descriptor in taken[len(taken) - free :]:
            os.close(descriptor)
        try:
            yield
        finally:
            for descriptor in taken[: len(taken) - free]:
                os.close(descriptor)
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)

    for operation in OPERATIONS:
        assert_survives(Path(room), operation, fault, StoreUnavailable)


def waits_for_faults(tell: Tell, room: str, operation: list[str]) -> None:
    """One operation while the parent makes system calls fail; each sees the other's files."""
    assert_survives(Path(room), operation, lambda: _while_they_fail(Path(room)), StoreUnavailable)


@contextmanager
def _while_they_fail(room: Path) -> Generator[None]:
    (room / "ready").touch()
    await_file(room / "attached")
    try:
        yield
    finally:
        (room / "acted").touch()
        await_file(room / "detached")


def reads_while_opening(tell: Tell, room: str) -> None:
    """Open a corpus while reading fails: refused, or what is derived is made again."""
    texts = {f"d{number}": text_of(number, 20) for number in range(12)}
    with (
        _while_they_fail(Path(room)),
        suppress(StoreUnavailable, StoreCorrupt),
        open_corpus(Path(room) / "data") as corpus,
    ):
        if not corpus.health.damaged():
            assert_finds(corpus, texts)
    with open_corpus(Path(room) / "data") as corpus:
        assert_finds(corpus, texts)
        assert corpus.health.check() == []


def reads_while_open(tell: Tell, room: str) -> None:
    """Read an open corpus while that fails: each answer is right, or refused."""
    refused = (StoreUnavailable, StoreCorrupt)  # SQLite takes what cannot be read for damage
    texts = {f"d{number}": text_of(number, 20) for number in range(12)}
    with open_corpus(Path(room) / "data") as corpus:
        with _while_they_fail(Path(room)):
            for name, text in texts.items():
                with suppress(*refused):
                    assert corpus.get(name).text == text
            with suppress(*refused):
                assert len(corpus.documents().documents) == len(texts)
            with suppress(*refused):
                assert_finds(corpus, texts)
        assert_finds(corpus, texts)
        assert corpus.health.check() == []


OPERATIONS = (
    ["put", "new", text_of(901)],
    ["put", "d0", text_of(902)],
    ["delete", "d1"],
    ["open"],
)
Fault: TypeAlias = Callable[[], AbstractContextManager[object]]


def assert_survives(
    room: Path, operation: list[str], fault: Fault, expected: type[StoreError]
) -> None:
    """An operation under a fault is done or refused; reads go on; afterwards it can be done."""
    folder, known = room / "data", Known()
    with open_corpus(folder) as corpus:
        for at in range(3):
            known.put(f"d{at}", text_of(at))
            corpus.put(Draft(id=f"d{at}", text=text_of(at)))
    if operation == ["open"]:
        with fault(), suppress(expected), open_corpus(folder) as corpus:
            assert_finds(corpus, known.current())
    else:
        corpus = open_corpus(folder)
        with fault():
            known = _attempt(corpus, known, operation, expected)
        if operation[0] != "delete" or operation[1] in known.revisions:
            _perform(corpus, operation)
            known.apply(operation)
        assert stored(corpus, known) == known.revisions
        assert_finds(corpus, known.current(), known.old)
        corpus.close()
    assert_whole(folder, known)
    remove(folder)


def _attempt(
    corpus: Corpus, known: Known, operation: list[str], expected: type[StoreError]
) -> Known:
    """What is stored after an operation that may be refused."""
    after = known.copy()
    after.apply(operation)
    outcomes = [after.revisions]
    try:
        _perform(corpus, operation)
    except expected:
        outcomes.append(known.revisions)
    found = stored(corpus, after)
    assert found in outcomes
    now = after if found == after.revisions else known
    assert_finds(corpus, now.current(), now.old)
    return now


def _perform(corpus: Corpus, operation: list[str]) -> None:
    if operation[0] == "delete":
        corpus.delete(operation[1])
    else:
        corpus.put(Draft(id=operation[1], text=operation[2]))


class FailingWrites:
    """SQLite's nth write in this process fails, and for good also those that follow."""

    _WRITE = ctypes.CFUNCTYPE(
        ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64,
        use_errno=True,
    )  # fmt: skip

    def __init__(self, nth: int, error: int, *, for_good: bool) -> None:
        self._left, self._error, self._for_good = nth, error, for_good
        self._vfs: Any = apsw.VFS("faulty", "unix")
        self._original: int = self._vfs.xGetSystemCall("pwrite64")
        self._real = self._WRITE(self._original)
        self._instead = self._WRITE(self._write)
        self.fired = False

    def __call__(self) -> AbstractContextManager[object]:
        return self

    def __enter__(self) -> None:
        address = ctypes.cast(self._instead, ctypes.c_void_p).value
        self._vfs.xSetSystemCall("pwrite64", address)

    def __exit__(self, *_: object) -> None:
        self._vfs.xSetSystemCall("pwrite64", self._original)

    def _write(self, file: int, data: int, size: int, at: int) -> int:
        self._left -= 1
        if self._left == 0 or (self._left < 0 and self._for_good):
            self.fired = True
            ctypes.set_errno(self._error)
            return -1
        return self._real(file, data, size, at)


_FILES: Sequence[Callable[[str], bytes]] = (
    lambda text: Pdf([Page(prose(textwrap.wrap(text, 70)))]).write(),
    lambda text: docx(paragraph(text)),
    lambda text: rf"{{\rtf1 {text}}}".encode(),
    lambda text: odf("text", f"<text:p>{text}</text:p>"),
    lambda text: f"<!doctype html><body><p>{text}</p></body>".encode(),
    lambda text: epub({"one.xhtml": f"<p>{text}</p>"}),
)
FILES = 2 * len(_FILES)  # documents that `read_files` stores


def read_files(tell: Tell, folder: str, seed: int) -> None:
    """Read files of all kinds and store them; tell which are stored, and why others are not."""
    reader = FileReader()
    with open_corpus(Path(folder)) as corpus:
        for number in range(FILES):
            text = text_of(seed * FILES + number)
            data = _FILES[number % len(_FILES)](text)
            try:
                read = reader.read(data, Request())
            except Unreadable as error:
                tell(["refused", error.code])
                continue
            assert read.draft.text == text
            tell(["put", f"f{number}", read.draft.text])
            corpus.put(dataclasses.replace(read.draft, id=f"f{number}"))
            tell("done")


def write_alone(tell: Tell, room: str) -> None:
    """Be the writer until the parent has seen enough, or tell who is."""
    await_file(Path(room) / "go")
    began = time.monotonic()
    try:
        with open_corpus(Path(room) / "data"):
            tell(["won", os.getpid()])
            await_file(Path(room) / "over")
    except StoreLocked as error:
        tell(["left", str(error), time.monotonic() - began])
        (Path(room) / "left").touch()


def reindex(tell: Tell, folder: str, documents: int, times: int) -> None:
    """Replace all documents so many times."""
    with open_corpus(Path(folder)) as corpus:
        for number in range(times):
            drafts = (
                Draft(id=f"d{at}", text=text_of(number * documents + at)) for at in range(documents)
            )
            for _ in corpus.put_many(drafts):
                pass


def read_on(tell: Tell, folder: str, threads: int) -> None:
    """Search on some threads until told that it is over; nothing fails or comes back empty."""
    over = Path(folder).parent / "over"

    def search(corpus: Corpus) -> int:
        searches = 0
        while not over.exists():
            for side in Side:
                assert corpus.search("common fact0", sides=[side]), side
                searches += 1
        return searches

    with open_corpus(Path(folder), read_only=True) as corpus, ThreadPoolExecutor(threads) as pool:
        tell(sum(pool.map(search, [corpus] * threads)))


def in_order(tell: Tell, room: str, kind: str) -> None:
    """One kind of operation while the parent traces system calls; tell when it is acknowledged."""
    work = _ORDERED[kind](Path(room))
    with _while_they_fail(Path(room)):
        for _ in work:
            tell("acknowledged")


def _corpus_of_six(folder: Path) -> Corpus:
    corpus = open_corpus(folder)
    for at in range(6):
        corpus.put(Draft(id=f"d{at}", text=text_of(at)))
    return corpus


def _ordered(*changes: Callable[[Corpus], object]) -> Callable[[Path], Iterator[object]]:
    """Changes of a corpus of six documents, and that it is closed."""

    def work(room: Path) -> Iterator[object]:
        corpus = _corpus_of_six(room / "data")

        def steps() -> Iterator[object]:
            for change in changes:
                yield change(corpus)
            yield corpus.close()

        return steps()

    return work


def _beside_a_reader(room: Path) -> Iterator[object]:
    """Changes while another reads the log, so that it cannot be emptied, and so be synced."""
    corpus = _corpus_of_six(room / "data")

    def steps() -> Iterator[object]:
        with (
            closing(Database(room / "data" / "catalog.db", read_only=True)) as reader,
            reader.snapshot(),
        ):
            assert reader.rows("SELECT count(*) FROM documents") == [(6,)]
            yield corpus.put(Draft(id="new", text=text_of(901)))
            yield corpus.delete("d1")
        yield corpus.close()

    return steps()


def _begins(room: Path) -> Iterator[object]:
    with open_corpus(room / "new" / "data") as corpus:
        yield corpus.put(Draft(id="d0", text=text_of(0)))


def _ingests(corpus: Corpus) -> None:
    for _ in corpus.put_many(Draft(id=f"n{at}", text=text_of(at, 5)) for at in range(100, 120)):
        pass
    corpus.health.measure_vectors()  # once the approximate index is written


def _reindexes(corpus: Corpus) -> None:
    for _ in corpus.builds.fill(Words(), chunk_tokens=24):
        pass
    corpus.builds.switch()


def _backs_up(room: Path) -> Iterator[object]:
    _corpus_of_six(room / "data").close()

    def steps() -> Iterator[object]:
        yield back_up(room / "data", room / "one.zip")
        yield restore(room / "one.zip", room / "beside" / "data")
        yield restore(room / "one.zip", room / "data", replace=True)

    return steps()


def _backs_up_all(room: Path) -> Iterator[object]:
    root = room / "data"
    folders = {"default": root, "hr": root / "collections" / "hr"}
    for folder in folders.values():
        _corpus_of_six(folder).close()

    def steps() -> Iterator[object]:
        yield back_up_all(folders, room / "all.zip")
        other = room / "other"
        yield restore_all(
            room / "all.zip", other, lambda name: other / folders[name].relative_to(root)
        )

    return steps()


def _makes_a_collection(room: Path) -> Iterator[object]:
    _corpus_of_six(room / "data").close()
    parent = room / "data" / "collections"

    def steps() -> Iterator[object]:
        with new_folder(parent, "hr", {"retrieval": {"top_k": 3}}):
            open_corpus(parent / "hr").close()
        yield parent
        yield hide_folder(parent, "hr")

    return steps()


def _takes_a_job(room: Path) -> Iterator[object]:
    _corpus_of_six(room / "data").close()
    draft = SpooledFile(name="a.txt", draft=Draft(text=text_of(1)))
    jobs = FolderJobs(room / "data")
    yield jobs.submit("ingest", "default", [draft])
    jobs.close()


def _labels_answers(room: Path) -> Iterator[object]:
    with _corpus_of_six(room / "data") as corpus:
        labels = LabelStore(FeedbackInFolder(room / "data"), corpus.get)
        refused = JudgedAnswer(status="answered", mode="extractive", confidence=0.5)
        made = labels.add("When?", Verdict.SHOULD_REFUSE, refused)
        yield made
        yield labels.add("Who?", Verdict.SHOULD_REFUSE, refused)
        yield labels.change(made.id, state=State.ACCEPTED)
        yield labels.remove(made.id)


_ORDERED: dict[str, Callable[[Path], Iterator[object]]] = {
    "new folder": _begins,
    "labels": _labels_answers,
    "documents": _ordered(
        lambda corpus: corpus.put(Draft(id="new", text=text_of(901))),
        lambda corpus: corpus.put(Draft(id="newer", text=text_of(902))),
        lambda corpus: corpus.put(Draft(id="d0", text=text_of(903))),
        lambda corpus: corpus.delete("d1"),
        lambda corpus: corpus.purge(keep=0),
    ),
    "documents beside a reader": _beside_a_reader,
    "many": _ordered(_ingests),
    "reindexing": _ordered(_reindexes),
    "backup": _backs_up,
    "backup of all": _backs_up_all,
    "collection": _makes_a_collection,
    "job": _takes_a_job,
}
ORDERED = tuple(_ORDERED)


def sync_folder(tell: Tell, folder: str, source: str, crash_at: str) -> None:
    """Sync a folder, until killed; tell the key of each entry that is done."""
    os.environ["CITESPAN_CRASH_AT"] = crash_at
    with open_corpus(Path(folder)) as corpus:
        sync(
            corpus, "notes", FolderSource(Path(source)), SyncRules(force=True), files=FileReader(),
            on_result=lambda key, _: tell(key),
        )  # fmt: skip
