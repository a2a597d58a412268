"""The OpenAPI description says what the routes do: schemathesis asks a real server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import serving

from citespan.api.errors.problem import TABLE

TESTS = Path(__file__).parent.parent
LONG = "TEST_CYCLES" in os.environ
# Reading little makes a question cheap; what is described is the same.
SMALL = {
    "CITESPAN_RETRIEVAL__CANDIDATES": "2",
    "CITESPAN_RETRIEVAL__TOP_K": "1",
    "CITESPAN_EVIDENCE__DEPTH": "1",
}
SHORT_RUN = ["--phases=fuzzing", "--max-examples=1", "--max-time=30"]
LONG_RUN = ["--phases=coverage,fuzzing,stateful", "--max-examples=60", "--max-time=1800"]


@pytest.fixture(scope="module")
def server(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("described") / "data"
    with serving(data, models_folder, **SMALL) as url:
        yield url


@pytest.fixture(scope="module")
def described(server: str) -> dict[str, Any]:
    return httpx.get(f"{server}/schema", timeout=60).json()


def test_no_generated_request_finds_it_wrong(server: str, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "schemathesis.cli",
        f"--config-file={TESTS / 'schemathesis.toml'}", "run", f"{server}/schema",
        "--seed=1", "--no-shrink",
        "--continue-on-failure", "--request-timeout=60", *(LONG_RUN if LONG else SHORT_RUN),
    ]  # fmt: skip
    environ = os.environ | {"SCHEMATHESIS_HOOKS": str(TESTS / "support/description_checks.py")}
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated
    assert int(generated[1]) >= (10_000 if LONG else 28), done.stdout[-2000:]


def test_every_status_of_an_error_is_described(described: dict[str, Any]) -> None:
    operations = [(path, one) for path, of in described["paths"].items() for one in of.values()]
    statuses = {status for _, one in operations for status in one["responses"]}
    # Wrong methods have no operation.
    assert {str(row.status) for row in TABLE.values()} - {"405"} <= statuses
    for path, operation in operations:
        assert "default" not in operation["responses"], path
        assert {"400", "413", "415", "421", "500", "503", "504"} <= set(operation["responses"])


@pytest.mark.parametrize(
    ("path", "method", "status", "types"),
    [
        ("/metrics", "get", "200", {"text/plain; version=0.0.4; charset=utf-8"}),
        ("/v1/ask", "post", "200", {"application/json", "text/event-stream"}),
        ("/v1/ask", "post", "422", {"application/problem+json"}),
        ("/v1/chat/completions", "post", "200", {"application/json", "text/event-stream"}),
        ("/v1/chat/completions", "post", "400", {"application/json"}),
        ("/v1/models/{name}", "get", "404", {"application/json"}),
        ("/v1/jobs/{job_id}", "get", "200", {"application/json", "text/event-stream"}),
        ("/v1/documents/{document_id}/text", "get", "200", {"text/plain"}),
        ("/v1/documents", "post", "507", {"application/problem+json"}),
        ("/mcp", "post", "200", {"application/json"}),
        ("/schema", "get", "200", {"application/json"}),
    ],
)
def test_types_of_answers_are_described(
    described: dict[str, Any], path: str, method: str, status: str, types: set[str]
) -> None:
    assert set(described["paths"][path][method]["responses"][status]["content"]) == types


@pytest.mark.parametrize(
    ("kind", "field", "facts"),
    [
        ("AskRequest", "question", {"minLength": 1, "maxLength": 2000}),
        ("SearchRequest", "query", {"minLength": 1, "maxLength": 2000}),
        ("CollectionRequest", "name", {"pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"}),
        ("CompletionRequest", "messages", {"minItems": 1, "maxItems": 100_000}),
    ],
)
def test_limits_of_bodies_are_described(
    described: dict[str, Any], kind: str, field: str, facts: dict[str, object]
) -> None:
    schema = described["components"]["schemas"][kind]["properties"][field]
    assert facts.items() <= schema.items()
