"""`citespan serve` as a process, for tests of what talks to it from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx


def environment(data: Path, models: Path, **settings: str) -> dict[str, str]:
    """The environment of a `citespan` process on a data folder."""
    own = {"CITESPAN_DATA__PATH": str(data), "CITESPAN_DATA__MODELS": str(models)}
    return os.environ | own | settings


@contextmanager
def serving(data: Path, models: Path, **settings: str) -> Generator[str]:
    """The address of a server that is ready; its logs are in `serve.log` beside the data folder."""
    process = start(data, models, **settings)
    try:
        yield ready(process, data)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def start(data: Path, models: Path, **settings: str) -> subprocess.Popen[bytes]:
    """A server that is not ready yet; its logs are as for `serving`."""
    with data.with_name("serve.log").open("wb") as written:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "citespan", "serve", "--port", "0"],
            env=environment(data, models, **settings),
            stderr=written,
        )


def ready(process: subprocess.Popen[bytes], data: Path) -> str:
    """The address of a server once it is ready."""
    log = data.with_name("serve.log")
    while not (lines := log.read_text("utf-8").splitlines(keepends=True)) or lines[0][-1] != "\n":
        assert process.poll() is None
        time.sleep(0.05)
    url: str = json.loads(lines[0])["url"]
    while httpx.get(f"{url}/health/ready", timeout=60).status_code != 200:
        assert process.poll() is None, log.read_text("utf-8")
        time.sleep(0.05)
    return url
