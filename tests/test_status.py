"""`citespan status`: what it says of a server that runs, of one that failed, and of none."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from serving import environment, started

from citespan.index import OnnxEmbedder
from citespan.qa.oversight import SERVER_FILE, Announcer, present


def asked(data: Path, models: Path, *options: str, **settings: str) -> tuple[int, str]:
    """Return the exit code of the command, and what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "citespan", "status", *options],
        env=environment(data, models, **settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_server_that_runs(tmp_path: Path, models_folder: Path, embedder: OnnxEmbedder) -> None:
    data = tmp_path / "data"
    with started(data, models_folder) as served:
        # Proxies of the environment do not stand before this machine.
        code, told = asked(data, models_folder, HTTP_PROXY="http://127.0.0.1:9")
        assert code == 0, told
        assert f"server: {served.url}, process {served.process.pid}" in told
        assert "readiness: ready" in told
        assert "collection default: 1 documents" in told
        assert "problem" not in told
        assert present(data)
    code, printed = asked(data, models_folder, "--json")
    found: dict[str, Any] = json.loads(printed)
    assert code == 1
    assert found["problems"] == ["no server is ready on this data folder"]
    assert found["documents"] == {"default": 1}
    assert found["free_bytes"] > 0
    assert not (data / SERVER_FILE).exists()


def test_what_failed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("citespan.qa.oversight.presence._PAUSE_S", 0.0)
    announcer = Announcer(tmp_path)
    announcer.tell("/v1/ask", LookupError("secret"), "r0")  # it was not ready yet
    announcer.announce("http://127.0.0.1:8000")
    for number in range(15):
        announcer.tell("/v1/ask", LookupError("secret"), f"r{number}")
    found = present(tmp_path)
    assert found
    assert found.pid == os.getpid()
    assert [one.request_id for one in found.faults] == [f"r{number}" for number in range(5, 15)]
    assert {(one.route, one.error) for one in found.faults} == {("/v1/ask", "LookupError")}
    assert "secret" not in (tmp_path / SERVER_FILE).read_text("utf-8")


def test_a_process_that_is_gone_is_no_server(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(60)
    (tmp_path / SERVER_FILE).write_text(
        json.dumps({"pid": gone.pid, "url": "http://127.0.0.1:1", "since": ""})
    )
    assert present(tmp_path) is None
    (tmp_path / SERVER_FILE).write_text("{")
    assert present(tmp_path) is None
    Announcer(tmp_path).withdraw()
    assert (tmp_path / SERVER_FILE).exists()  # another one's


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    Announcer(tmp_path / "nowhere").announce("http://127.0.0.1:8000")
    assert present(tmp_path / "nowhere") is None
