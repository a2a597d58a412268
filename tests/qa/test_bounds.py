"""No answer, search, tool result or list carries more than a stated amount."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_client import Client
from litestar.testing import TestClient
from strategies import document

import citespan.api.routes.documents
import citespan.index.corpus.making
from citespan.api.server.app import create_app
from citespan.index import Draft, Passage, Span
from citespan.index.text.chunking import CHARACTERS_A_TOKEN
from citespan.index.text.segmentation import MAX_SENTENCE
from citespan.index.types import Chunk, Scores
from citespan.qa import Service, load_settings, open_service
from citespan.qa.answer.bounds import (
    MAX_ANSWER,
    MAX_CITATIONS,
    MAX_FETCH,
    MAX_PASSAGES,
    bounded,
)
from citespan.qa.answer.events import Composer
from citespan.qa.citation import Citation
from citespan.qa.types import Support

_PASSAGE = 150 * CHARACTERS_A_TOKEN


class TestAnswers:
    def test_an_answer_ends_where_it_is_full(self) -> None:
        source = document("".join(f"{n:03}" + "a" * 996 + "." for n in range(30)))
        composer = Composer()
        for n in range(30):
            citation = Citation.of(source, Span(1000 * n, 1000 * n + 1000))
            list(composer.say(citation.quote, [citation], Support.QUOTED))
        assert len(composer.segments) == 19
        assert MAX_ANSWER - 1001 < len(composer.text) <= MAX_ANSWER
        assert len(composer.citations) == 19
        assert all(
            one.span.of(composer.text) == one.citations[0].quote for one in composer.segments
        )

    def test_a_quote_in_many_places_is_said_once_and_cited_as_often_as_there_is_room(self) -> None:
        places = [
            Citation.of(document("Cats sleep.", id=f"d{n}"), Span(0, 11))
            for n in range(MAX_CITATIONS + 50)
        ]
        composer = Composer()
        list(composer.say("Cats sleep.", places, Support.QUOTED))
        assert composer.text == "Cats sleep."
        assert list(composer.segments[0].citations) == places[:MAX_CITATIONS]
        assert list(composer.say("Dogs run.", [places[-1]], Support.QUOTED)) == []
        list(composer.say("Cats sleep.", [places[0]], Support.QUOTED))
        assert len(composer.segments) == 2

    def test_what_rests_on_several_is_not_said_with_some_of_them(self) -> None:
        cited = [
            Citation.of(document("Cats sleep.", id=f"d{n}"), Span(0, 11))
            for n in range(MAX_CITATIONS + 1)
        ]
        composer = Composer()
        list(composer.say("Cats sleep.", cited[:-2], Support.QUOTED))
        assert list(composer.say("They do.", cited[-2:], Support.SUPPORTED)) == []
        assert len(list(composer.say("They do.", cited[-2:-1], Support.SUPPORTED))) == 3


def passage(length: int, number: int = 1) -> Passage:
    chunk = Chunk(id=number, document_id="d", revision=1, span=Span(0, length), tokens=1)
    return Passage(chunk=chunk, title="", text="a" * length, scores=Scores())


class TestPassages:
    def test_as_many_as_a_response_holds(self) -> None:
        half = MAX_PASSAGES // 2
        three = [passage(half, n) for n in range(3)]
        assert bounded(three) == three[:2]
        assert bounded([passage(MAX_PASSAGES + 1)]) == [passage(MAX_PASSAGES + 1)]
        assert bounded([]) == []


@pytest.fixture
def service(tmp_path: Path, models_folder: Path) -> Iterator[Service]:
    environ = {"CITESPAN_DATA__MODELS": str(models_folder), "CITESPAN_DATA__SEED": "false"}
    with open_service(tmp_path / "data", settings=load_settings(environ=environ)) as opened:
        yield opened


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with TestClient(create_app(service)) as opened:
        yield opened


def one_chunk(text: str, *_: object) -> list[tuple[Span, int]]:
    return [(Span(0, len(text)), 150)]


def test_chunks_that_an_earlier_version_made_too_large_leave_in_part(
    monkeypatch: pytest.MonkeyPatch, service: Service, client: Client
) -> None:
    text = "The timeout of the relay is 5 seconds. " + "ก" * 60_000
    with monkeypatch.context() as earlier:
        earlier.setattr(citespan.index.corpus.making, "counted_chunks", one_chunk)
        service.corpus.put(Draft(id="relay", text=text))
    question = "What is the timeout of the relay?"
    found = client.post("/v1/search", json={"query": question}).json()["passages"]
    assert _PASSAGE - 100 < len(found[0]["text"]) <= _PASSAGE
    assert client.get(found[0]["url"]).text == found[0]["text"]
    answer = client.post("/v1/ask", json={"question": question, "include": ["passages"]}).json()
    quotes = [one["quote"] for one in answer["citations"]]
    assert quotes[0] == "The timeout of the relay is 5 seconds."
    assert sum(map(len, quotes)) <= _PASSAGE
    assert len(answer["passages"][0]["text"]) <= _PASSAGE


@pytest.mark.parametrize("run", ["การประชุม", "x", "😀", "会议", "e\u0301"])
def test_a_document_of_one_run_is_answered_within_bounds(
    service: Service, client: Client, run: str
) -> None:
    text = "The harbour opens at 6. " + run * (2000 // len(run))
    service.corpus.put(Draft(id="run", text=text))
    found = client.post("/v1/search", json={"query": "harbour", "top_k": 100}).json()["passages"]
    assert len(found) > 1
    assert max(len(one["text"]) for one in found) <= _PASSAGE
    body = {"question": "When does the harbour open?", "include": ["passages"]}
    answer = client.post("/v1/ask", json=body).json()
    assert answer["status"] == "answered"
    assert all(len(one["quote"]) <= MAX_SENTENCE for one in answer["citations"])
    for one in (*answer["citations"], *answer["passages"]):
        assert text[one["start"] : one["end"]] == one.get("quote", one.get("text"))


def test_a_page_of_documents_ends_where_it_is_full(
    monkeypatch: pytest.MonkeyPatch, service: Service, client: Client
) -> None:
    monkeypatch.setattr(citespan.api.routes.documents, "MAX_LISTED", 40_000)
    ids = [f"d{n}" for n in range(5)]
    for name in ids:
        service.corpus.put(Draft(id=name, text=name, metadata={"k": "v" * 15_000}))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/v1/documents", params={"limit": 4, **cursor}).json()
        assert len(page["documents"]) <= 2
        seen += [one["id"] for one in page["documents"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ids


def test_a_tool_reads_a_document_in_parts(service: Service, client: Client) -> None:
    text = "a" + "\n" * MAX_FETCH + "b"
    service.corpus.put(Draft(id="long", text=text))

    def fetch(start: int) -> dict[str, int | str]:
        call = {"name": "fetch", "arguments": {"document_id": "long", "start": start}}
        request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        return client.post("/mcp", json=request).json()["result"]["structuredContent"]

    first = fetch(0)
    assert (first["end"], first["length"]) == (MAX_FETCH, len(text))
    rest = fetch(MAX_FETCH)
    assert f"{first['text']}{rest['text']}" == text
    assert rest["end"] == len(text)


def test_smaller_chunks_than_a_client_may_choose_are_refused(client: Client) -> None:
    refused = client.post("/v1/collections", json={"name": "x", "chunking": {"max_tokens": 31}})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"field": "chunking.max_tokens", "message": "Expected `int` >= 32"}
    ]
    again = client.post("/v1/collections/default/reindex", json={"chunking": {"max_tokens": 1}})
    assert again.status_code == 422
