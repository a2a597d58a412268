"""A server without memory for a request says so, and goes on."""

import re
import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from api_client import KNOWN, problem
from serving import Served, started

from citespan.api.errors import problem_of
from citespan.index import OnnxEmbedder

LITTLE = 1 << 20  # bytes that the server may add; a body of 19 MB is held twice while it is read


def status(served: Served, name: str) -> int:
    """Return a figure of the server's memory, in bytes."""
    text = Path(f"/proc/{served.process.pid}/status").read_text("ascii")
    (kilobytes,) = re.findall(rf"^{name}:\s+(\d+) kB$", text, re.M)
    return int(kilobytes) * 1024


@contextmanager
def limited(served: Served, more: int) -> Generator[None]:
    """Allow a server only so many bytes more than it has."""
    pid, limit = served.process.pid, resource.RLIMIT_AS
    soft, hard = resource.prlimit(pid, limit)
    resource.prlimit(pid, limit, (status(served, "VmSize") + more, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, limit, (soft, hard))


def test_a_body_that_memory_cannot_hold_is_refused(
    models_folder: Path, embedder: OnnxEmbedder, tmp_path: Path
) -> None:
    text = "The pump of valve nine is blue. " * 590_000
    with (
        started(tmp_path / "data", models_folder) as served,
        httpx.Client(base_url=served.url, timeout=120) as client,
    ):
        before = client.post("/v1/ask", json={"question": KNOWN}).json()
        assert before["status"] == "answered"
        with limited(served, LITTLE):
            for _ in range(3):
                refused = client.put("/v1/documents/large", json={"text": text})
                assert int(refused.headers["retry-after"]) > 0
                problem(refused, 503, "out-of-memory")
                assert client.get("/health/live").status_code == 200
        problem(client.get("/v1/documents/large"), 404, "document-not-found")
        after = client.post("/v1/ask", json={"question": KNOWN}).json()
    assert (after["status"], after["answer"]) == ("answered", before["answer"])


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")])
def test_both_ways_to_lack_memory_are_told(error: Exception) -> None:
    assert problem_of(error, "r").type == "urn:citespan:problem:out-of-memory"
