import threading
import time
from pathlib import Path
from typing import Any

import pytest
from api_client import KNOWN, Client, problem, seeded
from litestar.testing import TestClient

from citespan.api.server.app import create_app
from citespan.index import OnnxEmbedder
from citespan.index.errors import ModelUnavailable, StoreLocked
from citespan.qa import Service


def wait_until_ready(client: Client) -> None:
    deadline = time.monotonic() + 20
    while client.get("/health/ready").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_port_answers_before_the_service_is_open(models_folder: Path, tmp_path: Path) -> None:
    go = threading.Event()

    def open_slowly() -> Service:
        assert go.wait(20)
        return seeded(tmp_path, models_folder)

    with TestClient(create_app(open_slowly)) as client:
        assert client.get("/health/live").status_code == 200
        for method, url in (
            ("GET", "/health/ready"),
            ("POST", "/v1/ask"),
            ("POST", "/v1/search"),
            ("GET", "/v1/documents"),
            ("PUT", "/v1/documents/a"),
            ("POST", "/v1/jobs"),
        ):
            response = client.request(method, url)
            assert "starting" in problem(response, 503, "not-ready")["detail"]
            assert int(response.headers["retry-after"]) > 0
        problem(client.get("/v1/nope"), 404, "not-found")
        go.set()
        wait_until_ready(client)
        answer = client.post("/v1/ask", json={"question": KNOWN}).json()
        assert answer["status"] == "answered"
    seeded(tmp_path, models_folder).close()  # it was closed: the folder is free again


def test_a_service_that_was_given_stays_open(models_folder: Path, tmp_path: Path) -> None:
    with seeded(tmp_path, models_folder) as service:
        app = create_app(service)
        for _ in range(2):
            with TestClient(app) as client:
                assert client.get("/health/ready").status_code == 200
        assert service.ask(KNOWN).citations


def check_failure(source: Any, expected: type[Exception]) -> None:
    failures: list[Exception] = []
    failed = threading.Event()

    def on_failure(error: Exception) -> None:
        failures.append(error)
        failed.set()

    with TestClient(create_app(source, on_failure=on_failure)) as client:
        assert failed.wait(20)
        assert "could not be started" in problem(client.get("/health/ready"), 503)["detail"]
        problem(client.post("/v1/ask", json={"question": KNOWN}), 503, "not-ready")
        assert client.get("/health/live").status_code == 200
    assert [type(error) for error in failures] == [expected]


def test_an_opening_that_fails_is_told(tmp_path: Path, models_folder: Path) -> None:
    check_failure(lambda: OnnxEmbedder(tmp_path), ModelUnavailable)
    with seeded(tmp_path, models_folder):
        check_failure(lambda: seeded(tmp_path, models_folder), StoreLocked)


def test_a_shutdown_while_opening_closes_what_opens(models_folder: Path, tmp_path: Path) -> None:
    begun = threading.Event()

    def open_slowly() -> Service:
        begun.set()
        time.sleep(0.3)
        return seeded(tmp_path, models_folder)

    with TestClient(create_app(open_slowly)):
        assert begun.wait(20)
    seeded(tmp_path, models_folder).close()


@pytest.mark.parametrize("url", ["/health/ready", "/v1/documents"])
def test_before_its_lifespan_nothing_is_opened(url: str) -> None:
    client = TestClient(create_app(lambda: pytest.fail("opened")))
    problem(client.get(url), 503, "not-ready")
