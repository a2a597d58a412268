"""Garbled requests to every route: none is a fault, and none tells of what is another's.

TEST_CYCLES=1700 makes 51,000.
"""

import json
import random
from collections.abc import Iterator
from copy import copy
from typing import Any, TypeAlias, cast

import pytest
from faults import CYCLES
from tenants import SECRETS, Tenants, tenants

REQUESTS = 30 * CYCLES
Json: TypeAlias = Any
Headers: TypeAlias = list[tuple[bytes, bytes]]
# Who calls, and which words are not for him; nobody reads anything without a key.
CALLERS: list[tuple[tuple[str, str], tuple[str, ...]]] = [
    (("ask", "hr"), SECRETS),
    (("write", "hr"), SECRETS),
    (("ask", "eng"), ("heliotrope", "Lund plant", "canteen", "director")),
    (("write", "board"), ("marigold", "brass")),
    (("none", ""), (*SECRETS, "canteen", "director")),
]
DOCUMENTS = ("open", "board", "file", "other", "none")
WHERE = ("hr", "eng", "default", "none")
PARAMETERS = ("collection", "access", "id", "cursor", "limit", "revision", "start", "end", "x")
GIVEN = (*WHERE, *DOCUMENTS, "-1", "1", "9" * 30, "%00", "%ff", "")
BODIES: dict[str, Json] = {
    "/v1/ask": {"question": "What does the board sell?", "collection": "hr", "stream": False,
                "include": ["passages"], "filters": {"access": "board"},
                "history": [{"role": "user", "content": "Who?"}]},
    "/v1/search": {"query": "code word", "collection": "eng", "top_k": 9, "filters": {"$id": "a"}},
    "/v1/documents": {"text": "The gate is red.", "id": "mine", "title": "T", "metadata": {"a": 1}},
    "/v1/documents/{document_id:str}": {"text": "The gate is red.", "metadata": {"access": ["x"]}},
    "/v1/chat/completions": {"model": "citespan/hr", "stream": True,
                             "messages": [{"role": "user", "content": "Code word?"}]},
    "/v1/responses": {"model": "citespan/eng", "input": "Which valve is number nine?"},
    "/mcp": {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
             "params": {"name": "fetch", "arguments": {"document_id": "board"}}},
}  # fmt: skip
VALUES: list[Json] = [
    None, True, -1, 0, 1 << 70, 1e308, "", "\x00", "board", "other", "hr", "eng", "\ud800",
    "a" * 3000,
    "../board", "*", [], {}, [[]], {"$ne": ""}, {"$or": []}, ["board"], [None], {"": {}}, "٣", "𝟘",
    "\u202ex",
]  # fmt: skip
BYTES = (b"\x00", b"\xff\xfe", b"{", b"}", b"[" * 600, b'"', b"\\u0000", b"\\ud800", b"NaN",
         b"1e999",
         b",", b"\r\n", b"--x", b"\xed\xa0\x80", b"null", b'"collection":"eng",')  # fmt: skip
TYPES = (b"application/json", b"application/json; charset=utf-16", b"text/plain", b"message/rfc822",
         b"multipart/form-data; boundary=x", b"multipart/form-data", b"application/x-ndjson",
         b"application/pdf", b"text/html", b"application/zip", b"", b"*/*", b"\xff",
         b"a/b" * 50)  # fmt: skip
NAMES = (b"accept", b"accept-encoding", b"accept-language", b"content-encoding", b"cookie",
         b"expect",
         b"forwarded", b"host", b"if-match", b"if-none-match", b"if-modified-since",
         b"last-event-id",
         b"mcp-protocol-version", b"mcp-session-id", b"origin", b"range", b"referer", b"te",
         b"traceparent", b"upgrade", b"x-collection", b"x-forwarded-for", b"x-forwarded-host",
         b"x-forwarded-prefix", b"x-forwarded-proto", b"x-http-method-override", b"x-original-url",
         b"x-request-id", b"x-user", b"idempotency-key", b"content-disposition")  # fmt: skip
GARBLED = (b"", b"*", b"gzip", b"board", b"eng", b"bytes=0-", b"bytes=9-1", b"text/event-stream",
           b"\xff",
           b"\t", b"127.0.0.1", b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01", b"100-continue",
           b"1" * 999,
           b'"', b"text/html", b"../../x", b"DELETE", b"http://evil.example", b"null", b";",
           b"q=,;")  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    with tenants(tmp_path_factory.mktemp("garbled")) as made:
        yield made


def changed(chance: random.Random, body: Json) -> Json:
    """The body with one value somewhere in it replaced, left out or added."""
    if chance.random() < 0.3 or not body or not isinstance(body, dict | list):
        return chance.choice(VALUES)
    named = isinstance(body, dict)
    made = copy(cast("dict[Any, Json]", body))
    key = chance.choice(list(made) if named else range(len(made)))
    if named and chance.random() < 0.2:
        made[chance.choice(("collection", "access", "id", "x", ""))] = chance.choice(VALUES)
    elif chance.random() < 0.15:
        del made[key]
    else:
        made[key] = changed(chance, made[key])
    return made


def garbled(chance: random.Random, data: bytes) -> bytes:
    """The bytes with a few of them lost, doubled or replaced."""
    for _ in range(chance.randint(1, 3)):
        at, length = chance.randrange(len(data) + 1), chance.choice((0, 0, 1, 5, 40))
        data = data[:at] + chance.choice((*BYTES, data[at : at + 20])) + data[at + length :]
    return data


def body_for(chance: random.Random, rule: str) -> bytes:
    body = BODIES.get(rule) or chance.choice(list(BODIES.values()))
    for _ in range(chance.choice((0, 1, 1, 2))):
        body = changed(chance, body)
    data = json.dumps(body).encode()
    return garbled(chance, data) if chance.random() < 0.5 else data


def headers_for(chance: random.Random, served: Tenants, who: tuple[str, str]) -> Headers:
    headers = [
        (b"content-type", b"application/json" if chance.random() < 0.7 else chance.choice(TYPES))
    ]
    count = chance.choice((0, 0, 1, 2, 5))
    headers += [(chance.choice(NAMES), chance.choice(GARBLED)) for _ in range(count)]
    if who[0] == "none":
        stolen = served.keys[chance.choice(list(served.keys))].encode()
        cut = chance.choice(
            (b"", stolen[:-1], stolen + b"x", stolen[:12], stolen.swapcase(), b"\xff")
        )
        return [*headers, (b"authorization", chance.choice((b"Bearer ", b"Basic ", b"")) + cut)]
    key = served.keys[who].encode()
    name, value = chance.choice(((b"authorization", b"Bearer " + key), (b"x-api-key", key)))
    return [*headers, (name, value)]


def address(chance: random.Random, path: str) -> str:
    """The address of a route, its parts filled in, with a query."""
    for part in ("document_id", "collection", "name", "job_id", "page", "revision"):
        given = chance.choice(
            (*DOCUMENTS, *WHERE, "1", "%00", "..", "%2e%2e%2fboard", "a%0Ab", "%ff")
        )
        while f"{{{part}" in path:
            start = path.index(f"{{{part}")
            path = path[:start] + given + path[path.index("}", start) + 1 :]
    query = [
        f"{chance.choice(PARAMETERS)}={chance.choice(GIVEN)}"
        for _ in range(chance.choice((0, 1, 1, 2)))
    ]
    return path + ("?" + "&".join(query) if query else "")


def test_no_garbled_request_is_a_fault_or_tells_what_is_hidden(served: Tenants) -> None:
    chance = random.Random(29)  # noqa: S311
    routes = sorted(served.rules)
    routes += [route for route in routes if route[1] in BODIES] * 6
    statuses: dict[int, int] = {}
    for number in range(REQUESTS):
        (method, rule), (who, hidden) = chance.choice(routes), chance.choice(CALLERS)
        if number % 500 == 0:
            served.fill()  # what a caller may write, he may also replace or delete
        path, body = address(chance, rule), body_for(chance, rule)
        found = served.client.request(
            method, path, headers=headers_for(chance, served, who), content=body,
            follow_redirects=False,
        )  # fmt: skip
        statuses[found.status_code] = statuses.get(found.status_code, 0) + 1
        assert found.status_code < 500, (method, path, body, found.text)
        told = [word for word in hidden if word in found.text]
        assert not told, (method, path, who, body, told, found.text)
    assert {200, 401, 403, 404} <= statuses.keys(), statuses
