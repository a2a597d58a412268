"""Metrics: what is counted, and that dashboard and alerts name only what exists."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_client import KNOWN, seeded_collections
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families as families

from citespan.api.server.app import create_app
from citespan.api.server.operation import Operation
from citespan.index import OnnxEmbedder

OBSERVED = Path(__file__).parents[2] / "deploy" / "observability"
_METRIC = re.compile(r"\b(?:citespan|process)_[a-z_]+\b")


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory, models_folder: Path, embedder: OnnxEmbedder
) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("metrics")
    with (
        seeded_collections(folder, models_folder) as collections,
        TestClient(create_app(collections, operation=Operation(folder=folder))) as client,
    ):
        client.post("/v1/ask", json={"question": KNOWN})
        client.post("/v1/search", json={"query": "think tank"})
        yield client


def samples(client: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = client.get("/metrics").text
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in families(text)
        for one in family.samples
    }


def test_stages_waits_and_answers_are_counted(client: Any) -> None:
    found = samples(client)
    assert found["citespan_stage_duration_seconds_count", (("stage", "retrieve"),)] == 2
    assert found["citespan_stage_duration_seconds_count", (("stage", "evidence"),)] == 1
    assert found["citespan_queue_wait_seconds_count", (("line", "asking"),)] == 2
    labels = (("fallback", "none"), ("mode", "extractive"), ("status", "answered"))
    assert found["citespan_answers_total", labels] == 1
    assert found["citespan_disk_free_bytes", ()] > 0
    assert found["citespan_jobs", (("state", "queued"),)] == 0
    assert found["process_resident_memory_bytes", ()] > 0
    route = (("method", "POST"), ("route", "/v1/ask"), ("status", "200"))
    assert found["citespan_request_duration_seconds_count", route] == 1


def test_dashboard_and_alerts_name_only_metrics_that_exist(client: Any) -> None:
    known = {name for name, _ in samples(client)}
    known |= {family.name for family in families(client.get("/metrics").text)}  # without samples
    named: set[str] = set()
    for file in OBSERVED.iterdir():
        if file.suffix in {".json", ".yml"}:
            found = set(_METRIC.findall("\n".join(expressions(file))))
            assert found, file
            named |= found
    assert named - known == set()


def expressions(file: Path) -> Iterator[str]:
    """Yield the queries of a dashboard, or of rules."""
    if file.suffix == ".json":
        for panel in json.loads(file.read_text("utf-8"))["panels"]:
            yield from (target["expr"] for target in panel["targets"])
        return
    for group in yaml.safe_load(file.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            assert {"alert", "expr", "for", "labels", "annotations"} == set(rule)
            yield rule["expr"]


def test_the_panels_of_the_dashboard_have_their_own_places() -> None:
    dashboard = json.loads((OBSERVED / "dashboard.json").read_text("utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
