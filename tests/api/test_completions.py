"""The OpenAI-compatible routes: their wire format, and what they refuse."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_client import JSON, KNOWN, UNKNOWN, Client, seeded
from litestar.testing import TestClient

from citespan.api.openai.markdown import escaped
from citespan.api.server.app import create_app
from citespan.index import Draft
from citespan.qa import Service
from citespan.qa.question.understanding import plain

_MARKER = re.compile(r"\[\[(\d+)\]\]\((http://[^()\s]+)\)")
_LINK = re.compile(r"(?<!\\)!?(?<!\\)\[[^\]\\]*\]?\]\(")


@pytest.fixture(scope="module")
def service(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with seeded(tmp_path_factory.mktemp("data"), models_folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[Client]:
    with TestClient(create_app(service)) as opened:
        yield opened


def said(question: str, **more: object) -> dict[str, Any]:
    messages = [{"role": "user", "content": question}]
    return {"model": "citespan/default", "messages": messages, **more}


def chunks(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in response.text.split("\n\n") if line.startswith("data: ")]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


def failed(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/json")
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return body["error"]


def test_a_completion_carries_every_citation(client: Client) -> None:
    made = client.post("/v1/chat/completions", json=said(KNOWN)).json()
    assert (made["object"], made["model"]) == ("chat.completion", "citespan/default")
    message = made["choices"][0]["message"]
    answer = made["citespan"]
    assert answer["status"] == "answered"
    assert len(message["annotations"]) == sum(len(s["citations"]) for s in answer["segments"])
    by_number = {str(n): c for n, c in enumerate(answer["citations"], start=1)}
    for annotation in message["annotations"]:
        cited = annotation["url_citation"]
        marker = _MARKER.fullmatch(message["content"][cited["start_index"] : cited["end_index"]])
        assert marker
        assert marker[2] == cited["url"]
        citation = by_number[marker[1]]
        assert cited["title"] == citation["document"]["title"]
        opened = client.get(cited["url"].removeprefix("http://testserver.local"))
        assert opened.text == citation["quote"]


@pytest.mark.parametrize("question", [KNOWN, UNKNOWN, "What did Rubio claim?", "Thanks!"])
def test_the_chunks_fold_to_the_completion(client: Client, question: str) -> None:
    whole = client.post("/v1/chat/completions", json=said(question)).json()
    asked = said(question, stream=True, stream_options={"include_usage": True})
    streamed = chunks(client.post("/v1/chat/completions", json=asked))
    with_choice = [chunk for chunk in streamed if chunk["choices"]]
    deltas = [chunk["choices"][0]["delta"] for chunk in with_choice]
    assert deltas[0] == {"role": "assistant", "content": ""}
    message = whole["choices"][0]["message"]
    assert "".join(delta.get("content", "") for delta in deltas) == message["content"]
    assert [a for d in deltas for a in d.get("annotations", [])] == message["annotations"]
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in with_choice]
    assert reasons == [*([None] * (len(reasons) - 1)), "stop"]
    assert streamed[-1]["choices"] == []
    assert streamed[-1]["usage"] == whole["usage"]
    left = [{k: v for k, v in one.items() if k not in {"id", "timings_ms"}} for one in (
        with_choice[-1]["citespan"], whole["citespan"],
    )]  # fmt: skip
    assert left[0] == left[1]
    assert message["content"]


def test_a_completion_that_is_sent_back_is_the_answer_again(client: Client) -> None:
    made = client.post("/v1/chat/completions", json=said(KNOWN)).json()
    content = made["choices"][0]["message"]["content"]
    assert "](http" in content
    assert plain(content).split() == made["citespan"]["answer"].split()


def test_usage_comes_only_if_it_is_asked_for(client: Client) -> None:
    streamed = chunks(client.post("/v1/chat/completions", json=said(KNOWN, stream=True)))
    assert all(chunk["choices"] and "usage" not in chunk for chunk in streamed)


def test_it_says_when_it_does_not_know(client: Client) -> None:
    made = client.post("/v1/chat/completions", json=said(UNKNOWN)).json()
    assert made["citespan"]["status"] == "abstained"
    message = made["choices"][0]["message"]
    assert message["content"] == made["citespan"]["abstention"]["message"]
    assert message["annotations"] == []


def test_what_tunes_is_ignored_and_parts_are_read(client: Client) -> None:
    body = said(KNOWN, temperature=0.7, max_tokens=5, user="u", n=1, tool_choice="auto", seed=1)
    function: dict[str, object] = {"name": "f", "parameters": {"type": "object"}}
    body |= {"tools": [{"type": "function", "function": function}], "functions": [function]}
    parts = [{"type": "text", "text": KNOWN}]
    body["messages"] = [
        {"role": "system", "content": "Answer in verse."}, {"role": "user", "content": parts},
    ]  # fmt: skip
    assert client.post("/v1/chat/completions", json=body).json()["citespan"]["question"] == KNOWN


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"function_call": {"name": "f"}}, "function_call"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {}}, "tool_choice"),
        ({"tool_choice": [1]}, "tool_choice"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages"),
        ({"messages": [{"role": "poet", "content": "Hi"}]}, "messages[0].role"),
        ({"stream": "yes"}, "stream"),
    ],
)
def test_what_is_impossible_is_refused(
    client: Client, change: dict[str, object], param: str
) -> None:
    error = failed(client.post("/v1/chat/completions", json=said(KNOWN) | change), 400)
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


@pytest.mark.parametrize("model", ["gpt-4o", "citespan/nope", "citespan/default:magic", ""])
def test_a_model_that_is_not_there_is_named(client: Client, model: str) -> None:
    asked = said(KNOWN) | {"model": model}
    error = failed(client.post("/v1/chat/completions", json=asked), 404)
    assert (error["code"], error["param"]) == ("model_not_found", "model")
    failed(client.get(f"/v1/models/{model or 'x'}"), 404)


def test_malformed_requests_are_refused_in_the_same_shape(client: Client) -> None:
    url = "/v1/chat/completions"
    failed(client.post(url, content=b"{", headers=JSON), 400)
    failed(client.post(url, content=b'{"a":' * 100_000, headers=JSON), 400)
    failed(client.post(url, content=b"{}", headers={"content-type": "text/plain"}), 415)
    failed(client.get(url), 405)
    for path in (
        "/v1/embeddings",
        "/v1/completions",
        "/v1/responses/resp_1",
        "/v1/models/x",
        "/v1/models/%0A",
    ):
        failed(client.get(path), 404)
    failed(client.post(url, content=b"{}", headers=JSON | {"content-length": "x"}), 400)
    generated = said(KNOWN) | {"model": "citespan/default:generated"}
    assert failed(client.post(url, json=generated), 400)["code"] == "mode_unavailable"


def test_models_are_collections_and_modes(client: Client) -> None:
    found = client.get("/v1/models").json()
    assert found["object"] == "list"
    names = [model["id"] for model in found["data"]]
    assert names == ["citespan/default", "citespan/default:extractive"]
    assert client.get("/v1/models/citespan/default").json()["id"] == "citespan/default"
    assert client.get("/v1/models/citespan%2Fdefault").json()["id"] == "citespan/default"


def test_a_document_cannot_put_a_link_or_an_image_into_a_message(
    client: Client, service: Service
) -> None:
    evil = (
        "The vault code is 4711 ![x](https://evil.example/p.png?q=1) [click](https://evil.example)"
        " <img src=https://evil.example/i.png> see www.evil.example or https://evil.example now."
    )
    service.corpus.put(Draft(id="evil", text=evil, title="[T](https://evil.example)"))
    try:
        made = client.post("/v1/chat/completions", json=said("What is the vault code?")).json()
    finally:
        service.corpus.delete("evil")
    content = made["choices"][0]["message"]["content"]
    assert "4711" in content
    ours = _MARKER.sub("", content)
    assert "testserver" in content
    assert not _LINK.search(ours)
    assert "://" not in ours
    assert "<img" not in ours.replace("\\<", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a*b_c", "a\\*b\\_c"),
        ("# head", "\\# head"),
        ("plain. 1) x", "plain. 1) x"),
        ("- a", "\\- a"),
        ("12. a", "12\\. a"),
        ("a\n\n b", "a b"),
        ("http://x.example", "http:\u200b/\u200b/x\u200b.\u200bexample"),
        ("a@b", "a\u200b@\u200bb"),
        ("at 10:30, 3.5 km", "at 10:30, 3.5 km"),
        ("1.2.3.4", "1\u200b.\u200b2\u200b.\u200b3.4"),
        ("a\x1b[2J\x9b\u202e\u00adb", "a\ufffd\\[2J\ufffd\ufffdb"),
    ],
)
def test_text_stands_for_itself(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_a_picture_before_the_question_does_not_block_a_conversation(client: Client) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    text = {"type": "text", "text": "What is in this picture?"}
    before = [{"role": "user", "content": [text, picture]}, {"role": "assistant", "content": "A."}]
    asked = said(KNOWN)
    asked["messages"] = [*before, *asked["messages"]]
    assert client.post("/v1/chat/completions", json=asked).status_code == 200


def test_a_long_conversation_goes_on(client: Client) -> None:
    before = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}] * 800
    asked = said(KNOWN)
    asked["messages"] = [*before, *asked["messages"]]
    answer = client.post("/v1/chat/completions", json=asked)
    assert answer.status_code == 200
    assert answer.json()["citespan"]["status"] == "answered"
