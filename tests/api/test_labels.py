"""Judgements of answers, questions without one, and runs, over HTTP."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_client import Client, problem
from faults import use_words
from litestar.testing import TestClient
from run_folders import write_run

from citespan.api.server.app import create_app
from citespan.api.server.operation import Operation
from citespan.evals.datasets.folder import load_dataset
from citespan.measured import MeasuredHere
from citespan.qa import AuditLog, load_settings
from citespan.qa.collections.registry import Collections

TEXT = "😀 The canteen opens at noon. It closes at three."
QUOTE = "The canteen opens at noon."
CLAIM = {"document_id": "canteen", "revision": 1, "start": 2, "end": 28, "quote": QUOTE}
ANSWER = {"status": "abstained", "mode": "extractive", "confidence": 0.25}
LABEL: dict[str, Any] = {
    "question": "When does it open?", "verdict": "should_answer", "answer": ANSWER,
}  # fmt: skip
ABSTAINED = "How many moons does Jupiter have?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("labelled")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        environ = use_words(patch) | {
            "CITESPAN_DATA__PATH": str(folder), "CITESPAN_FEEDBACK__UNANSWERED": "true",
        }  # fmt: skip
        log = AuditLog(path=folder / "audit.jsonl")
        operation = Operation(audit=log, measured=MeasuredHere(folder))
        with (
            Collections.open(load_settings(environ=environ)) as collections,
            TestClient(create_app(collections, operation=operation)) as opened,
        ):
            opened.post("/v1/documents", json={"id": "canteen", "text": TEXT}).raise_for_status()
            opened.post("/v1/collections", json={"name": "other"}).raise_for_status()
            yield opened


def labelled(client: Client, **more: Any) -> dict[str, Any]:
    made = client.post("/v1/labels", json=LABEL | more)
    assert made.status_code == 201, made.text
    return made.json()


def test_a_judgement_is_reviewed_and_becomes_a_data_set(
    client: Client, folder: Path, tmp_path: Path
) -> None:
    problem(client.get("/v1/labels/dataset"), 422, "invalid-label")
    made = labelled(client)
    assert (made["state"], made["ready"], made["status"]) == ("candidate", False, "abstained")
    path = f"/v1/labels/{made['id']}"
    refused = problem(client.patch(path, json={"state": "accepted"}), 422, "invalid-label")
    assert refused["detail"].startswith("spans are missing")
    shown = client.patch(path, json={"spans": [CLAIM], "question": "When does the canteen open?"})
    (span,) = shown.json()["spans"]
    assert (span["quote"], shown.json()["ready"]) == (QUOTE, True)
    assert client.get(span["url"]).text == QUOTE
    assert client.patch(path, json={"state": "accepted"}).json()["state"] == "accepted"
    refuse = labelled(client, question="Who owns it?", verdict="should_refuse", cited=[CLAIM])
    client.patch(f"/v1/labels/{refuse['id']}", json={"state": "accepted"}).raise_for_status()
    waiting = labelled(client, question="Not reviewed?")
    rejected = labelled(client, question="Rejected?")
    client.patch(f"/v1/labels/{rejected['id']}", json={"state": "rejected"}).raise_for_status()
    listed = client.get("/v1/labels").json()
    assert listed["counts"] == {"accepted": 2, "candidate": 1, "rejected": 1}
    found = client.get("/v1/labels?state=candidate").json()["labels"]
    assert [one["id"] for one in found] == [waiting["id"]]
    sent = client.get("/v1/labels/dataset")
    assert sent.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(sent.content)) as packed:
        packed.extractall(tmp_path)
    dataset = load_dataset(tmp_path / "default-labels")
    assert [(one.text, one.answerable) for one in dataset.questions] == [
        ("When does the canteen open?", True), ("Who owns it?", False),
    ]  # fmt: skip
    assert [(one.document_id, one.start, one.text) for one in dataset.questions[0].spans] == [
        ("canteen", 2, QUOTE)
    ]
    assert client.get("/v1/labels?collection=other").json()["labels"] == []
    for one in listed["labels"]:
        assert client.delete(f"/v1/labels/{one['id']}").status_code == 204
        problem(client.delete(f"/v1/labels/{one['id']}"), 404, "label-not-found")
    written = (folder / "audit.jsonl").read_text("utf-8")
    assert '"action":"label.delete"' in written
    assert "canteen opens" not in written
    assert (folder / "labels.jsonl").read_bytes() == b""


@pytest.mark.parametrize(
    "wrong",
    [
        {"spans": [CLAIM | {"quote": "The canteen opens at nine."}]},
        {"spans": [CLAIM | {"end": 999}]},
        {"cited": [CLAIM | {"document_id": "nothing"}]},
        {"verdict": "fine"},
        {"question": " "},
        {"answer": {**ANSWER, "confidence": 2}},
        {"state": "accepted"},
        {"spans": [CLAIM] * 51},
    ],
)
def test_what_cannot_be_kept_is_refused(client: Client, wrong: dict[str, Any]) -> None:
    response = client.post("/v1/labels", json=LABEL | wrong)
    kinds = ("invalid-label", "invalid-request", "invalid-question")
    assert problem(response, 422)["type"].endswith(kinds)
    assert client.get("/v1/labels").json()["labels"] == []


def test_questions_without_an_answer_are_grouped_and_forgotten(
    client: Client, folder: Path
) -> None:
    for question in (ABSTAINED, "How many moons has Jupiter?", "=1+1 of the canteen in Peru?"):
        got = client.post("/v1/ask", json={"question": question}).json()
        assert got["status"] == "abstained"
    found = client.get("/v1/unanswered").json()
    assert found["kept"] is True
    first, second = found["gaps"]
    assert (first["count"], len(first["wordings"]), second["count"]) == (2, 2, 1)
    table = client.get("/v1/unanswered", headers={"accept": "text/csv"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["count"] for row in rows] == ["2", "1"]
    assert rows[1]["question"] == "'=1+1 of the canteen in Peru?"  # no program runs it
    assert client.get("/v1/unanswered?collection=other").json()["gaps"] == []
    assert client.delete("/v1/unanswered").status_code == 204
    assert client.get("/v1/unanswered").json()["gaps"] == []
    assert (folder / "unanswered.jsonl").read_bytes() == b""


def test_nothing_is_kept_unless_the_settings_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = use_words(monkeypatch) | {"CITESPAN_DATA__PATH": str(tmp_path)}
    with (
        Collections.open(load_settings(environ=environ)) as collections,
        TestClient(create_app(collections)) as client,
    ):
        client.post("/v1/documents", json={"id": "canteen", "text": TEXT}).raise_for_status()
        asked = client.post("/v1/ask", json={"question": ABSTAINED}).json()
        assert asked["status"] == "abstained"
        assert client.get("/v1/unanswered").json() == {"kept": False, "gaps": []}
    assert not (tmp_path / "unanswered.jsonl").exists()


def test_runs_are_found_compared_and_shown(client: Client, folder: Path) -> None:
    assert client.get("/v1/runs").json() == {"runs": []}
    problem(client.get("/v1/runs/a/b"), 404, "run-not-found")
    runs = folder / "eval-runs"
    write_run(runs / "20261101-000000" / "made", right=("q1", "q2"), day=1)
    write_run(runs / "20261102-000000" / "made", right=("q2", "q3"), day=2)
    write_run(runs / "20261103-000000" / "less", right=("q1",), day=3, fewer=True)
    (runs / "broken" / "made").mkdir(parents=True)
    (runs / "broken" / "made" / "metrics.json").write_text("{")
    listed = client.get("/v1/runs").json()["runs"]
    assert [one["id"] for one in listed] == [
        "20261103-000000/less", "20261102-000000/made", "20261101-000000/made",
    ]  # fmt: skip
    told = {one["name"]: one for one in listed[1]["headline"]}
    assert told["over_abstention_rate"]["value"] == pytest.approx(1 / 3)
    assert told["over_abstention_rate"]["higher_is_better"] is False
    detail = client.get("/v1/runs/20261102-000000/made").json()
    assert [(one["question_id"], one["question"]) for one in detail["mistakes"]] == [
        ("q1", "Is q1 open?")
    ]
    assert detail["risk_coverage"]
    path = "/v1/runs/20261102-000000/made/changes"
    found = client.get(path, params={"since": "20261101-000000/made"}).json()
    assert [(one["question_id"], one["before"], one["after"]) for one in found["turned"]] == [
        ("q1", None, "abstained though answerable"), ("q3", "abstained though answerable", None),
    ]  # fmt: skip
    assert {one["verdict"] for one in found["differences"]} == {"same"}
    problem(client.get(path, params={"since": "20261103-000000/less"}), 422, "invalid-request")
    problem(client.get(path, params={"since": "../../x"}), 404, "run-not-found")
    problem(client.get("/v1/runs/broken/made"), 404, "run-not-found")
    assert json.dumps(detail).count(str(folder)) == 0
