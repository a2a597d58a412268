"""The process that makes chunks and vectors.

`python -m citespan.index.background.process SOCKET idle|soon SECONDS` works for the process that
has the other end of the socket. That one sends a descriptor for each document; if it closes its end
of that, the work on the document ends. This process ends with the other one, or if it had no work
for so many seconds.
"""

import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

from citespan.index.background.messages import MadeChunks, MadeSoFar, MakingTask
from citespan.index.corpus import chunked
from citespan.index.embedding import OnnxEmbedder
from citespan.index.runtime import give_way

_REPORT_S = 0.25  # between two messages about a document
_BEHIND = 10  # nice value of the process that does not wait for idle cores


def main() -> None:
    """Make chunks until the other process is gone, or has sent nothing for a while."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process says when to end
    if sys.argv[2] == "idle":
        give_way()
    else:
        os.nice(_BEHIND)
    control = socket.socket(fileno=int(sys.argv[1]))
    control.settimeout(float(sys.argv[3]))
    running: list[threading.Thread] = []
    while True:
        try:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        except TimeoutError:
            message, descriptors = b"", []
            running = [thread for thread in running if thread.is_alive()]
            if running:
                continue
        if not message:
            os._exit(0)  # the threads that still run work for nobody
        running.append(threading.Thread(target=_work, args=(Connection(descriptors[0]),)))
        running[-1].start()


def _work(link: Connection) -> None:
    with link, suppress(BrokenPipeError, ConnectionResetError):  # the caller has given up
        task: MakingTask = link.recv()
        reports = _Reports(link)
        embedder = _embedder(task.model)
        made = chunked(embedder, task.chunk_tokens, task.document, reports, task.layout)
        link.send(MadeChunks(*made))


class _Reports:
    """Sends the progress of a document, but not too often."""

    def __init__(self, link: Connection) -> None:
        self._link, self._sent = link, 0.0

    def __call__(self, _: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._sent >= _REPORT_S:
            self._link.send(MadeSoFar(done, total))
            self._sent = now


@cache
def _embedder(model: Path) -> OnnxEmbedder:
    return OnnxEmbedder(model)


if __name__ == "__main__":
    main()
