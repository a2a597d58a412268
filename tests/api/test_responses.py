"""OpenAI's Responses: their wire format, and what they refuse."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_client import JSON, Client
from litestar.testing import TestClient

from citespan.api.server.app import create_app
from citespan.index import Draft
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections

URL = "/v1/responses"
QUESTION, UNKNOWN = "Who bakes the bread of the café?", "How many moons does Jupiter have?"
TEXT = "🍞 The café opened in 1999. The bread of the café is baked by Zoë Müller every day."


@pytest.fixture(scope="module")
def client(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    environ = {
        "CITESPAN_DATA__PATH": str(tmp_path_factory.mktemp("data")),
        "CITESPAN_DATA__MODELS": str(models_folder),
        "CITESPAN_DATA__SEED": "false",
    }
    with Collections.open(load_settings(environ=environ)) as opened:
        opened.service().corpus.add(Draft(id="café", text=TEXT, title="Bread 🍞"))
        with TestClient(create_app(opened)) as client:
            yield client


def asked(given: object = QUESTION, **more: object) -> dict[str, Any]:
    return {"model": "citespan/default", "input": given, **more}


def events(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    found: list[dict[str, Any]] = []
    for block in response.text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    assert [one["sequence_number"] for one in found] == list(range(len(found)))
    return found


def failed(response: httpx.Response, status: int = 400) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert set(response.json()) == {"error"}
    return response.json()["error"]


def same(response: dict[str, Any]) -> dict[str, Any]:
    """What two answers to a question have in common."""
    answer = {k: v for k, v in response["citespan"].items() if k not in {"id", "timings_ms"}}
    (item,) = response["output"]
    varying = {"id", "created_at", "citespan", "output"}
    rest = {k: v for k, v in response.items() if k not in varying}
    return rest | {"answer": answer, "content": item["content"]}


def test_a_response_has_every_citation_at_its_place(client: Client) -> None:
    made = client.post(URL, json=asked()).json()
    assert (made["object"], made["status"], made["error"]) == ("response", "completed", None)
    (item,) = made["output"]
    (text,) = item["content"]
    assert (item["type"], item["role"], text["type"]) == ("message", "assistant", "output_text")
    (citation,) = made["citespan"]["citations"]
    (found,) = text["annotations"]
    assert found["type"] == "url_citation"
    marker = text["text"][found["start_index"] : found["end_index"]]
    assert marker == f"[[1]]({found['url']})"
    assert found["title"] == "Bread 🍞"
    opened = client.get(found["url"].removeprefix("http://testserver.local"))
    assert opened.text == citation["quote"]
    assert made["usage"]["total_tokens"] == 0


@pytest.mark.parametrize("question", [QUESTION, UNKNOWN])
def test_the_events_fold_to_the_response(client: Client, question: str) -> None:
    whole = client.post(URL, json=asked(question)).json()
    streamed = events(client.post(URL, json=asked(question, stream=True)))
    kinds = [one["type"].removeprefix("response.") for one in streamed]
    assert kinds[:4] == [
        "created", "in_progress", "output_item.added", "content_part.added",
    ]  # fmt: skip
    assert kinds[-4:] == [
        "output_text.done", "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    (content,) = whole["output"][0]["content"]
    deltas = [one["delta"] for one in streamed if one["type"].endswith("text.delta")]
    assert "".join(deltas) == content["text"] == streamed[-4]["text"]
    added = [one["annotation"] for one in streamed if "annotation" in one]
    assert added == content["annotations"]
    assert same(streamed[-1]["response"]) == same(whole)
    assert streamed[0]["response"]["status"] == "in_progress"
    ids = {one["item_id"] for one in streamed if "item_id" in one}
    assert ids == {streamed[-1]["response"]["output"][0]["id"]}


def test_conversations_are_read_and_instructions_ignored(client: Client) -> None:
    parts = [{"type": "input_text", "text": "And who bakes it?"}]
    said: list[dict[str, Any]] = [
        {"role": "developer", "content": "Answer in verse."},
        {"role": "user", "content": "What is said of the bread of the café?"},
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "1"},
        {"type": "function_call_output", "call_id": "1", "output": "x"},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "It"}],
        },
        {"type": "message", "role": "user", "content": parts},
    ]
    ignored: dict[str, Any] = {
        "instructions": "Rhyme.",
        "store": True,
        "temperature": 1,
        "reasoning": {},
    }
    more: dict[str, Any] = {
        "tools": [{"type": "function", "name": "f", "parameters": {}}],
        "tool_choice": "auto",
        "previous_response_id": None,
        "metadata": {"a": "b"},
    }
    made = client.post(URL, json=asked(said, **ignored, **more)).json()
    assert "bread" in made["citespan"]["question"]
    assert "Zoë" in made["output"][0]["content"][0]["text"]


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "file_search"}}, "tool_choice"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": {"id": "conv_1"}}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"background": True}, "background"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format"),
        ({"text": {"format": "json"}}, "text.format"),
        ({"input": []}, "input"),
        ({"input": ""}, "input"),
        ({"input": [{"role": "assistant", "content": "Hi"}]}, "input"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input"),
        ({"input": [{"role": "poet", "content": "Hi"}]}, "input[0].role"),
    ],
)
def test_what_is_impossible_is_refused(
    client: Client, change: dict[str, object], param: str
) -> None:
    for stream in (False, True):
        error = failed(client.post(URL, json=asked(stream=stream) | change))
        assert (error["type"], error["param"]) == ("invalid_request_error", param)


def test_what_is_not_there_is_told_in_the_same_shape(client: Client) -> None:
    for model in ("gpt-4o", "citespan/nope"):
        error = failed(client.post(URL, json=asked() | {"model": model}), 404)
        assert error["code"] == "model_not_found"
    failed(client.post(URL, content=b"{", headers=JSON))
    failed(client.get(URL), 405)
    failed(client.get(f"{URL}/resp_1"), 404)
    generated = asked() | {"model": "citespan/default:generated"}
    assert failed(client.post(URL, json=generated))["code"] == "mode_unavailable"
