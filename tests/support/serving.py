"""`citespan serve` as a process, for tests of its clients."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

_SERVE = (
    "import sys; from citespan.commands import main;"
    " sys.argv[1:] = ['serve', '--port', '0']; main()"
)

# The models read little: what a server does is at stake in these tests, and not how well they read.
_QUICK = {"CITESPAN_RETRIEVAL__TOP_K": "6"}


class Served(NamedTuple):
    """A server that is ready."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


def environment(data: Path, models: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a `citespan` process on a data folder."""
    own = {"CITESPAN_DATA__PATH": str(data), "CITESPAN_DATA__MODELS": str(models)}
    return os.environ | _QUICK | own | settings


@contextmanager
def started(data: Path, models: Path, *, before: str = "", **settings: str) -> Generator[Served]:
    """Start a server, and yield it once it is ready; it logs to `serve.log` next to `data`.

    Args:
        data: the data folder of the server.
        models: the folder of the embedder.
        before: Python code that the process runs first.
        settings: variables for the environment of the process.
    """
    process = start(data, models, before=before, **settings)
    try:
        yield Served(ready(process, data), process, log_of(data))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@contextmanager
def serving(data: Path, models: Path, **settings: str) -> Generator[str]:
    """Start a server as `started` does, and yield its address."""
    with started(data, models, **settings) as served:
        yield served.url


def connected(served: Served) -> socket.socket:
    """Open a connection to a server, on which the client has sent nothing."""
    url = httpx.URL(served.url)
    return socket.create_connection((url.host, url.port or 0))


def start(
    data: Path, models: Path, *, before: str = "", **settings: str
) -> subprocess.Popen[bytes]:
    """Start a server as `started` does, without waiting until it is ready."""
    with log_of(data).open("wb") as written:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", f"{before}\n{_SERVE}"],
            env=environment(data, models, **settings),
            stderr=written,
        )


def log_of(data: Path) -> Path:
    """Return the path of the log of a server on a data folder."""
    return data.with_name("serve.log")


def ready(process: subprocess.Popen[bytes], data: Path) -> str:
    """Wait until a server is ready, and return its address."""
    log = log_of(data)
    while not (lines := log.read_text("utf-8").splitlines(keepends=True)) or lines[0][-1] != "\n":
        assert process.poll() is None
        time.sleep(0.05)
    url: str = json.loads(lines[0])["url"]
    while httpx.get(f"{url}/health/ready", timeout=60).status_code != 200:
        assert process.poll() is None, log.read_text("utf-8")
        time.sleep(0.05)
    return url
