"""Files over HTTP: what is cited points into them, and what is kept of them comes back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_client import Client, problem
from api_jobs import finished
from litestar.testing import TestClient
from made_files import HEIGHT, LEFT, PAGE, TOP, WIDTH, made_file, read_made

from citespan.api.server.app import create_app
from citespan.index.reading import FileReader
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections

LINES = [
    "# Harbour report", "The harbour opened its gates in the spring.", "## Cranes",
    "The tall crane of Vrokstad lifts forty tonnes of steel.",
]  # fmt: skip
REPORT = made_file(["Nothing is said on the first page."], LINES, title="Harbour")
ASKED = "How much does the tall crane of Vrokstad lift?"
PDF = {"content-type": "application/pdf"}
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(scope="module")
def collections(
    models_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collections]:
    folder = tmp_path_factory.mktemp("data")
    environ = {"CITESPAN_DATA__PATH": str(folder), "CITESPAN_DATA__MODELS": str(models_folder)}
    with Collections.open(load_settings(environ=environ)) as opened:
        opened.service("default").files = FileReader(parse=read_made)
        yield opened


@pytest.fixture(scope="module")
def client(collections: Collections) -> Iterator[Client]:
    with TestClient(create_app(collections)) as opened:
        yield opened


def cited(client: Client, question: str, document_id: str) -> dict[str, Any]:
    """The citation of a document in the answer to a question, whose quote is its characters."""
    answer = client.post("/v1/ask", json={"question": question}).json()
    found = [one for one in answer["citations"] if one["document"]["id"] == document_id]
    assert found, answer
    text = client.get(f"/v1/documents/{document_id}/text").text
    assert text[found[0]["start"] : found[0]["end"]] == found[0]["quote"]
    assert client.get(found[0]["url"]).text == found[0]["quote"]
    return found[0]


def test_a_citation_of_a_page_has_page_boxes_and_headings(client: Client) -> None:
    sent = client.post("/v1/documents", params={"id": "report"}, content=REPORT, headers=PDF)
    assert sent.status_code == 201, sent.text
    assert (sent.json()["title"], sent.json()["media_type"]) == ("Harbour", "application/pdf")
    assert sent.json()["warnings"] == sent.json()["members"] == []
    citation = cited(client, ASKED, "report")
    assert citation["quote"] == LINES[3]
    assert citation["page"] == 2
    assert citation["headings"] == ["Harbour report", "Cranes"]
    assert citation["place"] is None
    top = TOP + 2 * HEIGHT * 3
    assert citation["boxes"] == [
        {
            "page": 2,
            "x0": round(LEFT / PAGE.width, 5),
            "y0": round(top / PAGE.height, 5),
            "x1": round((LEFT + WIDTH * len(LINES[3])) / PAGE.width, 5),
            "y1": round((top + HEIGHT) / PAGE.height, 5),
        }
    ]
    assert citation["open_url"] == "/v1/documents/report/pages/2.png?revision=1"


def test_where_characters_are_is_reported_for_any_span(client: Client) -> None:
    client.post("/v1/documents", params={"id": "report"}, content=REPORT, headers=PDF)
    citation = cited(client, ASKED, "report")
    span = {"start": citation["start"], "end": citation["end"]}
    found = client.get("/v1/documents/report/where", params=span).json()
    assert {key: found[key] for key in ("page", "boxes", "place", "headings")} == {
        key: citation[key] for key in ("page", "boxes", "place", "headings")
    }
    assert found["pages"] == [{"width": PAGE.width, "height": PAGE.height}] * 2
    assert (found["revision"], found["current_revision"], found["original"]) == (1, 1, True)
    assert found["length"] == len(client.get("/v1/documents/report/text").text)
    whole = client.get("/v1/documents/report/where", params={"revision": 1}).json()
    nothing: dict[str, Any] = {"page": None, "boxes": [], "place": None, "headings": []}
    assert whole == found | nothing
    beyond = {"start": 0, "end": found["length"] + 1}
    problem(client.get("/v1/documents/report/where", params=beyond), 422, "span-out-of-range")
    problem(client.get("/v1/documents/report/where?revision=2"), 404, "document-not-found")
    problem(client.get("/v1/documents/none/where"), 404, "document-not-found")


def test_an_outline_has_headings_by_their_characters(client: Client) -> None:
    text = "# Top\n\nText.\n\n## Below\n" + f"{'x' * 120}.\n" * 1_000  # costs little to embed
    markdown = {"content-type": "text/markdown"}
    sent = client.put("/v1/documents/notes", content=text.encode(), headers=markdown)
    assert sent.status_code == 201, sent.text
    found = client.get("/v1/documents/notes/outline", params={"start": 2}).json()
    assert [(one["level"], text[one["start"] : one["end"]]) for one in found["headings"]] == [
        (2, "## Below")
    ]
    assert (found["start"], found["end"], found["tables"]) == (2, 100_002, [])
    beyond = {"start": 0, "end": 10**6}
    problem(client.get("/v1/documents/notes/outline", params=beyond), 422, "span-out-of-range")
    problem(client.get("/v1/documents/none/outline"), 404, "document-not-found")


def test_a_browser_that_opens_a_citation_gets_the_reader(client: Client) -> None:
    stored = client.post("/v1/documents", json={"text": "It rains.", "id": "a%ü?#"}).json()
    address = f"{stored['url']}&start=0&end=2"
    assert client.get(address).text == "It"
    assert client.get(address, headers={"accept": "text/plain, text/html"}).text == "It"
    sent = client.get(address, headers=BROWSER, follow_redirects=False)
    assert (sent.status_code, sent.content, sent.headers["vary"]) == (303, b"", "accept")
    opened = client.get(address, headers=BROWSER)
    assert opened.url.raw_path == b"/documents/a%25%C3%BC%3F%23?revision=1&start=0&end=2"
    assert opened.headers["content-type"] == "text/html; charset=utf-8"
    problem(client.get(f"{address}0", headers=BROWSER), 422, "span-out-of-range")


def test_chat_programs_and_tools_get_the_same_place(client: Client) -> None:
    client.post("/v1/documents", params={"id": "report"}, content=REPORT, headers=PDF)
    citation = cited(client, ASKED, "report")
    asked = {"model": "citespan/default", "messages": [{"role": "user", "content": ASKED}]}
    message = client.post("/v1/chat/completions", json=asked).json()["choices"][0]["message"]
    places = [one["url_citation"] for one in message["annotations"]]
    assert {"page": 2, "boxes": citation["boxes"]}.items() <= places[0].items()
    assert places[0]["headings"] == citation["headings"]
    call = {"name": "ask", "arguments": {"question": ASKED}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    accept = {"accept": "application/json, text/event-stream"}
    result = client.post("/mcp", json=body, headers=accept).json()["result"]
    found = result["structuredContent"]["citations"][0]
    assert (found["page"], found["boxes"]) == (2, citation["boxes"])


def test_a_row_is_cited_by_its_cell(client: Client) -> None:
    rows = [["Copper", "9140 dollars"], ["Zinc", "2610 dollars"], ["Vrontium", "77 dollars"]]
    sheet = made_file(rows=rows, header=["Metal", "Price"], title="Metals", media_type="x/sheet")
    files = {"file": ("metals.bin", sheet, "application/octet-stream")}
    stored = client.post("/v1/documents", params={"id": "metals"}, files=files)
    assert stored.status_code == 201, stored.text
    assert stored.json()["uri"] == "metals.bin"
    citation = cited(client, "What is the price of Vrontium?", "metals")
    assert citation["quote"] == "Metal: Vrontium; Price: 77 dollars."
    assert (citation["place"]["sheet"], citation["place"]["cell"][1:]) == ("Prices", "4")
    assert citation["place"]["cells"] == ["A1", "A4", "B1", "B4"]
    assert citation["page"] is None
    assert citation["open_url"] == "/v1/documents/metals/original?revision=1"
    passages = client.post("/v1/search", json={"query": "Vrontium"}).json()["passages"]
    found = next(one for one in passages if one["document_id"] == "metals")
    assert found["context"] == "Metal; Price"
    assert "Metal; Price" not in found["text"]


def test_text_and_markdown_have_lines_and_headings(client: Client) -> None:
    text = (
        "# Dunes\n\nSand moves.\n\n## Grass\n\nThe grass of Qirreth binds the sand with its roots."
    )
    headers = {"content-type": "text/markdown"}
    client.post("/v1/documents", params={"id": "dunes"}, content=text, headers=headers)
    citation = cited(client, "What does the grass of Qirreth bind?", "dunes")
    assert citation["place"] == {"line": 7}
    assert citation["headings"] == ["Dunes", "Grass"]
    assert (citation["page"], citation["boxes"], citation["open_url"]) == (None, [], None)


def test_the_original_comes_back_as_a_file_that_runs_nothing(client: Client) -> None:
    files = {"file": ("a b\u00e9.pdf", REPORT, "application/pdf")}
    client.put("/v1/documents/kept", files=files)
    got = client.get("/v1/documents/kept/original", params={"revision": 1})
    assert got.content == REPORT
    assert got.headers["content-type"] == "application/octet-stream"
    name = "attachment; filename*=UTF-8''a%20b%C3%A9.pdf"
    assert got.headers["content-disposition"] == name
    assert got.headers["x-content-type-options"] == "nosniff"
    policy = "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert got.headers["content-security-policy"] == policy
    assert got.headers["cache-control"] == "private, no-store"
    assert client.get("/v1/documents/kept/original").content == REPORT
    client.post("/v1/documents", json={"id": "words", "text": "Only words."})
    problem(client.get("/v1/documents/words/original"), 404, "original-not-found")
    problem(client.get("/v1/documents/kept/original?revision=9"), 404, "document-not-found")
    problem(client.get("/v1/documents/none/original"), 404, "document-not-found")
    problem(client.get("/v1/documents/kept/pages/3.png"), 404, "page-not-found")
    problem(client.get("/v1/documents/kept/pages/0.png"), 404, "page-not-found")
    problem(client.get("/v1/documents/kept/pages/two"), 422, "invalid-request")
    assert client.delete("/v1/documents/kept").status_code == 204
    problem(client.get("/v1/documents/kept/original"), 404, "document-not-found")


def test_a_password_opens_and_its_absence_has_a_code(client: Client) -> None:
    secret = made_file(["The vault of Drumlin holds nine bells."], password="hunter2")  # noqa: S106
    files = {"file": ("vault.pdf", secret, "application/pdf")}
    refused = problem(client.post("/v1/documents", files=files), 422, "file-unreadable")
    assert refused["code"] == "encrypted"
    wrong = client.post("/v1/documents", files=files, data={"password": "hunter3"})
    assert problem(wrong, 422)["code"] == "password_wrong"
    right = client.post("/v1/documents", files=files, data={"password": "hunter2"})
    assert right.status_code == 201
    cited(client, "How many bells does the vault of Drumlin hold?", right.json()["id"])


def test_what_is_lost_is_told_and_files_inside_are_documents(client: Client) -> None:
    inside = made_file(["The enclosed invoice is for ninety lamps of Ostrava."])
    mail = made_file(
        ["Dear Ada, see the attachment about lamps."],
        lost=[["page_failed", "page 7 could not be read", 7]],
        members=[["invoice.pdf", inside.hex()], ["bad.bin", b"\x00other".hex()]],
    )
    files = {"file": ("mail.eml", mail, "message/rfc822")}
    sent = client.post("/v1/documents", files=files).json()
    assert sent["warnings"] == [
        {"code": "page_failed", "message": "page 7 could not be read", "page": 7, "partial": True}
    ]
    good, bad = sent["members"]
    assert (good["name"], good["reason"], bad["name"]) == ("invoice.pdf", None, "bad.bin")
    assert (bad["document_id"], bad["code"]) == (None, "unsupported")
    info = client.get(f"/v1/documents/{good['document_id']}").json()
    assert info["metadata"]["parent"] == sent["id"]
    assert info["uri"] == "mail.eml#1-invoice.pdf"
    cited(client, "For how many lamps of Ostrava is the invoice?", good["document_id"])


def test_a_job_reads_files_and_keeps_no_password(client: Client, collections: Collections) -> None:
    secret = made_file(["The key of Lumley is under the third stone."], password="opensesame99")  # noqa: S106
    lost = made_file(
        ["Half of the map of Gorse is here."], lost=[["page_failed", "page 2 is bad", 2]]
    )
    sent = [
        ("files", ("a.pdf", made_file(["The quay of Marl is old."]), "application/pdf")),
        ("files", ("b.pdf", secret, "application/pdf")),
        ("files", ("c.pdf", lost, "application/pdf")),
        ("files", ("d.bin", b"\x00\x01\x02", "application/octet-stream")),
        ("files", ("e.txt", b"The fen of Marl is dry.", "text/plain")),
    ]
    job = finished(client, client.post("/v1/jobs", files=sent))
    results = {one["name"]: one for one in job["results"]}
    assert {name: one["outcome"] for name, one in results.items()} == {
        "a.pdf": "added", "b.pdf": "rejected", "c.pdf": "partial", "d.bin": "rejected",
        "e.txt": "added",
    }  # fmt: skip
    assert results["b.pdf"]["code"] == "encrypted"
    assert (results["c.pdf"]["code"], results["c.pdf"]["reason"]) == (
        "page_failed",
        "page 2 is bad",
    )
    assert results["d.bin"]["code"] == "unsupported"
    again = client.post("/v1/jobs", files=sent[1:2], data={"password": "opensesame99"})
    assert finished(client, again)["results"][0]["outcome"] == "added"
    folder = collections.service("default").corpus
    assert folder.health.check() == []


def test_a_made_up_type_of_body_is_refused(client: Client) -> None:
    headers = {"content-type": "application/x-tar"}
    problem(client.post("/v1/documents", content=b"x", headers=headers), 415)
    problem(client.post("/v1/documents", content=b"%PDF-made\n[", headers=PDF), 422)


@pytest.mark.parametrize(
    "media_type", ["text/x-markdown", "application/yaml", "text/yaml", "application/toml"]
)
def test_texts_by_their_less_usual_types_are_read(client: Client, media_type: str) -> None:
    text = f"kind: {media_type}\n"
    stored = client.post("/v1/documents", content=text, headers={"content-type": media_type})
    assert stored.status_code == 201
    assert media_type in client.get(stored.json()["url"]).text


@pytest.mark.parametrize(
    ("value", "title"),
    [
        ("UTF-8''na%C3%AFve%20note.txt", "na\u00efve note.txt"),
        ("utf-8'en'a%2Fb.txt", "b.txt"),
        ("UTF-8''%FF.txt", "\ufffd.txt"),
    ],
)
def test_a_name_that_is_not_ascii_may_be_sent_as_its_own_parameter(
    client: Client, value: str, title: str
) -> None:
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename*={value}\r\n'
    body = f"{head}Content-Type: text/plain\r\n\r\nNamed by {value}.\r\n--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    stored = client.post("/v1/documents", content=body.encode(), headers=headers)
    assert (stored.status_code, stored.json()["title"]) == (201, title)
