"""The caller's side: a process that works on idle cores, and one that need not wait for them."""

import math
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

from citespan.index.background.messages import MadeChunks, MakingTask, Reply
from citespan.index.corpus import OnChunks, chunked
from citespan.index.embedding import OnnxEmbedder
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import StoreUnavailable
from citespan.index.layout import Layout
from citespan.index.runtime import HelperProcess
from citespan.index.types import Chunk, Document, Vectors

_PROCESS = "citespan.index.background.process"
_SHORT = 4_000  # characters, of some 7 chunks: made here before a process has started
_SHORT_S = 2.0  # without a message about a short document, which needs a tenth of that
_LOOK_S = 0.5  # between two looks at whether the work is still wanted
_AT_ONCE = 2  # documents, so that one is cut while another one is embedded
_BUSY_S = 60.0  # without waiting for an idle core, once none became idle


class BackgroundMaker:
    """A maker of chunks that leaves the cores to questions. Safe for many threads.

    One process works only while a core is idle. If none becomes idle, another process makes the
    documents of the next minute, with a low priority. Both start when they are needed. Models other
    than exported ones work in this process, and short documents do while no other one runs.

    Args:
        patience_s: how long the first process may send nothing about a document.
        unused_s: after how long without work a process ends, to free its memory.
    """

    at_once = _AT_ONCE

    def __init__(self, patience_s: float = 10.0, unused_s: float = 60.0) -> None:
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._busy_until = 0.0
        self._patience_s = patience_s
        self._idle, self._soon = _Process("idle", unused_s), _Process("soon", unused_s)

    def chunked(
        self,
        embedder: Embedder,
        chunk_tokens: int,
        document: Document,
        on_chunks: OnChunks,
        layout: Layout | None = None,
    ) -> tuple[Sequence[Chunk], Vectors]:
        """Make chunks and vectors in another process, as `corpus.chunked` does.

        Raises:
            StoreUnavailable: the process died twice.
        """
        short = len(document.text) <= _SHORT
        if not isinstance(embedder, OnnxEmbedder) or (short and not self._idle.runs()):
            return chunked(embedder, chunk_tokens, document, on_chunks, layout)
        task = MakingTask(embedder.folder, chunk_tokens, document, layout)
        with self._turn:
            if time.monotonic() >= self._busy_until:
                patience_s = min(self._patience_s, _SHORT_S if short else math.inf)
                if made := self._idle.made(task, on_chunks, patience_s):
                    return made.chunks, made.vectors
                self._busy_until = time.monotonic() + _BUSY_S
            for _ in range(2):
                if made := self._soon.made(task, on_chunks, math.inf):
                    return made.chunks, made.vectors
        raise StoreUnavailable(
            "the process that cuts and embeds documents died twice at this one; the machine may"
            " have too little memory; split the document, or send it again"
        )

    def close(self) -> None:
        """End the processes; the next use starts them again."""
        self._idle.close()
        self._soon.close()


class _Process:
    """A process, started where it is needed.

    Args:
        kind: `idle` or `soon`, as `index.background.process` describes.
        unused_s: after how long without work it ends.
    """

    def __init__(self, kind: str, unused_s: float) -> None:
        self._helper = HelperProcess(_PROCESS, [kind, str(unused_s)])
        self._lock = threading.Lock()

    def runs(self) -> bool:
        """Return whether the process runs already; start it if not."""
        with self._lock:
            if not self._helper.runs:
                self._helper.start()
                return False
            return True

    def made(self, task: MakingTask, on_chunks: OnChunks, patience_s: float) -> MadeChunks | None:
        """Return what the process makes; None if it died, or was silent for `patience_s`.

        If `on_chunks` raises, the process gives the document up.
        """
        with self._sent() as link, suppress(EOFError, ConnectionError):
            link.send(task)
            done, total, heard = 0, 0, time.monotonic()
            while time.monotonic() - heard < patience_s:
                on_chunks(task.document.id, done, total)
                if not link.poll(_LOOK_S):
                    continue
                reply: Reply = link.recv()
                if isinstance(reply, MadeChunks):
                    on_chunks(task.document.id, len(reply.chunks), len(reply.chunks))
                    return reply
                (done, total), heard = reply, time.monotonic()
        return None

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._helper.stop()

    def _sent(self) -> Connection:
        """Return this end of a new connection, whose other end the process has been sent."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            try:
                self._helper.send([theirs.fileno()])
            except OSError:  # it ended, as nobody had used it
                self._helper.send([theirs.fileno()])
        return Connection(ours.detach())
