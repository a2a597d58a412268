"""The two compared systems, each in a fresh process of its own."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar

from citespan.evals.bench.load import Round, ask_all
from citespan.evals.errors import RunError
from citespan.evals.runs.memory import peak_bytes
from citespan.evals.types import SourceDocument
from citespan.index import Corpus, Draft
from citespan.qa import Service, Settings, open_service
from citespan.qa.composition import build_embedder

P = ParamSpec("P")
T = TypeVar("T")


class BenchSystem(Protocol):
    """The operations that both systems have; models are loaded when a system is made."""

    def ingest(self, documents: Sequence[SourceDocument], folder: Path) -> int:
        """Store documents in a new folder, until all is on disk; return the number of chunks."""
        ...

    def open(self, folder: Path) -> None:
        """Open a stored folder for questions."""
        ...

    def search(self, question: str) -> Mapping[str, float]:
        """Find passages; return milliseconds by stage, as far as they are known."""
        ...


S = TypeVar("S", bound=BenchSystem)


class Citespan:
    """The citespan service with the user's settings; `settings.data.models` must be set."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedder = build_embedder(settings)
        self._embedder.embed_query("warm")
        self._service: Service | None = None

    def ingest(self, documents: Sequence[SourceDocument], folder: Path) -> int:
        drafts = [Draft(id=d.id, text=d.text, title=d.title) for d in documents]
        tokens = self._settings.chunking.max_tokens
        with Corpus.open(folder, self._embedder, chunk_tokens=tokens) as corpus:
            for _ in corpus.put_many(drafts):
                pass
            return corpus.counts()[1]

    def open(self, folder: Path) -> None:
        self._service = open_service(folder, settings=self._settings, read_only=True)
        self._service.warm()

    def search(self, question: str) -> Mapping[str, float]:
        self._opened.search(question)
        return {}

    def answer(self, question: str) -> Mapping[str, float]:
        """Answer; return the service's own milliseconds by stage."""
        return self._opened.ask(question).timings_ms

    @property
    def _opened(self) -> Service:
        if self._service is None:
            raise ValueError("nothing is open yet")
        return self._service


class NaiveSystem:
    """The naive script as a system."""

    def __init__(self, settings: Settings) -> None:
        from citespan.evals.bench.naive import Naive  # torch is imported in this process only

        self._naive = Naive()
        self._max_tokens = settings.chunking.max_tokens

    def ingest(self, documents: Sequence[SourceDocument], folder: Path) -> int:
        return self._naive.ingest([d.text for d in documents], self._max_tokens, folder)

    def open(self, folder: Path) -> None:
        self._naive.open(folder)
        self._naive.search("warm")

    def search(self, question: str) -> Mapping[str, float]:
        return self._naive.search(question)[1]


class Worker(Generic[S]):
    """A system in a new process, so that measurements are of that system only."""

    def __init__(self, system: Callable[[Settings], S], settings: Settings) -> None:
        self._pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_make, initargs=(system, settings)
        )
        self._ready = self._pool.submit(peak_bytes)  # starts to load at once

    def do(self, task: Callable[Concatenate[S, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of this module on the system there, and return its result.

        Raises:
            RunError: the process has ended; its standard error says why.
        """
        try:
            self._ready.result()
            return self._pool.submit(_do, task, *args, **kwargs).result()
        except BrokenExecutor as error:
            raise RunError("a measured process has ended; its error is printed above") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """The time, memory and size of storing."""

    seconds: float
    chunks: int


def ingest(system: BenchSystem, documents: Sequence[SourceDocument], folder: Path) -> Ingested:
    """Store documents and time it."""
    start = time.perf_counter()
    chunks = system.ingest(documents, folder)
    return Ingested(seconds=time.perf_counter() - start, chunks=chunks)


def open_folder(system: BenchSystem, folder: Path) -> None:
    """Open a stored folder."""
    system.open(folder)


def search_all(system: BenchSystem, questions: Sequence[str], clients: int) -> Round:
    """Search for all questions from `clients` threads."""
    return ask_all(system.search, questions, clients)


def answer_all(system: Citespan, questions: Sequence[str], clients: int) -> Round:
    """Answer all questions from `clients` threads."""
    return ask_all(system.answer, questions, clients)


def peak_memory(_: BenchSystem) -> int:
    """Return the peak memory of this process, in bytes."""
    return peak_bytes() or 0


_made: list[object] = []  # set once in each worker's process


def _make(system: Callable[[Settings], object], settings: Settings) -> None:
    _made.append(system(settings))


def _do(task: Callable[..., T], *args: object, **kwargs: object) -> T:
    return task(_made[0], *args, **kwargs)
