"""Helpers that the tests of the HTTP layer share: services, questions and problems."""

import re
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from litestar.testing import TestClient

from citespan.api.errors.problem import TABLE
from citespan.api.middleware.guard import Guard
from citespan.qa import Service, load_settings, open_service
from citespan.qa.collections.registry import Collections

Client: TypeAlias = TestClient[Guard]

JSON = {"content-type": "application/json"}
KNOWN = "What does CELAC stand for?"
UNKNOWN = "How many moons does Jupiter have?"
_TRACES = re.compile(r"Traceback|File \"|/tmp/|/home/|site-packages|SELECT |apsw|sqlite", re.I)
_ROWS = {(row.status, row.slug) for row in TABLE.values()}


def seeded(folder: Path, models: Path) -> Service:
    """Open a service on a data folder; an empty one gets the seed document."""
    return open_service(
        folder, settings=load_settings(environ={"CITESPAN_DATA__MODELS": str(models)})
    )


def seeded_collections(folder: Path, models: Path) -> Collections:
    """Open the collections of a data folder; an empty one gets the seed document."""
    environ = {"CITESPAN_DATA__PATH": str(folder), "CITESPAN_DATA__MODELS": str(models)}
    return Collections.open(load_settings(environ=environ))


def problem(response: httpx.Response, status: int | None = None, slug: str = "") -> dict[str, Any]:
    """Return the body of an error response, checked to be one of citespan's problems."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body: dict[str, Any] = response.json()
    assert set(body) - {"errors", "code"} == {"type", "title", "status", "detail", "instance"}
    assert all(body.values())
    assert body["status"] == response.status_code
    assert (body["status"], body["type"].removeprefix("urn:citespan:problem:")) in _ROWS
    assert body["instance"] == f"urn:citespan:request:{response.headers['x-request-id']}"
    assert not _TRACES.search(body["detail"])
    assert response.headers["x-content-type-options"] == "nosniff"
    if status is not None:
        assert response.status_code == status, body
    if slug:
        assert body["type"] == f"urn:citespan:problem:{slug}", body
    return body
