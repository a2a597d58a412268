"""The caller's side: a bounded number of tasks on Ray, and what becomes of them."""

import secrets
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Any

from citespan.index.cluster.plan import PROBE, Model, TorchModel, WorkerPlan, versions_here
from citespan.index.cluster.reach import last_line
from citespan.index.cluster.tasks import PlanRef, RefusedFile, Unfit, make, read
from citespan.index.corpus import OnChunks, chunked
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import ClusterUnavailable, DocumentRejected, StoreUnavailable
from citespan.index.layout import Layout
from citespan.index.reading import Parsed, Request, Unreadable, stops
from citespan.index.types import Chunk, Document, Vectors

_A_CORE = 4  # documents that wait or run, so that a long one does not leave workers without work
_MOST = 400  # each one takes a thread here
_LOOK_S = 0.5  # between two looks at whether the work is still wanted
_AGAIN = 3  # times that Ray repeats a task whose worker died


class Cluster:
    """A maker of documents on Ray. Safe for many threads.

    Args:
        ray: the module, connected.
        embedder: the caller's; the workers open the same model, and compare a vector.
        model: the model that `embedder` uses.
        gpus: GPUs that each task takes that embeds; 0 for none.
    """

    def __init__(self, ray: Any, embedder: Embedder, model: Model, gpus: float = 0) -> None:
        self._ray, self._embedder = ray, embedder
        plan = WorkerPlan(
            model=model,
            embedder=embedder.name,
            probe=embedder.embed_documents([PROBE])[0],
            versions=versions_here(torch=isinstance(model, TorchModel)),
        )
        self._read = ray.remote(num_cpus=1, max_retries=_AGAIN)(read)
        # max_calls=0: Ray would end each process that has used a GPU, and the model with it.
        self._make = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=_AGAIN, max_calls=0)(make)
        with self._failures():
            cores = int(ray.cluster_resources().get("CPU", 1))
            self._sent = PlanRef(secrets.token_hex(8), [ray.put(plan)])
        self.at_once = min(max(cores, 1) * _A_CORE, _MOST)

    def parse(self, data: bytes, request: Request) -> Parsed:
        """Read a file on a worker, as `index.parse.isolation.parse` does.

        Raises:
            Unreadable, DocumentRejected: as there.
            StoreUnavailable: reading was stopped meanwhile.
            ClusterUnavailable: Ray or its workers failed.
        """
        before = stops()

        def look() -> None:
            if stops() != before:
                raise StoreUnavailable("reading was stopped; send the file again")

        found: Parsed | RefusedFile = self._result(self._read, look, data, request)
        if not isinstance(found, RefusedFile):
            return found
        if found.code is None:
            raise DocumentRejected(found.message)
        raise Unreadable(found.code, found.message)

    def chunked(
        self,
        embedder: Embedder,
        chunk_tokens: int,
        document: Document,
        on_chunks: OnChunks,
        layout: Layout | None = None,
    ) -> tuple[Sequence[Chunk], Vectors]:
        """Make chunks and vectors on a worker, as `corpus.chunked` does.

        If a reindex has changed the embedder meanwhile, this process makes them.

        Raises:
            ClusterUnavailable: Ray or its workers failed.
        """
        if embedder.name != self._embedder.name:
            return chunked(embedder, chunk_tokens, document, on_chunks, layout)

        def look() -> None:
            on_chunks(document.id, 0, 0)

        made = self._result(self._make, look, chunk_tokens, document, layout)
        on_chunks(document.id, 0, len(made.chunks))
        return made.chunks, made.vectors

    def _result(self, task: Any, look: Callable[[], None], *arguments: object) -> Any:
        """Return what a task returns; `look` is called meanwhile, and may raise to give up."""
        with self._failures():
            look()
            done: Future[Any] = task.remote(self._sent, *arguments).future()
            while not wait([done], _LOOK_S).done:
                look()
            found = done.result()
        if isinstance(found, Unfit):
            raise ClusterUnavailable(found.why)
        return found

    @contextmanager
    def _failures(self) -> Generator[None]:
        """Raise what Ray raises as an error of ours."""
        # Ray's client also raises what its server could not do, such as to load our modules.
        kinds = (self._ray.exceptions.RayError, ConnectionError, ImportError, AttributeError)
        try:
            yield
        except kinds as error:
            raise ClusterUnavailable(
                f"Ray failed: {last_line(error)}; install citespan[ray] in one version on all"
                " machines of Ray; run it again to continue"
            ) from error
