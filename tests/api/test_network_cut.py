"""The network between a server and PostgreSQL, or Milvus, is cut: that of a namespace."""

import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from api_client import Client, problem
from faults import use_words
from httpx import Response
from links import THERE, Link, made_link
from litestar.testing import TestClient
from milvus_server import milvus_server
from postgres_server import PostgresServer, postgres_server
from psycopg.conninfo import conninfo_to_dict
from structlog.testing import capture_logs

from citespan.api.server.app import create_app
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections

_PORT = 5432
pytestmark = pytest.mark.timeout(120)  # a request that waits for the network hangs no longer

_TEXT = "The harbour of Lisbon was opened in 1887. It has two piers."
_ASKED = {"question": "When was the harbour of Lisbon opened?"}
# The database listens on a socket of the file system, which every namespace reaches: this takes it
# to the network of its own. As the database itself does, it finds out that its client is gone, but
# in 3 s.
_RELAY = """
import contextlib, socket, sys, threading
threading.excepthook = lambda _: None  # a connection that is reset
def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    finally:
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
door = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    near, _ = door.accept()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT):
        near.setsockopt(socket.IPPROTO_TCP, option, 1)
    far = socket.socket(socket.AF_UNIX)
    far.connect(sys.argv[3])
    for pair in ((near, far), (far, near)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
"""


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with made_link() as made:
        yield made


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.fixture(scope="module")
def url(link: Link, postgres: PostgresServer) -> Iterator[str]:
    """The address of a new database behind the link."""
    parts = conninfo_to_dict(postgres.database())
    socket = f"{parts['host']}/.s.PGSQL.5432"
    command = [*link.within, sys.executable, "-c", _RELAY, THERE, str(_PORT), socket]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as relay:
        assert relay.stdout is not None
        assert relay.stdout.readline() == "ready\n"
        yield f"postgresql://postgres@{THERE}:{_PORT}/{parts['dbname']}?tcp_user_timeout=2000"
        relay.kill()


@contextmanager
def server(data: Path, **settings: str) -> Generator[Client]:
    """Serve what the settings name."""
    with pytest.MonkeyPatch.context() as patch:
        environ = use_words(patch) | {"CITESPAN_DATA__PATH": str(data), **settings}
        with (
            Collections.open(load_settings(environ=environ)) as collections,
            TestClient(create_app(collections)) as opened,
        ):
            yield opened


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    data = tmp_path_factory.mktemp("data")
    with server(data, CITESPAN_STORE__URL=url, CITESPAN_STORE__TIMEOUT_S="2") as opened:
        yield opened


@pytest.fixture
def on_milvus(link: Link, postgres: PostgresServer, tmp_path: Path) -> Iterator[Client]:
    """A server whose documents are near and whose search is behind the link."""
    with milvus_server(tmp_path, THERE, link.within) as milvus:
        settings = {
            "CITESPAN_STORE__URL": postgres.database(),
            "CITESPAN_SEARCH__ENGINE": "milvus",
            "CITESPAN_SEARCH__URL": milvus.search.url,
        }
        with server(tmp_path / "documents", **settings) as opened:
            yield opened


def put(client: Client, name: str) -> Response:
    return client.put(f"/v1/documents/{name}", json={"text": _TEXT, "title": "Harbours"})


def back(client: Client) -> None:
    """Wait until a request reaches the database again, without a restart of anything."""
    while client.get("/v1/documents").status_code == 503:
        time.sleep(0.05)
    while client.get("/health/ready").status_code != 200:
        time.sleep(0.05)


def test_while_it_is_cut_the_reason_is_said_and_nothing_is_half_written(
    client: Client, link: Link
) -> None:
    assert put(client, "before").status_code == 201
    link.cut()
    with capture_logs():
        problem(client.post("/v1/ask", json=_ASKED), 503, "storage-unavailable")
        problem(put(client, "during"), 503, "storage-unavailable")
        while client.get("/health/ready").status_code == 200:  # until it has found out
            time.sleep(0.05)
        assert client.get("/health/live").status_code == 200
    link.mend()
    back(client)
    names = [one["id"] for one in client.get("/v1/documents").json()["documents"]]
    assert names == ["before"]
    answer = client.post("/v1/ask", json=_ASKED).json()
    assert [one["document"]["id"] for one in answer["citations"]] == ["before"]
    assert put(client, "during").status_code == 201
    assert client.get("/v1/documents/during/text").text == _TEXT


def test_without_milvus_nothing_is_lost_and_it_is_found_once_milvus_is_back(
    on_milvus: Client, link: Link
) -> None:
    assert put(on_milvus, "before").status_code == 201
    link.cut()
    with capture_logs():
        for reply in (on_milvus.post("/v1/ask", json=_ASKED), put(on_milvus, "during")):
            problem(reply, 503, "storage-unavailable")
        while on_milvus.get("/health/ready").status_code == 200:  # until it has found out
            time.sleep(0.05)
        assert on_milvus.get("/health/live").status_code == 200
    shown = on_milvus.get("/v1/documents").json()["documents"]
    assert {one["id"] for one in shown} == {"before", "during"}  # stored, and not found yet
    link.mend()
    with capture_logs():
        back(on_milvus)
        while (reply := on_milvus.post("/v1/ask", json=_ASKED)).status_code == 503:
            time.sleep(0.05)
    assert reply.json()["citations"][0]["quote"] == "The harbour of Lisbon was opened in 1887."
    assert on_milvus.delete("/v1/documents/during").status_code == 204
    answer = on_milvus.post("/v1/ask", json=_ASKED).json()
    assert [one["document"]["id"] for one in answer["citations"]] == ["before"]


def test_a_commit_whose_word_was_lost_is_there_wholly_or_not_at_all(
    client: Client, link: Link
) -> None:
    """The link is cut at any moment of storing: whatever became of it, storing again settles it."""
    text = "\n\n".join(f"Pier {number} has {number} lamps." for number in range(400))
    for delay_s in (0.0, 0.05, 0.2):
        with ThreadPoolExecutor(1) as other, capture_logs():
            stored = other.submit(client.put, "/v1/documents/piers", json={"text": text})
            time.sleep(delay_s)
            link.cut()
            status = stored.result().status_code
        link.mend()
        back(client)
        assert status in {200, 201, 503}
        shown = client.get("/v1/documents/piers/text")
        assert (shown.status_code, shown.text) == (200, text) or (
            status == 503 and shown.status_code == 404
        )
        assert client.put("/v1/documents/piers", json={"text": text}).status_code in {200, 201}
        assert client.get("/v1/documents/piers/text").text == text
        assert client.delete("/v1/documents/piers").status_code == 204
