"""The network between a server and its database is cut, by the link of a network namespace."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from api_client import Client, problem
from faults import use_words
from httpx import Response
from litestar.testing import TestClient
from postgres_server import PostgresServer, postgres_server
from psycopg.conninfo import conninfo_to_dict
from structlog.testing import capture_logs

from citespan.api.server.app import create_app
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections

_HERE, _THERE, _PORT = "10.231.77.1", "10.231.77.2", 5432
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


class Link:
    """A pair of network devices, one in a namespace of its own."""

    def __init__(self) -> None:
        self.namespace = f"citespan{os.getpid()}"
        self._near, self._far = f"cs{os.getpid()}a"[-15:], f"cs{os.getpid()}b"[-15:]

    def make(self) -> None:
        _run("ip", "netns", "add", self.namespace)
        _run(
            "ip", "link", "add", self._near, "type", "veth",
            "peer", "name", self._far, "netns", self.namespace,
        )  # fmt: skip
        _run("ip", "addr", "add", f"{_HERE}/24", "dev", self._near)
        _run("ip", "link", "set", self._near, "up")
        self.inside("ip", "addr", "add", f"{_THERE}/24", "dev", self._far)
        self.mend()

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "del", self.namespace], check=False, capture_output=True)

    def cut(self) -> None:
        self.inside("ip", "link", "set", self._far, "down")

    def mend(self) -> None:
        self.inside("ip", "link", "set", self._far, "up")

    def inside(self, *command: str) -> None:
        _run("ip", "netns", "exec", self.namespace, *command)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    if sys.platform != "linux" or os.geteuid() or not shutil.which("ip"):
        pytest.skip("network namespaces need Linux, root and ip")
    made = Link()
    try:
        made.make()
    except subprocess.CalledProcessError as error:
        made.remove()
        pytest.skip(f"a network namespace cannot be made here: {error.stderr.decode().strip()}")
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.fixture(scope="module")
def url(link: Link, postgres: PostgresServer) -> Iterator[str]:
    """The address of a new database behind the link."""
    parts = conninfo_to_dict(postgres.database())
    socket = f"{parts['host']}/.s.PGSQL.5432"
    command = ["ip", "netns", "exec", link.namespace, sys.executable, "-c", _RELAY]
    with subprocess.Popen(
        [*command, _THERE, str(_PORT), socket], stdout=subprocess.PIPE, text=True
    ) as relay:
        assert relay.stdout is not None
        assert relay.stdout.readline() == "ready\n"
        yield f"postgresql://postgres@{_THERE}:{_PORT}/{parts['dbname']}?tcp_user_timeout=2000"
        relay.kill()


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        environ = use_words(patch) | {
            "CITESPAN_STORE__URL": url,
            "CITESPAN_STORE__TIMEOUT_S": "2",
            "CITESPAN_DATA__PATH": str(tmp_path_factory.mktemp("data")),
        }
        with (
            Collections.open(load_settings(environ=environ)) as collections,
            TestClient(create_app(collections)) as opened,
        ):
            yield opened


def back(client: Client) -> None:
    """Wait until a request reaches the database again, without a restart of anything."""
    while client.get("/v1/documents").status_code == 503:
        time.sleep(0.05)
    while client.get("/health/ready").status_code != 200:
        time.sleep(0.05)


def test_while_it_is_cut_the_reason_is_said_and_nothing_is_half_written(
    client: Client, link: Link
) -> None:
    def put(name: str) -> Response:
        return client.put(f"/v1/documents/{name}", json={"text": _TEXT, "title": "Harbours"})

    assert put("before").status_code == 201
    link.cut()
    with capture_logs():
        problem(client.post("/v1/ask", json=_ASKED), 503, "storage-unavailable")
        problem(put("during"), 503, "storage-unavailable")
        while client.get("/health/ready").status_code == 200:  # until it has found out
            time.sleep(0.05)
        assert client.get("/health/live").status_code == 200
    link.mend()
    back(client)
    names = [one["id"] for one in client.get("/v1/documents").json()["documents"]]
    assert names == ["before"]
    answer = client.post("/v1/ask", json=_ASKED).json()
    assert [one["document"]["id"] for one in answer["citations"]] == ["before"]
    assert put("during").status_code == 201
    assert client.get("/v1/documents/during/text").text == _TEXT


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
