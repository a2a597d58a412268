"""Fixtures and helpers that the tests of jobs share."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_client import Client, seeded_collections
from litestar.testing import TestClient

from citespan.api.app import create_app
from citespan.qa.collections.registry import Collections

EVENTS = {"accept": "text/event-stream"}


@pytest.fixture(scope="module")
def collections(
    models_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collections]:
    with seeded_collections(tmp_path_factory.mktemp("data"), models_folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(collections: Collections) -> Iterator[Client]:
    with TestClient(create_app(collections, max_body_bytes=2_000_000)) as opened:
        yield opened


def events(client: Client, url: str) -> list[tuple[str, dict[str, Any]]]:
    """Return all events of a job; reading them waits until the job ends."""
    response = client.get(url, headers=EVENTS)
    assert response.headers["content-type"].startswith("text/event-stream")
    fields = [
        dict(line.split(": ", 1) for line in event.splitlines())
        for event in response.text.replace("\r\n", "\n").split("\n\n")
        if event.startswith("event")
    ]
    return [(field["event"], json.loads(field["data"])) for field in fields]


def finished(client: Client, accepted: httpx.Response) -> dict[str, Any]:
    """Return the job that a request created, once the job has ended."""
    assert accepted.status_code == 202, accepted.text
    kind, job = events(client, accepted.headers["location"])[-1]
    assert kind == "job.done"
    assert job == client.get(accepted.headers["location"]).json()
    return job
