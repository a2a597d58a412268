"""A server of Milvus Lite, in a process of its own, which a test can kill and start again."""

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from citespan.index.search import EngineKind, SearchServer

PATIENCE_S = 30
_CODE = "import sys; from milvus_lite.cmdline import main; sys.exit(main())"


class MilvusServer:
    """A server of Milvus Lite, started by the words of `within`, such as those of a namespace."""

    def __init__(self, folder: Path, host: str, within: Sequence[str]) -> None:
        self._folder, self._host, self._within = folder, host, within
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self.search = SearchServer(kind=EngineKind.MILVUS, url=f"http://{host}:{self._port}")
        self.start()

    def start(self) -> None:
        given = ["server", "--data-dir", self._folder / "data"]
        given += ["--host", self._host, "--port", str(self._port)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._within, sys.executable, "-c", _CODE, *given], stdout=log, stderr=log
            )
        until = time.monotonic() + PATIENCE_S
        while self._process.poll() is None and time.monotonic() < until:
            with closing(socket.socket()) as tried:
                if tried.connect_ex((self._host, self._port)) == 0:
                    return
            time.sleep(0.05)
        self.kill()
        pytest.skip(f"Milvus Lite does not start here: {(self._folder / 'log').read_text()}")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)


@contextmanager
def milvus_server(
    folder: Path, host: str = "127.0.0.1", within: Sequence[str] = ()
) -> Generator[MilvusServer]:
    """Start a server and stop it; skip the test where Milvus Lite is not installed."""
    for package in ("pymilvus", "milvus_lite"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs the package {package}")
    started = MilvusServer(folder, host, within)
    try:
        yield started
    finally:
        started.kill()
