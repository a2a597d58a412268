import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from api_client import JSON, Client, problem, seeded
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from citespan.api.server.app import create_app
from citespan.qa import Service

TEXT = {"content-type": "text/plain"}
UPLOAD = {"content-type": "multipart/form-data; boundary=x"}
LIMIT = 300_000
FILE_PART = b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\na\r\n"


@pytest.fixture(scope="module")
def service(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with seeded(tmp_path_factory.mktemp("data"), models_folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[Client]:
    with TestClient(create_app(service, max_body_bytes=LIMIT)) as opened:
        yield opened


def part(headers: bytes, data: bytes = b"hello") -> bytes:
    return (
        b"--x\r\nContent-Disposition: form-data; " + headers + b"\r\n\r\n" + data + b"\r\n--x--\r\n"
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 422),
        (b"\0\1\2\xff", 400),
        (b'{"question": "\xff\xfe"}', 400),
        (b'{"question": "\\ud800 lone"}', 400),
        (b'{"question": "\\udc00"}', 400),
        (b'\xef\xbb\xbf{"question": "a"}', 400),
        (b'{"question": "a"} {"question": "b"}', 400),
        (b'{"question": NaN}', 400),
        (b"[" * 100_000, 422),
        (b'{"question": ' + b"[" * 100_000, 422),
        (b'{"question": "a", "top_k": ' + b"9" * 100_000 + b"}", 422),
        (b'{"' + b"k" * 100_000 + b'": 1}', 422),
        (json.dumps({"question": "why " * 25_000}).encode(), 422),
        (json.dumps({"question": " \n\t\u3000"}).encode(), 422),
        (json.dumps({"question": ""}).encode(), 422),
        (json.dumps({"question": "\0"}).encode(), 422),
        (json.dumps({"question": "?" * 2000}).encode(), 422),
        (json.dumps({"question": "' OR 1=1; DROP TABLE documents; --"}).encode(), 200),
    ],
)
def test_questions(client: Client, body: bytes, status: int) -> None:
    response = client.post("/v1/ask", content=body, headers=JSON)
    assert response.status_code == status, response.text
    if status >= 400:
        assert len(json.dumps(problem(response))) < 2000


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/search"])
@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"],
)
def test_json_is_only_read_as_json(client: Client, path: str, media_type: str) -> None:
    sent = client.post(path, content=b'{"question": "a"}', headers={"content-type": media_type})
    problem(sent, 415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("draft", "status"),
    [
        ({"text": "NUL \0"}, 422),
        ({"text": " \r\n"}, 422),
        ({"text": "a", "txet": "b"}, 422),
        ({"text": ["a"]}, 422),
        ({"text": "a", "metadata": {"a": {"b": 1}}}, 422),
        ({"text": "a", "metadata": {"a": 2**60}}, 422),
        ({"text": "a", "metadata": {"a": [2**60]}}, 422),
        ({"text": "a", "metadata": {"a": [None]}}, 422),
        ({"text": "a", "metadata": {"a": [["b"]]}}, 422),
        ({"text": "a", "metadata": {"a": ["b"] * 101}}, 422),
        ({"text": "a", "metadata": {str(n): n for n in range(101)}}, 422),
        ({"text": "a", "title": "t" * 2001}, 422),
        ({"text": "a", "uri": "u" * 2001}, 422),
        *(
            ({"text": "a", "id": name}, 422)
            for name in ("", ".", "..", "../x", "a/b", "a\0b", "\n", "x" * 201)
        ),
        ({"text": "a", "id": "x" * 200}, 201),
        ({"text": "b", "title": "\u200b", "uri": "javascript:alert(1)"}, 201),
        ({"text": "c", "title": "\0", "uri": "\0", "metadata": {"\0": "\0"}}, 201),
        ({"text": "\u200b\u2028\ufeff"}, 201),
        ({"text": "x" * 100_000}, 201),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_documents(client: Client, draft: dict[str, Any], status: int) -> None:
    response = client.post("/v1/documents", json=draft)
    assert response.status_code == status, response.text
    if status >= 400:
        problem(response)
    else:
        assert client.get(response.headers["location"]).status_code == 200
        assert client.get(response.json()["url"]).text == draft["text"].removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (TEXT, b"\x89PNG\r\n\x1a\n\0\0", 422),
        (TEXT, b"caf\xe9", 422),
        (TEXT, b"", 422),
        ({"content-type": "text/plain; charset=klingon"}, b"a", 422),
        ({"content-type": "text/plain; charset=idna"}, b"xn--a..b", 422),
        ({"content-type": "text/plain; charset=undefined"}, b"a", 422),
        ({"content-type": "text/plain; charset=base64"}, b"a", 422),
        ({"content-type": 'text/plain; charset="a\tb"'}, b"a", 422),
        ({"content-type": "application/pdf"}, b"%PDF-", 422),
        ({"content-type": "application/x-tar"}, b"a", 415),
        ({}, b"a", 415),
        (UPLOAD, b"", 400),
        (UPLOAD, b"--x--\r\n", 422),
        (UPLOAD, b"garbage", 400),
        (UPLOAD, part(b'name="file"')[:-8], 400),
        (UPLOAD, part(b'name="other"'), 422),
        (UPLOAD, FILE_PART * 20 + b"--x--\r\n", 400),
        (UPLOAD, FILE_PART * 2 + b"--x--\r\n", 422),
        (UPLOAD, part(b'name="file"; filename="\xff\xfe"'), 400),
        (UPLOAD, part(b"name=\"file\"; filename*=klingon''%ff%zz"), 201),
        (UPLOAD, part(b'name="file"\r\nContent-Type: text/plain; charset=klingon'), 422),
        (UPLOAD, part(b'name="file"\r\nContent-Type: application/pdf', b"%PDF-"), 422),
        (UPLOAD, part(b'name="file"\r\nContent-Type: application/pdf', b"What it is."), 201),
        (UPLOAD, part(b'name="file"; filename="%0D%0A\x01.txt"', b"other"), 201),
        (UPLOAD, part(b'name="file"', b"\0binary\xff"), 422),
        (UPLOAD, part(b'name="' + b"a" * 10_000 + b'"'), 400),
        ({"content-type": "multipart/form-data"}, part(b'name="file"'), 400),
        ({"content-type": "multipart/form-data; boundary=\xff"}, part(b'name="file"'), 400),
    ],
)  # fmt: skip
def test_bodies(client: Client, headers: dict[str, str], body: bytes, status: int) -> None:
    response = client.post(
        "/v1/documents",
        content=body,
        headers=[(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    )
    assert response.status_code == status, response.text
    if status >= 400:
        problem(response)


def test_a_long_file_name_is_refused(client: Client) -> None:
    file = {"file": ("n" * 2100 + ".txt", b"named at length")}
    problem(client.post("/v1/documents", files=file), 422)


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", "/v1/documents/%00", 404),
        ("GET", "/v1/documents/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/v1/documents/%2e%2e/text", 404),
        ("GET", f"/v1/documents/{'x' * 5000}", 404),
        ("GET", "/v1/documents/%ff%ed%a0%80", 404),
        ("DELETE", "/v1/documents/%F0%9F%92%A9", 404),
        ("PUT", "/v1/documents/%00", 422),
        ("PUT", "/v1/documents/..", 404),
        ("POST", "/health/live", 405),
        ("FOO", "/v1/ask", 405),
        ("GET", "/schema/openapi.json", 404),
        ("GET", "/v1", 404),
    ],
)
def test_paths(client: Client, method: str, url: str, status: int) -> None:
    body = {"json": {"text": "a"}} if method == "PUT" else {}
    problem(client.request(method, url, **cast("dict[str, Any]", body)), status)


def test_query_parameters_do_not_go_with_json(client: Client) -> None:
    problem(client.post("/v1/documents?id=a", json={"text": "a"}), 422, "invalid-request")
    problem(client.put("/v1/documents/a", json={"id": "b", "text": "a"}), 422, "invalid-request")


def test_a_chunked_body_is_counted(client: Client) -> None:
    chunks = (b"a" * 1000 for _ in range(LIMIT // 1000 + 1))
    problem(client.post("/v1/documents", content=chunks, headers=TEXT), 413, "body-too-large")


async def exchange(
    service: Service, headers: dict[str, str], chunks: list[bytes], query: bytes = b""
) -> list[dict[str, Any]]:
    """The messages sent for a request of these chunks, after which the client is gone."""
    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/v1/documents", "raw_path": b"/v1/documents",
        "query_string": query, "root_path": "", "client": None, "server": None,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    coming = iter([{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks])
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    await create_app(service, max_body_bytes=100)(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("length", "chunks", "status"),
    [
        ("10", [b"a" * 60, b"a" * 60], 413),  # it lies
        ("101", [], 413),
        ("9" * 5000, [], 413),
        ("-1", [b"a"], 400),
        ("ten", [b"a"], 400),
        ("10", [b"aaa"], 400),  # and is gone
        ("10", [], 400),
    ],
)
def test_lengths_that_lie_and_clients_that_leave(
    service: Service, length: str, chunks: list[bytes], status: int
) -> None:
    sent = asyncio.run(exchange(service, TEXT | {"content-length": length}, chunks))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == status
    assert json.loads(sent[1]["body"])["status"] == status


def test_a_query_of_raw_bytes_is_malformed(service: Service) -> None:
    sent = asyncio.run(exchange(service, TEXT, [b"a"], query=b"id=\xff"))
    assert sent[0]["status"] == 400


_FIELDS = ["question", "query", "text", "id", "title", "metadata", "top_k", "include", "mode"]
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def _encoded(value: object) -> bytes:
    return json.dumps(value).encode()


_DOCUMENTS = st.tuples(st.text(), st.text()).map(lambda pair: {"text": pair[0], "id": pair[1]})
_OBJECTS = st.dictionaries(st.sampled_from(_FIELDS), _VALUES, max_size=4)
_BODIES = st.binary(max_size=60) | _DOCUMENTS.map(_encoded) | _OBJECTS.map(_encoded)


@settings(max_examples=150)
@given(
    body=_BODIES,
    path=st.sampled_from(["/v1/ask", "/v1/search", "/v1/documents", "/v1/documents/any"]),
    media_type=st.sampled_from(["application/json", "text/plain", *UPLOAD.values()]),
)
def test_no_body_makes_a_fault(client: Client, body: bytes, path: str, media_type: str) -> None:
    method = "PUT" if path.endswith("any") else "POST"
    response = client.request(method, path, content=body, headers={"content-type": media_type})
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        problem(response)
