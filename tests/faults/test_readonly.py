"""A copy on a file system that nothing can write: it answers, and refuses to store."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_client import KNOWN
from faults import scratch_folder

from citespan.index import OnnxEmbedder

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder on a file system of its own."""
    with scratch_folder() as made:
        command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(made)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("no file system may be mounted here")
        yield made
        subprocess.run(["umount", "--lazy", str(made)], check=True)


@pytest.fixture
def citespan(room: Path, models_folder: Path, embedder: OnnxEmbedder) -> Run:
    data = {"CITESPAN_DATA__PATH": str(room / "data"), "CITESPAN_DATA__MODELS": str(models_folder)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "citespan", *arguments],
            capture_output=True,
            check=False,
            text=True,
            env=os.environ | data,
        )

    return run


def test_a_read_only_copy_answers_and_stores_nothing(citespan: Run, room: Path) -> None:
    before = json.loads(citespan("ask", "--json", KNOWN).stdout)
    assert before["status"] == "answered"
    subprocess.run(["mount", "-o", "remount,ro", str(room)], check=True)
    asked = citespan("ask", "--json", KNOWN)
    assert asked.returncode == 0, asked.stderr
    after = json.loads(asked.stdout)
    told = ("answer", "citations")
    assert {name: after[name] for name in told} == {name: before[name] for name in told}
    assert "seed" in citespan("list").stdout
    assert citespan("search", KNOWN).returncode == 0
    refused = citespan("delete", "seed")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert "Read-only file system" in refused.stderr
    assert "seed" in citespan("list").stdout
