"""Several processes behind one socket: all answer, one that dies is replaced, none is left."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from faults import WORDS_BEFORE, WORDS_SETTINGS
from postgres_server import PostgresServer, postgres_server
from serving import log_of, ready, start

from citespan.api.server import run_workers
from citespan.api.server.listening import PortInUse
from citespan.qa.oversight import present

_DOCUMENT = {"text": "The harbour was opened in 1887."}
_ASKED = {"question": "When was the harbour opened?"}
_WORKER = re.compile(r'citespan_answers_total\{.*worker="(\d)"\} ')
_PATIENCE_S = 60


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as opened:
        yield opened


@pytest.fixture(scope="module")
def url(postgres: PostgresServer) -> str:
    return postgres.database()


def begun(data: Path, models: Path, url: str) -> subprocess.Popen[bytes]:
    settings = {**WORDS_SETTINGS, "CITESPAN_STORE__URL": url, "CITESPAN_SERVE__WORKERS": "2"}
    return start(data, models, before=WORDS_BEFORE, **settings)


def children(process: subprocess.Popen[bytes]) -> set[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return {int(pid) for pid in listed.split()}


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ask(url: str) -> None:
    """Ask until a connection is not cut; there is always a worker that answers."""
    while True:
        with suppress(httpx.TransportError):
            sent = httpx.post(f"{url}/v1/ask", json=_ASKED, timeout=_PATIENCE_S)
            assert sent.status_code == 200, sent.text
            assert sent.json()["citations"][0]["document"]["id"] == "harbour"
            return


def until_both_have_answered(url: str) -> None:
    """Ask until both workers have answered, by their metrics."""
    seen = set[str]()
    while seen != {"1", "2"}:
        ask(url)
        with suppress(httpx.TransportError):
            metrics = httpx.get(f"{url}/metrics", timeout=_PATIENCE_S).text
            seen |= set(_WORKER.findall(metrics))


def test_a_worker_that_dies_is_replaced_and_a_signal_ends_all(
    models_folder: Path, tmp_path: Path, url: str
) -> None:
    data = tmp_path / "data"
    process = begun(data, models_folder, url)
    try:
        served = ready(process, data)
        found = present(data)
        assert found
        assert (found.pid, found.url) == (process.pid, served)
        assert httpx.put(f"{served}/v1/documents/harbour", json=_DOCUMENT).status_code == 201
        until_both_have_answered(served)
        before = children(process)
        assert len(before) == 2
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        while killed in children(process) or len(children(process)) != 2:
            ask(served)
        until_both_have_answered(served)
        workers = children(process)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(_PATIENCE_S)
    assert code == 0
    assert not any(map(is_running, workers))
    logs = [json.loads(line) for line in log_of(data).read_text("utf-8").splitlines()]
    assert [log["event"] for log in logs].count("listening") == 1
    ended = [(log["code"], log["pid"]) for log in logs if log["event"] == "worker_ended"]
    assert ended == [(-signal.SIGKILL, killed)]
    assert present(data) is None
    assert (data / "worker-2").is_dir()


def test_no_worker_outlives_its_parent(models_folder: Path, tmp_path: Path, url: str) -> None:
    data = tmp_path / "data"
    process = begun(data, models_folder, url)
    try:
        served = httpx.URL(ready(process, data))
        while len(children(process)) != 2:
            time.sleep(0.05)
        workers = children(process)
    finally:
        process.kill()
        process.wait()
    while any(map(is_running, workers)):
        time.sleep(0.05)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((served.host, served.port or 0))


def test_workers_that_cannot_start_end_the_server(models_folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    process = begun(data, models_folder, "postgresql://nobody@127.0.0.1:1/none")
    with process:
        assert process.wait() == 2
    written = log_of(data).read_text("utf-8")
    assert written.count("cannot be reached") == 1, written


def test_an_address_in_use_is_told_before_there_are_workers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortInUse):
        run_workers(2, "127.0.0.1", taken.getsockname()[1], stop_s=1)
