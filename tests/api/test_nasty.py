"""A flood of files that were made to do harm: each has an outcome, and the server goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_client import Client, problem
from faults import NIGHTLY, use_words
from litestar.testing import TestClient
from nasty_files import BOMBS, mutated

from citespan.api.server.app import create_app
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections

_MUTATIONS = 200 if NIGHTLY else 2  # of each format
_CODES = {
    "encrypted", "password_wrong", "corrupt", "no_text", "too_large", "too_many_pages", "timeout",
    "memory", "crashed", "unsupported",
}  # fmt: skip


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    environ = use_words(monkeypatch) | {"CITESPAN_DATA__PATH": str(tmp_path / "data")}
    with (
        Collections.open(load_settings(environ=environ)) as opened,
        TestClient(create_app(opened)) as made,
    ):
        yield made


def send(client: Client, name: str, data: bytes) -> str | None:
    """Send a file; the text of what was stored, or nothing if it was refused for a reason."""
    files = {"file": (name, data, "application/octet-stream")}
    sent = client.post("/v1/documents", files=files, params={"id": "nasty"})
    if sent.status_code != 201:
        body = problem(sent, 422)
        assert body["type"].rpartition(":")[2] in {"file-unreadable", "document-rejected"}, name
        assert body.get("code", "corrupt") in _CODES, name
        return None
    found = client.get("/v1/documents/nasty/text").text
    assert client.delete("/v1/documents/nasty").status_code == 204
    return found


def test_bombs_are_refused_or_read_and_nothing_else_is_reached(client: Client) -> None:
    kept = {"text": "The common lamp of Ostrava is green.", "id": "kept"}
    assert client.post("/v1/documents", json=kept).status_code == 201
    read = {name: send(client, name, make()) for name, make in BOMBS.items()}
    assert not any("root:" in text for text in read.values() if text)
    assert not Path("/tmp/out").exists()  # noqa: S108  (where an archive's member would go)
    assert {name for name, text in read.items() if text is None} >= {
        "laughs.docx", "entity.docx", "ratio.docx", "huge.png", "field.csv", "empty.pdf",
    }  # fmt: skip
    found = client.post("/v1/search", json={"query": "lamp"}).json()["passages"]
    assert [one["document_id"] for one in found] == ["kept"]


def test_damaged_files_of_each_format_have_an_outcome(client: Client) -> None:
    outcomes = [send(client, name, data) for name, data in mutated(_MUTATIONS)]
    assert len(outcomes) % _MUTATIONS == 0
    assert any(one is None for one in outcomes)
    assert any(one for one in outcomes)
    assert client.get("/health/ready").status_code == 200
