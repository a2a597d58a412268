"""The command `citespan serve` as a process of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx
import msgspec

from citespan.evals.errors import RunError

_STEP_S = 0.02
_MOST_S = 60.0  # seconds; after these the server counts as stuck


class _Log(msgspec.Struct):
    event: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that is ready."""

    url: str
    pid: int


def command(folder: Path) -> list[str]:
    """Return citespan's command line on a data folder, without the subcommand."""
    return [sys.executable, "-m", "citespan", "--data", str(folder)]


def environment(models: Path) -> Mapping[str, str]:
    """Return this process's environment, with the folder of exported models."""
    return {**os.environ, "CITESPAN_DATA__MODELS": str(models)}


@contextmanager
def serving(
    folder: Path, models: Path, more: Mapping[str, str] = MappingProxyType({})
) -> Generator[Server]:
    """Start a server on a data folder, yield it when ready, and stop it at the end.

    Args:
        folder: the data folder.
        models: the folder of exported models.
        more: settings, by variables of the environment.

    Raises:
        RunError: the server ends before it is ready, or takes over a minute.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603  (our own command)
            [*command(folder), "serve", "--port", "0"],
            env={**environment(models), **more},
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            until = time.monotonic() + _MOST_S
            while not (url := _url(_written(log.fileno()))) or not _is_ready(url):
                if process.poll() is not None or time.monotonic() > until:
                    raise RunError(f"citespan serve did not get ready: {_written(log.fileno())}")
                time.sleep(_STEP_S)
            yield Server(url=url, pid=process.pid)
        finally:
            process.terminate()
            process.wait()


def _written(log: int) -> str:
    return os.pread(log, 1_000_000, 0).decode(errors="replace")


def _url(log: str) -> str:
    """Return the address in the log; other lines are for people."""
    for line in log.splitlines():
        if line.startswith("{"):
            entry = msgspec.json.decode(line, type=_Log)
            if entry.event == "listening":
                return entry.url
    return ""


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").is_success
    except httpx.TransportError:
        return False
