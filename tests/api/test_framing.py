"""Raw bytes to a server process: what is no request, or might be two, as RFC 9112 has it."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from serving import serving

LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
QUERY = b'{"query": "CELAC", "top_k": 1}'
CHUNKED = b"Transfer-Encoding: chunked\r\n"
NEXT = LIVE + b"Connection: close\r\n\r\n"


@pytest.fixture(scope="module")
def place(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("framing") / "data", models_folder) as url:
        yield url


def exchanged(url: str, sent: bytes, *, half_closed: bool = False) -> bytes:
    """All that the server says until it closes; it must close within 20 s."""
    at = urlsplit(url)
    with socket.create_connection((at.hostname or "", at.port or 0), timeout=20) as connection:
        connection.sendall(sent)
        if half_closed:
            connection.shutdown(socket.SHUT_WR)
        parts: list[bytes] = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def statuses(said: bytes) -> list[int]:
    return [int(one) for one in re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]


def closing(head: bytes) -> bytes:
    return head + b"Connection: close\r\n\r\n"


REFUSED = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n",
    "no version": b"GET /health/live\r\n\r\n",
    "another protocol": b"GET /health/live SIP/2.0\r\nHost: localhost\r\n\r\n",
    "a space in the target": b"GET /health /live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a control in the target": b"GET /health\x01live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "bytes in the target": b"GET /h\xffealth HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no host": b"GET /health/live HTTP/1.1\r\n\r\n",
    "two hosts": LIVE + b"Host: localhost\r\n\r\n",
    "a space before the colon": LIVE + b"X-A : b\r\n\r\n",
    "a header of no name": LIVE + b": b\r\n\r\n",
    "a header of no colon": LIVE + b"X-A\r\n\r\n",
    "a NUL in a header": LIVE + b"X-A: a\0b\r\n\r\n",
    "a CR in a header": LIVE + b"X-A: a\rb\r\n\r\n",
    "a folded first header": b"GET /health/live HTTP/1.1\r\n X: y\r\nHost: localhost\r\n\r\n",
    "a head without an end": LIVE + b"X-A: " + b"a" * 80_000,
    "two lengths": POST + b"Content-Length: 30\r\nContent-Length: 31\r\n\r\n" + QUERY,
    "a length with a sign": POST + b"Content-Length: +30\r\n\r\n" + QUERY,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + QUERY,
    "a length in hex": POST + b"Content-Length: 0x1e\r\n\r\n" + QUERY,
    "an unknown coding": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
    "a chunk that is no number": POST + CHUNKED + b"\r\nx\r\n" + QUERY,
    "a chunk of 2^64 bytes": POST + CHUNKED + b"\r\n10000000000000000\r\n" + QUERY,
    "a chunk of 2^60 bytes": POST + CHUNKED + b"\r\n1000000000000000\r\n" + QUERY,
    "a chunk of 2^80 bytes": POST + CHUNKED + b"\r\n100000000000000000000\r\n" + QUERY,
    "a chunk below zero": POST + CHUNKED + b"\r\n-1\r\n" + QUERY,
    "a chunk that goes on": POST + CHUNKED + b"\r\n1\r\nab\r\n0\r\n\r\n",
    "both framings": POST + CHUNKED + b"Content-Length: 30\r\n\r\n0\r\n\r\n" + NEXT,
    "both, the other way": POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + NEXT,
    "chunks in HTTP/1.0": POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n" + NEXT,
    "an asterisk": closing(LIVE.replace(b"/health/live", b"*")),
    "an authority": closing(b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n"),
    "another scheme": closing(LIVE.replace(b"/health/live", b"ftp://localhost/health/live")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_request_is_refused_at_once(place: str, name: str) -> None:
    said = exchanged(place, REFUSED[name])
    head, _, body = said.partition(b"\r\n\r\n")
    assert statuses(said) == [400], said
    assert b"content-type: application/problem+json\r\n" in head.lower() + b"\r\n"
    assert b"\r\nx-content-type-options: nosniff" in head.lower()
    assert b"\r\nconnection: close" in head.lower()
    problem = json.loads(body)
    assert problem["type"] == "urn:citespan:problem:malformed-request"
    assert problem["instance"].rpartition(":")[2].encode() in head


ANSWERED = {
    "HTTP/1.0 without a host": b"GET /health/live HTTP/1.0\r\n\r\n",
    "HTTP/1.0 with a host": closing(LIVE.replace(b"1.1", b"1.0")),
    "a whole address": closing(LIVE.replace(b"/health", b"http://localhost/health")),
    "whose host counts": closing(
        b"GET HTTP://LOCALHOST:8000/health/live?x=1 HTTP/1.1\r\nHost: evil.example\r\n"
    ),
    "a folded header": closing(LIVE + b"X-A: a\r\n b\r\n"),
    "bytes in a header": closing(LIVE + b"X-A: \xff\xfe\r\n"),
    "a web socket": LIVE
    + b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "another upgrade": closing(LIVE + b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
    "chunks": closing(POST + CHUNKED) + b"1e;x=y\r\n" + QUERY + b"\r\n0\r\nA: b\r\n\r\n",
    "one length twice": POST
    + b"Content-Length: 30\r\nContent-Length: 30\r\nConnection: close\r\n\r\n" + QUERY,
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERED)
def test_what_is_a_request_is_answered(place: str, name: str) -> None:
    assert statuses(exchanged(place, ANSWERED[name])) == [200]


def test_a_whole_address_of_another_host_is_not_for_us(place: str) -> None:
    sent = closing(LIVE.replace(b"/health", b"http://evil.example/health"))
    assert statuses(exchanged(place, sent)) == [421]
    sent = closing(LIVE.replace(b"localhost", b"evil.example"))
    assert statuses(exchanged(place, sent)) == [421]


def test_requests_that_wait_in_line_are_answered_in_turn(place: str) -> None:
    asked = POST + b"Content-Length: 30\r\n\r\n" + QUERY
    said = exchanged(
        place, LIVE + b"\r\n" + asked + b"GET /nope HTTP/1.1\r\nHost: [::1]\r\n\r\n" + NEXT
    )
    assert statuses(said) == [200, 200, 404, 200]


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_who_sends_no_more_gets_the_answer(place: str, version: bytes) -> None:
    said = exchanged(place, LIVE.replace(b"1.1", version) + b"\r\n", half_closed=True)
    assert statuses(said) == [200]
    assert said.endswith(b'{"status":"live"}')


def test_who_sends_no_more_gets_a_slow_answer(place: str) -> None:
    body = json.dumps({"question": "What does CELAC stand for?"}).encode()
    head = POST.replace(b"search", b"ask") + b"Content-Length: %d\r\n\r\n" % len(body)
    said = exchanged(place, head + body, half_closed=True)
    assert [one for one in statuses(said) if one != 100] == [200]
    assert b"Community of Latin American" in said


def test_who_leaves_in_a_body_is_not_answered(place: str) -> None:
    assert exchanged(place, POST + b"Content-Length: 30\r\n\r\n{", half_closed=True) == b""


def test_head_has_the_headers_of_get_and_no_body(place: str) -> None:
    found = [
        exchanged(place, closing(method + b" /version HTTP/1.1\r\nHost: localhost\r\n"))
        for method in (b"HEAD", b"GET")
    ]
    heads = [said.partition(b"\r\n\r\n")[0].splitlines() for said in found]
    kept = [
        [one for one in head if not one.startswith((b"date", b"x-request-id"))] for head in heads
    ]
    assert kept[0] == kept[1]
    assert found[0].endswith(b"\r\n\r\n")
    assert found[1].endswith(b"}")
