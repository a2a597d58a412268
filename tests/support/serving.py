"""`citespan serve` as a process, for tests of what talks to it from outside."""

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

_SERVE = "import sys, citespan; sys.argv = ['citespan', 'serve', '--port', '0']; citespan.main()"


class Served(NamedTuple):
    """A server that is ready."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


def environment(data: Path, models: Path, **settings: str) -> dict[str, str]:
    """The environment of a `citespan` process on a data folder."""
    own = {"CITESPAN_DATA__PATH": str(data), "CITESPAN_DATA__MODELS": str(models)}
    return os.environ | own | settings


@contextmanager
def started(data: Path, models: Path, *, before: str = "", **settings: str) -> Generator[Served]:
    """A server that is ready; its logs are in `serve.log` beside the data folder.

    Args:
        data: its data folder.
        models: where the embedder lies.
        before: Python that is run in its process first.
        settings: of its environment.
    """
    process = start(data, models, before=before, **settings)
    try:
        yield Served(ready(process, data), process, log_of(data))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@contextmanager
def serving(data: Path, models: Path, **settings: str) -> Generator[str]:
    """The address of a server that is ready, as for `started`."""
    with started(data, models, **settings) as served:
        yield served.url


def connected(served: Served) -> socket.socket:
    """A connection on which nothing has been sent."""
    url = httpx.URL(served.url)
    return socket.create_connection((url.host, url.port or 0))


def start(
    data: Path, models: Path, *, before: str = "", **settings: str
) -> subprocess.Popen[bytes]:
    """A server that is not ready yet, as for `started`."""
    with log_of(data).open("wb") as written:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", f"{before}\n{_SERVE}"],
            env=environment(data, models, **settings),
            stderr=written,
        )


def log_of(data: Path) -> Path:
    """The log of a server on a data folder."""
    return data.with_name("serve.log")


def ready(process: subprocess.Popen[bytes], data: Path) -> str:
    """The address of a server once it is ready."""
    log = log_of(data)
    while not (lines := log.read_text("utf-8").splitlines(keepends=True)) or lines[0][-1] != "\n":
        assert process.poll() is None
        time.sleep(0.05)
    url: str = json.loads(lines[0])["url"]
    while httpx.get(f"{url}/health/ready", timeout=60).status_code != 200:
        assert process.poll() is None, log.read_text("utf-8")
        time.sleep(0.05)
    return url
