"""Clients that send or read slowly, or not at all: each is left in the end, and nobody else is."""

import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import Served, connected, started

from citespan.index import OnnxEmbedder

# In seconds, so that a test can wait for it.
HASTY = """
import citespan.api.transport.connections as connections
connections._REST_S = connections._READ_S = 1.5
"""
POST = b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
WAIT_S = 60


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, models_folder: Path, embedder: OnnxEmbedder
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("slow") / "data"
    limits = {"CITESPAN_SERVE__HEAD_LIMIT_S": "1.5", "CITESPAN_SERVE__BODY_LIMIT_S": "1.5"}
    with started(folder, models_folder, before=HASTY, **limits) as served:
        yield served


def until_closed(client: socket.socket, drip: bytes) -> bytes:
    """What the server says until it closes the connection, while the client sends a little."""
    said = b""
    given_up = time.monotonic() + WAIT_S
    while time.monotonic() < given_up:
        try:
            if drip:
                client.sendall(drip)
            if select.select([client], [], [], 0.2)[0]:
                part = client.recv(65_536)
                said += part
                if not part:
                    return said
        except OSError:
            return said
    pytest.fail("the connection is still open")


@pytest.mark.parametrize(
    ("first", "drip", "told"),
    [
        (b"", b"", b""),
        (b"GET /health/live HTTP/1.1\r\n", b"", b""),
        (b"GET /health/live HTTP/1.1\r\n", b"X-A: b\r\n", b""),
        (b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n", b"", b'{"status":"live"}'),
        (b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n", b"G", b'{"status":"live"}'),
        (POST + b"Content-Length: 1000\r\n\r\n", b"", b"body-too-slow"),
        (POST + b"Content-Length: 1000\r\n\r\n", b" ", b"body-too-slow"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", b"body-too-slow"),
        (POST + b"Content-Length: 99999999\r\n\r\n", b" ", b"body-too-large"),
    ],
    ids=["idle", "half a head", "drips a head", "idle later", "drips a second head",
         "no body", "drips a body", "drips chunks", "drips what was refused"],
)  # fmt: skip
def test_who_sends_slowly_is_left(served: Served, first: bytes, drip: bytes, told: bytes) -> None:
    with connected(served) as client:
        client.sendall(first)
        said = until_closed(client, drip)
    assert told in said
    assert httpx.get(f"{served.url}/health/live", timeout=60).status_code == 200


def test_who_does_not_read_is_left(served: Served) -> None:
    """A client that asks for more than sockets hold, and reads none of it."""
    request = b"GET /schema HTTP/1.1\r\nHost: localhost\r\n\r\n"
    size = len(httpx.get(f"{served.url}/schema", timeout=WAIT_S).content)
    with connected(served) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(request * (16_000_000 // size))
        given_up = time.monotonic() + WAIT_S
        while _has(served, client):
            assert time.monotonic() < given_up
            time.sleep(0.2)
    assert httpx.get(f"{served.url}/health/live", timeout=60).status_code == 200


def _has(served: Served, client: socket.socket) -> bool:
    """Whether the server's end of a connection is open."""
    port = client.getsockname()[1]
    local = f":{httpx.URL(served.url).port:04X}"
    for line in Path(f"/proc/{served.process.pid}/net/tcp").read_text().splitlines()[1:]:
        here, there, state = line.split()[1:4]
        if here.endswith(local) and there.endswith(f":{port:04X}"):
            return state == "01"
    return False
