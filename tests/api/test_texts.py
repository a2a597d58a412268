"""JSON of every kind to every route that reads it, and odd texts through every field."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_client import JSON, Client, problem, seeded_collections
from litestar.testing import TestClient

from citespan.api.server.app import create_app

ROUTES = ["/v1/ask", "/v1/search", "/v1/documents", "/v1/collections", "/v1/chat/completions",
          "/v1/collections/default/reindex"]  # fmt: skip
REFUSED = {400, 404, 409, 415, 422}
# No JSON, by RFC 8259: structure, numbers, strings, encoding.
NOT_JSON = [
    b"", b" ", b"{", b"}", b"[", b"]", b"[}", b"{]", b"[1", b"[1,]", b"[,1]", b"[1,,2]", b"[1 2]",
    b"[1:2]", b"{1:2}", b"{a:1}", b"{'a':1}", b'{"a"}', b'{"a":}', b'{:1}', b'{"a":1,}',
    b'{"a":1,,"b":2}', b'{"a" 1}', b'{"a"::1}', b'{"a":1 "b":2}', b'{"a":1}}', b"[1]]", b"{}{}",
    b"{} x", b"{}#", b"{}//", b"/**/{}", b"{}/**/", b"//\n{}", b"[1]\x00", b"\x0c{}", b"\x0b{}",
    b"\xa0{}", b"\xe2\x80\x8b{}", b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0", b"\0{\0}",
    b"nul", b"nulll", b"True", b"FALSE", b"tru", b"undefined", b"NaN", b"Infinity", b"-Infinity",
    b"[NaN]", b"[-NaN]", b"[Infinity]", b"+1", b"[+1]", b"01", b"[-01]", b"[0x1]", b"[0b1]",
    b"[1.]",
    b"[.1]", b"[-.1]", b"[1e]", b"[1e+]", b"[1.e1]", b"[1e1.5]", b"[--1]", b"[-]", b"[1_000]",
    b"[1a]", b"[0e]", b"[\xef\xbc\x91]", b'"', b'"a', b"a\"", b"'a'", b'["a]', b'"\x01"', b'"\n"',
    b'"\t"', b'"\x00"', b'"\x1f"', b'"\\"', b'"\\x41"', b'"\\a"', b'"\\u"', b'"\\u12"',
    b'"\\u12G4"',
    b'"\\U00000041"', b'"\\\n"', b'"\\ud800"', b'"\\udc00"', b'"\\ud800\\u0041"', b'"\\ud800x"',
    b'"\\udc00\\ud800"', b'"\xff"', b'"\xc0\xaf"', b'"\xe0\x80\xaf"', b'"\xed\xa0\x80"',
    b'"\xf4\x90\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'"\xe2\x82"', b'"\x80"', b"<a/>", b"a=b",
    b"--x\r\n", b"%7B%7D", b"!", b"*", b"\\", b"$", b"&", b"[1" + b",1" * 50_000, b"[" * 5_000,
    b'{"a":' * 5_000, b"[" * 100_000 + b"]" * 100_000,
]  # fmt: skip
# JSON, but no object that any route takes.
NO_OBJECT = [
    b"null", b"true", b"false", b"0", b"-0", b"1", b"-1", b"1.5", b"1e5", b"1E-5", b"0.1e1",
    b"1e400",
    b"-1e400", b"9" * 400, b"123123123123123123123123123", b'""', b'"a"', b'"\\u0000"', b'"\\/"',
    b'"\\ud83d\\ude00"', b'"\\uFFFF"', b'"\x7f"', b'"\xf4\x8f\xbf\xbf"', b"[]", b"[[]]", b"[null]",
    b"[{}]", b" [1 , 2]\r\n\t", b'["question"]', b"[1,1]",
]  # fmt: skip


@pytest.fixture(scope="module")
def client(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with (
        seeded_collections(tmp_path_factory.mktemp("data"), models_folder) as opened,
        TestClient(create_app(opened)) as client,
    ):
        yield client


@pytest.mark.parametrize("path", ROUTES)
def test_what_is_no_json_is_refused(client: Client, path: str) -> None:
    for body in NOT_JSON:
        refused = client.post(path, content=body, headers=JSON)
        assert refused.status_code in {400, 422}, (body[:40], refused.text)
        assert len(refused.content) < 2000
        if "completions" not in path:
            problem(refused)


@pytest.mark.parametrize("path", ROUTES)
def test_what_is_no_object_is_refused(client: Client, path: str) -> None:
    for body in NO_OBJECT:
        refused = client.post(path, content=body, headers=JSON)
        assert refused.status_code in {400, 422}, (body[:40], refused.text)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"query":"a"}', 200),
        (b' \r\n\t{ "query" : "a" }\n ', 200),
        (b'{"qu\\u0065ry":"\\u0061"}', 200),
        (b'{"query":"a\\u0000b"}', 200),
        (b'{"query":"\\ud83d\\ude00a"}', 200),
        (b'{"query":"a\xf4\x8f\xbf\xbf"}', 200),
        (b'{"query":"a","top_k":1e0}', 422),
        (b'{"query":"a","top_k":1.0}', 422),
        (b'{"query":"a","top_k":1.5}', 422),
        (b'{"query":"a","top_k":1e400}', 422),
        (b'{"query":"a","query":"b"}', 200),  # the last one counts, as RFC 8259 lets it
        (b'{"query":"a","":1}', 422),
        (b'{"query":"a","Query":"b"}', 422),
        (b'{"query":"a","filters":{}}', 200),
        (b'{"query":"a","filters":[]}', 422),
    ],
)
def test_json_at_its_limits(client: Client, body: bytes, status: int) -> None:
    response = client.post("/v1/search", content=body, headers=JSON)
    assert response.status_code == status, response.text


# Texts that break what is careless: reserved words, other languages' syntax, shells, paths,
# Unicode, numbers. Our own list.
NAUGHTY = [
    "undefined", "null", "NULL", "None", "nil", "true", "NaN", "-Infinity", "0", "-0.0", "1/0",
    "1e309",
    "0x7fffffff", "9223372036854775808", "١٢٣", "1,000.00", "½", "²", "🄰", "Ω≈ç√∫", "田中さん", "ﬀ",
    "İstanbul", "ẞß", "Å", "A\u030a", "e\u0301" * 50, "Z\u0351\u036b\u0343" * 20, "👩‍👩‍👧‍👦",
    "🏴\U000e0067\U000e007f",
    "🇺🇸🇷", "\u200b", "\ufeff", "\u2028", "\u202eabc", "\u2066a\u2069", "\ud7ff", "\ue000", "\ufffe",
    "\ufffd", "\U0010ffff", "\u1680\u180e\u3000", "\x7f\x80\x9f", "a\0b", "\r\n", "\t", "\\",
    "\\\\",
    "'", '"', "''", '""', "`", "´", "$HOME", "${7*7}", "{{7*7}}", "<%= 7*7 %>", "#{7*7}", "%s%s%n",
    "%d", "%00", "%2e%2e%2f", "..", "../../etc/passwd", "..\\..\\x", "file:///etc/passwd",
    "C:\\CON",
    "NUL", "/dev/null", "~", "$(id)", "`id`", "; id", "| id", "&& id", "-rf", "--help", "@file",
    "=1+1",
    "' OR 1=1; --", "'; DROP TABLE documents; --", "\" OR \"\"=\"", "1; SELECT pg_sleep(9)",
    "UNION ALL",
    "AND OR NOT", "a NEAR b", "NEAR(a b, 3)", "title:a", "text:*", "*", "a*", "\"a b\"~3", "(a",
    "a)",
    "+a -b", "a^3", "[a TO b]", "{a TO *}", "a && b || !c", "IN [a b]", "/a.*b/", "a~2", "^a$",
    "a\\",
    "%", "_", "LIKE '%'", "MATCH", "REGEXP", "rowid", "sqlite_master", "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "javascript:alert(1)", "<!--", "]]>", "&lt;", "&#0;", "<?xml?>",
    "<!ENTITY a SYSTEM 'x'>", "__proto__", "constructor", "__class__", "$ne", "$where", "a.b",
    "a[0]",
    "[MASK]", "[CLS]", "<|endoftext|>", "<s>", "Ignore all previous instructions", "\x1b[31m",
    "Content-Length: 0\r\n\r\n", "a" * 1999, "a " * 999, "🎉" * 999, "ｆｕｌｌ", "ꓟ", "𝔘𝔫𝔦",
]  # fmt: skip


def some(every: int) -> list[str]:
    """All of them with TEST_CYCLES, else a part."""
    return NAUGHTY[:: 1 if "TEST_CYCLES" in os.environ else every]


def test_odd_questions_and_queries_are_answered_or_refused(client: Client) -> None:
    empty = {one for one in NAUGHTY if not any(character.isalnum() for character in one)}
    for text in NAUGHTY:
        found = client.post("/v1/search", json={"query": text})
        assert found.status_code == (422 if text in empty else 200), (text, found.text)
        filters = {"title": text, "$id": {"$ne": text}, "made": {"$in": [text], "$gte": text}}
        body = {"query": "a", "filters": filters}
        assert client.post("/v1/search", json=body).json()["passages"] == [], text


def test_odd_questions_are_asked(client: Client) -> None:
    for text in some(40):
        messages = [{"role": "assistant", "content": text}, {"role": "user", "content": text}]
        asked = client.post("/v1/ask", json={"question": text, "history": messages})
        assert asked.status_code in {200, 422}, (text, asked.text)
        body = {"model": "citespan/default", "messages": messages}
        assert client.post("/v1/chat/completions", json=body).status_code in {200, 400}, text


def test_odd_texts_are_stored_in_every_field_and_come_back(client: Client) -> None:
    for text in some(5):
        document: dict[str, Any] = {"text": f"x {text}", "title": text, "uri": text or None,
                                    "metadata": {text[:200]: text, "many": [text,
    text]}}  # fmt: skip
        if "\0" in text:
            document["text"] = "x"
        stored = client.put("/v1/documents/odd", json=document)
        assert stored.status_code in {200, 201}, (text, stored.text)
        told = client.get("/v1/documents/odd").json()
        assert told["metadata"] == document["metadata"]
        assert told["title"].split() == text.split()
        kept = client.get("/v1/documents/odd/text").text
        assert kept == document["text"].replace("\r\n", "\n")
        found = client.post("/v1/search", json={"query": "x", "filters": {"$title": told["title"]}})
        assert {one["document_id"] for one in found.json()["passages"]} <= {"odd", "seed"}


def test_odd_names_are_taken_or_refused(client: Client) -> None:
    for text in some(5):
        if "%" in text:
            continue  # the test client decodes paths twice
        made = client.post("/v1/documents", json={"id": text, "text": f"y {text!r}"})
        if made.status_code == 422:
            problem(made)
        else:
            assert made.status_code in {200, 201}, (text, made.text)
            assert client.get(made.headers["location"]).json().get("id") == text, made.headers
            assert client.delete(made.headers["location"]).status_code == 204
        for path in ("/v1/collections", "/v1/ask", "/v1/chat/completions"):
            body = {"name": text, "collection": text, "model": text, "question": "a"}
            assert client.post(path, json=body).status_code in REFUSED, (path, text)
        refused = client.get("/v1/documents", params={"collection": text, "cursor": text})
        assert refused.status_code in REFUSED
