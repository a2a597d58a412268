import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from api_client import KNOWN, UNKNOWN, Client, problem, seeded
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from citespan.api.server.app import create_app
from citespan.api.wire.files import FILE_TYPES
from citespan.api.wire.responses import answer_body
from citespan.index.disk.ids import ulid
from citespan.qa import Service
from citespan.qa.errors import UngroundedCitation

_ids = (f"doc-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def service(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with seeded(tmp_path_factory.mktemp("data"), models_folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[Client]:
    with TestClient(create_app(service)) as opened:
        yield opened


def ask(client: Client, question: str, **more: object) -> dict[str, Any]:
    response = client.post("/v1/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    return response.json()


def test_an_answer_is_the_json_of_the_contract(client: Client) -> None:
    answer = ask(client, KNOWN)
    assert list(answer) == [
        "id", "status", "answer", "mode", "offset_unit", "segments", "citations", "abstention",
        "confidence", "question", "fallback", "dropped", "passages", "usage", "timings_ms",
        "index_generation",
    ]  # fmt: skip
    assert answer["status"] == "answered"
    assert (answer["mode"], answer["offset_unit"]) == ("extractive", "codepoint")
    assert answer["abstention"] is None
    assert answer["passages"] == []
    assert answer["usage"] == {"prompt_tokens": 0, "completion_tokens": 0}
    assert set(answer["timings_ms"]) == {"embed", "retrieve", "evidence", "total"}
    assert list(answer["citations"][0]) == [
        "id", "document", "start", "end", "utf16_start", "utf16_end", "quote", "prefix", "suffix",
        "page", "boxes", "place", "headings", "scores", "highlights", "url", "open_url",
    ]  # fmt: skip
    assert list(answer["citations"][0]["document"]) == ["id", "revision", "title", "uri", "sha256"]
    names = [name for segment in answer["segments"] for name in segment["citations"]]
    first_uses = list(dict.fromkeys(names))
    assert first_uses == [citation["id"] for citation in answer["citations"]]
    assert first_uses == [f"c{number + 1}" for number in range(len(first_uses))]


def check_citations(client: Client, answer: dict[str, Any]) -> None:
    assert answer["citations"]
    for citation in answer["citations"]:
        got = client.get(citation["url"])
        assert got.headers["content-type"] == "text/plain; charset=utf-8"
        assert got.content.decode() == citation["quote"]
        document = citation["document"]
        whole = client.get(
            f"/v1/documents/{document['id']}/text", params={"revision": document["revision"]}
        )
        text = whole.content.decode()
        assert whole.headers["etag"] == f'"{document["sha256"]}"'
        start, end = citation["start"], citation["end"]
        assert text[start:end] == citation["quote"]
        assert text[:start].endswith(citation["prefix"])
        assert text[end:].startswith(citation["suffix"])
        units = text.encode("utf-16-le")[2 * citation["utf16_start"] : 2 * citation["utf16_end"]]
        assert units.decode("utf-16-le") == citation["quote"]
    for segment in answer["segments"]:
        said = answer["answer"][segment["start"] : segment["end"]]
        quotes = {c["id"]: c["quote"] for c in answer["citations"]}
        assert said in {quotes[name] for name in segment["citations"]}


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (
            "🐍 Zorblax 🐍 lives in Quux.\r\nHe eats 👩\u200d👧 e\u0301clairs.",
            "Where does Zorblax live?",
        ),
        ("שלום Vramkin weighs 12 kg.\u2028A 𝔘nicorn is near.", "How much does Vramkin weigh?"),
    ],
)
def test_every_citation_resolves_over_http(client: Client, text: str, question: str) -> None:
    check_citations(client, ask(client, KNOWN))
    posted = client.post("/v1/documents", json={"text": text, "title": "Ünïcode ☃"})
    assert posted.status_code == 201
    answer = ask(client, question)
    check_citations(client, answer)
    assert answer["citations"][0]["document"]["id"] == posted.json()["id"]
    assert client.delete(posted.headers["location"]).status_code == 204


def test_filters_leave_documents_out(client: Client) -> None:
    for name, year in (("old", 2019), ("new", 2024)):
        body = {"text": "The bridge was opened in May.", "metadata": {"year": year}}
        assert client.put(f"/v1/documents/{name}", json=body).status_code == 201
    filters = {"year": {"$gte": 2020}}
    found = client.post("/v1/search", json={"query": "bridge", "filters": filters}).json()
    assert [passage["document_id"] for passage in found["passages"]] == ["new"]
    answer = ask(client, "When was the bridge opened?", filters=filters)
    assert {citation["document"]["id"] for citation in answer["citations"]} == {"new"}
    none = ask(client, "When was the bridge opened?", filters={"year": 1900})
    assert none["abstention"]["reason"] == "filtered_out"
    wrong = client.post("/v1/ask", json={"question": "x", "filters": {"year": {"gte": 1}}})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "filters.year.gte"
    for key in ("\ud800", "k" * 5000):
        raw = json.dumps({"question": "x", "filters": {key: {}}})
        refused = client.post("/v1/ask", content=raw, headers={"content-type": "application/json"})
        assert refused.status_code in {400, 422}
        assert len(refused.content) < 3000


def test_a_tag_is_one_of_those_that_a_document_has(client: Client) -> None:
    for name, tags in (("span", ["bridge", "steel"]), ("arch", ["bridge", "stone"])):
        body = {"text": f"The {name} crosses the river Lea.", "metadata": {"tags": tags}}
        assert client.put(f"/v1/documents/{name}", json=body).status_code == 201
    for filters, names in (
        ({"tags": "bridge"}, {"span", "arch"}),
        ({"tags": {"$in": ["stone", "wood"]}}, {"arch"}),
        ({"tags": {"$exists": True, "$ne": "stone"}}, {"span"}),
    ):
        asked = {"query": "crossing the Lea", "filters": filters}
        passages = client.post("/v1/search", json=asked).json()["passages"]
        assert {passage["document_id"] for passage in passages} == names


def test_abstaining_is_an_ordinary_answer(client: Client) -> None:
    answer = ask(client, UNKNOWN, include=["passages"])
    assert answer["status"] == "abstained"
    assert answer["abstention"]["reason"] in {"no_relevant_passage", "not_in_passages"}
    assert (answer["answer"], answer["segments"], answer["citations"]) == ("", [], [])


def test_passages_come_when_asked_for(client: Client) -> None:
    asked = ask(client, KNOWN, include=["passages"], top_k=3, mode="extractive")["passages"]
    found = client.post("/v1/search", json={"query": KNOWN, "top_k": 3}).json()["passages"]
    assert len(asked) == len(found) == 3
    assert {p["url"] for p in asked} == {p["url"] for p in found}
    for passage in asked + found:
        assert client.get(passage["url"]).content.decode() == passage["text"]


def test_storing_the_same_again_changes_nothing_and_other_text_is_refused(client: Client) -> None:
    draft = {
        "id": next(_ids),
        "text": "First.",
        "metadata": {"n": 1, "ok": True, "x": None, "tags": ["a", 2]},
    }
    first, again = (client.post("/v1/documents", json=draft) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["location"] == f"/v1/documents/{draft['id']}"
    assert first.json() == again.json()
    assert first.json()["metadata"] == draft["metadata"]
    problem(
        client.post("/v1/documents", json=draft | {"text": "Other."}), 409, "duplicate-document"
    )


def test_replacing_makes_a_revision_and_the_old_one_still_resolves(client: Client) -> None:
    url = f"/v1/documents/{next(_ids)}"
    assert client.put(url, json={"text": "The old words."}).status_code == 201
    replaced = client.put(url, content="The new words.", headers={"content-type": "text/plain"})
    assert (replaced.status_code, replaced.json()["revision"]) == (200, 2)
    assert (
        client.put(url, content="The new words.", headers={"content-type": "text/plain"}).json()[
            "revision"
        ]
        == 2
    )
    assert client.get(f"{url}/text?revision=1&start=4&end=7").text == "old"
    assert client.get(f"{url}/text?start=4&end=7").text == "new"
    assert client.get(f"{url}/text?end=3").text == "The"
    assert client.get(f"{url}/text?start=8").text == "words."
    assert client.get(f"{url}/text?start=14").text == ""
    problem(client.get(f"{url}/text?revision=3"), 404, "document-not-found")


def test_past_revisions_are_listed_and_purged_one_by_one(client: Client) -> None:
    url = f"/v1/documents/{next(_ids)}"
    stored = [client.put(url, json={"text": f"State {n}."}).json() for n in range(3)]
    assert all((one.pop("warnings"), one.pop("members")) == ([], []) for one in stored)
    assert client.get(f"{url}/revisions").json() == {"revisions": stored}
    etag = client.get(stored[1]["url"]).headers["etag"]
    assert client.delete(f"{url}/revisions/2").status_code == 204
    gone = (
        client.get(stored[1]["url"]),
        client.get(stored[1]["url"], headers={"if-none-match": etag}),
        client.delete(f"{url}/revisions/2"),
        client.get(f"{url}/text?revision=4"),
        client.delete(f"{url}/revisions/{2**70}"),
        client.delete(f"{url}/revisions/0"),
        client.delete(f"{url}/revisions/-1"),
    )
    for response in gone:
        told = problem(response, 404, "document-not-found")
        assert "it was purged, or never was" in told["detail"]
    problem(client.delete(f"{url}/revisions/3"), 409, "current-revision")
    problem(client.delete(f"{url}/revisions/x"), 404)
    assert client.get(f"{url}/revisions").json() == {"revisions": [stored[0], stored[2]]}
    assert client.get(stored[0]["url"]).text == "State 0."
    assert client.put(url, json={"text": "State 1."}).json()["revision"] == 4
    client.delete(url)
    for response in (client.get(f"{url}/revisions"), client.delete(f"{url}/revisions/1")):
        problem(response, 404, "document-not-found")


def test_a_deleted_document_is_nowhere(client: Client) -> None:
    url = f"/v1/documents/{next(_ids)}"
    client.put(url, json={"text": "Xylographers of Tbilisi adore marzipan."})
    query = {"query": "xylographers marzipan"}
    assert url in client.post("/v1/search", json=query).json()["passages"][0]["url"]
    assert client.delete(url).content == b""
    for response in (client.get(url), client.get(f"{url}/text?revision=1"), client.delete(url)):
        problem(response, 404, "document-not-found")
    found = client.post("/v1/search", json=query).json()["passages"]
    assert not any(url in passage["url"] for passage in found)


def test_paging_gives_every_document_once(client: Client) -> None:
    for _ in range(5):
        client.put(f"/v1/documents/{next(_ids)}", json={"text": "One of a few."})
    whole = client.get("/v1/documents").json()
    assert whole["next_cursor"] is None
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get("/v1/documents", params={"limit": 2, **cursor}).json()
        assert len(page["documents"]) <= 2
        seen += [document["id"] for document in page["documents"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == sorted(document["id"] for document in whole["documents"])
    assert client.get(f"/v1/documents/{seen[0]}").json() == whole["documents"][0]


@pytest.mark.parametrize(
    ("filename", "name"),
    [("a b.txt", "a b.txt"), ("../../etc/x.md", "x.md"), ("C:\\x\\y.txt", "y.txt"), ("..", "")],
)
def test_an_upload_is_named_by_its_file_without_any_path(
    client: Client, filename: str, name: str
) -> None:
    document_id = next(_ids)
    stored = client.put(
        f"/v1/documents/{document_id}",
        files={"file": (filename, "\ufeffZeilen\r\nMüll".encode(), "text/plain")},
    )
    assert stored.status_code == 201, stored.text
    assert (stored.json()["title"], stored.json()["uri"]) == (name, name or None)
    assert client.get(f"/v1/documents/{document_id}/text").text == "Zeilen\nMüll"


def test_text_is_taken_in_its_own_encoding(client: Client) -> None:
    stored = client.post(
        "/v1/documents",
        params={"id": next(_ids), "title": "T", "uri": "u:1"},
        content="Größe".encode("latin-1"),
        headers={"content-type": "text/markdown; charset=iso-8859-1"},
    ).json()
    assert (stored["title"], stored["uri"], stored["media_type"]) == ("T", "u:1", "text/markdown")
    whole = client.get(stored["url"])
    assert whole.text == "Größe"
    same = client.get(stored["url"], headers={"if-none-match": whole.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


def test_those_who_run_it_are_told_how_it_is(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {
        "status": "ready",
        "collections": ["default"],
        "damaged": [],
        "rebuilt": 0,
        "rebuilding": [],
        "damaged_documents": 0,
        "jobs": "ready",
    }
    assert client.get("/version").json()["name"] == "citespan"


def test_there_are_figures_for_prometheus(client: Client) -> None:
    client.get("/v1/documents/secret")
    response = client.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    figures = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }
    assert figures["citespan_documents", "default"] >= 1
    assert figures["citespan_chunks", "default"] > 5
    assert figures["citespan_vector_recall", "default", "exact"] == 1
    assert figures["citespan_vector_bytes_per_million", "default", "exact"] == 1544e6
    missing = ("/v1/documents/{document_id}", "404", "GET")
    assert figures["citespan_request_duration_seconds_count", *missing] >= 1
    assert "secret" not in response.text


def test_the_schema_describes_every_route(client: Client) -> None:
    schema = client.get("/schema").json()
    described = {
        (path, method) for path, operations in schema["paths"].items() for method in operations
    }
    documents = {"get", "put", "delete"}
    assert described == {
        ("/mcp", "post"), ("/schema", "get"), ("/v1/ask", "post"), ("/v1/search", "post"),
        ("/v1/documents", "get"),
        ("/v1/documents", "post"), ("/v1/documents/{document_id}/text", "get"),
        ("/v1/jobs", "get"), ("/v1/jobs", "post"), ("/v1/jobs/{job_id}", "get"),
        ("/v1/jobs/{job_id}", "delete"),
        ("/v1/responses", "post"), ("/v1/documents/{document_id}/where", "get"),
        ("/v1/documents/{document_id}/outline", "get"),
        ("/v1/chat/completions", "post"), ("/v1/models", "get"), ("/v1/models/{name}", "get"),
        ("/health/live", "get"), ("/health/ready", "get"), ("/version", "get"),
        ("/metrics", "get"), ("/v1/collections", "get"), ("/v1/collections", "post"),
        ("/v1/collections/{name}", "get"), ("/v1/collections/{name}", "delete"),
        ("/v1/collections/{name}/reindex", "post"), ("/v1/collections/{name}/rollback", "post"),
        *(("/v1/documents/{document_id}", method) for method in documents),
        ("/v1/documents/{document_id}/revisions", "get"),
        ("/v1/documents/{document_id}/original", "get"),
        ("/v1/documents/{document_id}/pages/{page}", "get"),
        ("/v1/documents/{document_id}/revisions/{revision}", "delete"),
        ("/v1/labels", "get"), ("/v1/labels", "post"), ("/v1/labels/dataset", "get"),
        ("/v1/labels/{label_id}", "patch"), ("/v1/labels/{label_id}", "delete"),
        ("/v1/unanswered", "get"), ("/v1/unanswered", "delete"), ("/v1/runs", "get"),
        ("/v1/runs/{time}/{dataset}", "get"), ("/v1/runs/{time}/{dataset}/changes", "get"),
        ("/v1/sources", "get"), ("/v1/sources/{source}", "get"),
        ("/v1/sources/{source}/runs", "post"), ("/v1/sources/{source}/hook", "post"),
    }  # fmt: skip
    posted = schema["paths"]["/v1/documents"]["post"]["requestBody"]["content"]
    assert set(posted) == {
        "application/json", "text/plain", "text/markdown", "multipart/form-data", *FILE_TYPES,
    }  # fmt: skip
    assert set(schema["paths"]["/v1/jobs"]["post"]["requestBody"]["content"]) == {
        "multipart/form-data", "application/x-ndjson", "application/jsonl",
    }  # fmt: skip
    components = schema["components"]["schemas"]
    assert set(components["AskRequest"]["properties"]) == {
        "question", "collection", "top_k", "mode", "filters", "history", "include", "stream",
    }  # fmt: skip
    references = str(schema).split("#/components/schemas/")[1:]
    assert {reference.split("'")[0] for reference in references} <= set(components)


def test_a_citation_id_without_its_object_cannot_be_made(service: Service) -> None:
    made = answer_body(service.ask(KNOWN))
    assert made.citations
    with pytest.raises(UngroundedCitation):
        msgspec.structs.replace(made, citations=())


def test_ids_sort_by_time() -> None:
    ids = [ulid() for _ in range(200)]
    assert len(set(ids)) == 200
    assert all(len(made) == 26 and made[0] in "01234567" for made in ids)
    assert [made[:10] for made in ids] == sorted(made[:10] for made in ids)
