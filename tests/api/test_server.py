import io
import json
import logging
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from api_client import KNOWN, problem, seeded
from api_server import start
from litestar.testing import TestClient
from serving import started

from citespan.api.middleware.telemetry import configure_logging
from citespan.api.server.app import create_app
from citespan.api.server.listening import CannotListen, PortInUse
from citespan.api.server.process import run_server
from citespan.qa import Service

EVERYWHERE = "0.0.0.0"  # noqa: S104


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("end", "host"), [(signal.SIGTERM, EVERYWHERE), (signal.SIGINT, "127.0.0.1")]
)
def test_a_server_process(
    models_folder: Path, tmp_path: Path, end: signal.Signals, host: str
) -> None:
    process = start(tmp_path, models_folder, host)
    assert process.stdout
    told = process.stdout.readline().strip()
    url = told.replace(EVERYWHERE, "127.0.0.1")
    transport = httpx.HTTPTransport(retries=3)
    with process, httpx.Client(base_url=url, timeout=20, transport=transport) as client:
        try:
            assert client.get("/health/live").status_code == 200
            while client.get("/health/ready").status_code != 200:
                time.sleep(0.05)
            answer = client.post("/v1/ask", json={"question": KNOWN}).json()
            for citation in answer["citations"]:
                assert client.get(citation["url"]).content.decode() == citation["quote"]
            stored = client.post("/v1/documents", json={"text": "Odd.", "id": "a%2Fb?#% é"})
            told_later = client.get(stored.headers["location"]).json()
            assert stored.json() == told_later | {"warnings": [], "members": []}
            assert client.get(stored.json()["url"] + "&start=0&end=3").text == "Odd"
            problem(client.get("/nope"), 404, "not-found")
            problem(client.get("/", headers={"host": "evil.example"}), 421, "unknown-host")
            port = httpx.URL(url).port
            assert client.get("/version", headers={"host": f"localhost:{port}"}).is_success
            big = client.post("/v1/documents", content=(b"a" * 10**6 for _ in range(25)))
            problem(big, 413, "body-too-large")
            with pytest.raises(PortInUse, match=str(httpx.URL(url).port)):
                run_server(lambda: pytest.fail("opened"), host, httpx.URL(url).port or 0)
        finally:
            process.send_signal(end)
            _, written = process.communicate(timeout=20)
    assert process.returncode == 0
    logs = [json.loads(line) for line in written.splitlines()]
    assert {"event": "listening", "url": told}.items() <= logs[0].items()
    warned = [log["warning"] for log in logs if log["event"] == "open_to_all"]
    assert ["no keys" in one for one in warned] == [True] * (host == EVERYWHERE)
    routes = {log["route"] for log in logs if log["event"] == "request"}
    assert {"/v1/ask", "/v1/documents/{document_id}/text"} <= routes
    assert not any(word in written for word in ("CELAC", "Odd", "China"))
    seeded(tmp_path, models_folder).close()  # the folder is free again


@pytest.mark.usefixtures("restored_logging")
def test_a_service_that_cannot_be_opened_ends_the_server() -> None:
    def fail() -> Service:
        raise LookupError("no such folder")

    with pytest.raises(LookupError, match="no such folder"):
        run_server(fail, port=0)


def test_an_address_that_is_not_here() -> None:
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1"):
        run_server(lambda: pytest.fail("opened"), host="192.0.2.1", port=0)


@pytest.mark.usefixtures("restored_logging")
def test_logs_are_json_lines_with_tracebacks_and_without_locals() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    local = "some document"
    client = TestClient(create_app(lambda: pytest.fail("opened")))
    client.get("/version")
    client.get("/health/live")
    logging.getLogger("some.library").warning("said %s", "this")
    try:
        _ = local, 1 / 0
    except ZeroDivisionError:
        structlog.get_logger("x").exception("broke")
    logs = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [log.get("route") for log in logs if log["event"] == "request"] == ["/version"]
    assert {"event": "said this", "logger": "some.library"}.items() <= logs[-2].items()
    assert "ZeroDivisionError" in logs[-1]["exception"]
    assert local not in stream.getvalue()


def test_any_host_may_be_allowed(models_folder: Path, tmp_path: Path) -> None:
    settings = {"CITESPAN_SERVE__HOSTS": "*", "CITESPAN_SERVE__TRUSTED_PROXIES": "127.0.0.1"}
    with started(tmp_path / "data", models_folder, **settings) as served:
        said = httpx.get(f"{served.url}/version", headers={"host": "evil.example"}, timeout=60)
        forwarded = {"x-forwarded-for": "192.0.2.7", "x-forwarded-prefix": "/qa"}
        listed = httpx.get(f"{served.url}/v1/documents", headers=forwarded, timeout=60).json()
    assert said.status_code == 200
    assert listed["documents"][0]["url"].startswith(f"{served.url}/qa/v1/documents/seed")
