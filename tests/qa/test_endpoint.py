"""The endpoint against a real server on this machine that fails in every way it can."""

import gc
import logging
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from qa_endpoint import EXPECTED, HANGS, UNENDING
from scripted_content import CONTENT, seen
from scripted_endpoint import ScriptedEndpoint, scripted
from scripted_reply import SECRET
from scripted_transport import TEXT, TRANSPORT

from citespan.qa.errors import ConfigError, EndpointFailed
from citespan.qa.llm.breaker import Breaker
from citespan.qa.llm.endpoint import Endpoint
from citespan.qa.types import Message, Usage

KEY = "sk-the-key"
QUESTION = [Message(role="system", content="Be short."), Message(role="user", content="Who?")]
COUNTED = Usage(prompt_tokens=11, completion_tokens=7)

URLS = [
    "",
    "127.0.0.1:80",
    "ftp://127.0.0.1/v1",
    "http:///v1",
    "http://[::1/v1",
    "http://host:port/v1",
    "http://user:password@127.0.0.1/v1",
]
# The number of requests where it is not one.
TRIES = {name: 2 for name in EXPECTED if name.startswith("status_5") or name.endswith("_once")} | {
    "reset_at_once": 2,
    "status_429": 2,
    "status_429_wait_nonsense": 2,
    "status_504": 2,
    "particular": 3,
}


def reached(server: ScriptedEndpoint, **other: Any) -> Endpoint:
    """An endpoint that is patient, so that a slow machine is not taken for a slow server."""
    given: dict[str, Any] = {"timeout_s": 60, "limit_s": 60, "retries": 1, "api_key": KEY, **other}
    return Endpoint(base_url=server.base_url, model="tiny", **given)


def read(endpoint: Endpoint, **other: Any) -> tuple[str, EndpointFailed | None]:
    """What was written, and why no more."""
    pieces: list[str] = []
    with endpoint.write(QUESTION, max_tokens=100, **other) as writing:
        try:
            pieces.extend(writing)
        except EndpointFailed as error:
            return "".join(pieces), error
    assert all(pieces)
    return "".join(pieces), None


def sockets() -> set[str]:
    found: set[str] = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed, as the listing itself is
            found.add(str(link.readlink()))
    return {name for name in found if name.startswith("socket:")}


@pytest.fixture(autouse=True, scope="module")
def little_to_collect() -> Iterator[None]:
    """Models of other tests make each collection take a fifth of a second."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def nothing_leaks(little_to_collect: None) -> Iterator[None]:
    """Neither threads nor sockets outlive a test; ResourceWarnings are errors."""
    threads, plugs = set(threading.enumerate()), sockets()
    yield
    gc.collect()
    assert set(threading.enumerate()) <= threads
    assert sockets() <= plugs


class TestEachBehaviour:
    def test_all_are_expected(self) -> None:
        assert EXPECTED.keys() == TRANSPORT.keys()
        assert len(EXPECTED) + len(CONTENT) > 90

    @pytest.mark.parametrize("behaviour", EXPECTED)
    def test_ends_with_the_text_and_the_reason(
        self, behaviour: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        text, reason = EXPECTED[behaviour]
        patience = {"timeout_s": 0.5} if behaviour in HANGS else {}
        patience |= {"limit_s": 1} if behaviour in UNENDING else {}
        with scripted(behaviour) as server, reached(server, **patience) as endpoint:
            written, error = read(endpoint)
            assert (error.reason if error else None) == reason
            assert written[: len(text)] == text
            assert written == text or behaviour in {"slow_drip", "endless"}
            assert len(server.requests) == TRIES.get(behaviour, 1)
            shown = [repr(endpoint), repr(vars(endpoint)["_breaker"])]
        if error:
            shown += [str(error), repr(error), "".join(traceback.format_exception(error))]
            assert server.base_url not in "".join(shown)
        shown.append(caplog.text)
        assert KEY not in "".join(shown)
        assert SECRET not in "".join(shown)

    def test_what_the_model_writes_is_handed_on_as_it_is(self) -> None:
        with scripted("right") as server, reached(server) as endpoint:
            for behaviour, write in CONTENT.items():
                server.behaviour = behaviour
                prompt = [Message(role="user", content="Question: Who?")]
                with endpoint.write(prompt, max_tokens=1000) as writing:
                    assert "".join(writing) == write(seen(msgspec.to_builtins(prompt)))


class TestRequests:
    def test_holds_what_the_settings_say_and_nothing_of_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "BASE_URL"):
            monkeypatch.setenv(f"OPENAI_{name}", "http://other.example/v1")
        with scripted("fine") as server, reached(server) as endpoint:
            read(endpoint)
            (asked,) = server.requests
        assert asked.path == "/v1/chat/completions"
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert "other.example" not in str(asked.headers)
        assert asked.body == {
            "model": "tiny",
            "messages": [
                {"role": "system", "content": "Be short."},
                {"role": "user", "content": "Who?"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": 100,
            "temperature": 0,
        }

    @pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9"])
    def test_no_proxy_is_asked_for_this_machine(
        self, monkeypatch: pytest.MonkeyPatch, proxy: str
    ) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
            monkeypatch.setenv(name.lower(), proxy)
        with scripted("fine") as server, reached(server) as endpoint:
            assert read(endpoint) == (TEXT, None)

    def test_a_proxy_that_cannot_be_used_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALL_PROXY", "magic://127.0.0.1:9")
        monkeypatch.delenv("all_proxy", raising=False)
        with (
            Endpoint(base_url="http://llm.example/v1", model="tiny") as endpoint,
            pytest.raises(ConfigError, match="the proxy that the environment sets"),
        ):
            read(endpoint)

    def test_a_server_is_asked_as_it_wants_from_then_on(self) -> None:
        with scripted("particular") as server, reached(server) as endpoint:
            assert read(endpoint) == (TEXT, None)
            assert read(endpoint) == (TEXT, None)
            last = server.requests[-1].body
            assert len(server.requests) == 4  # two refused, and two answered
        assert last["max_completion_tokens"] == 100
        assert not {"max_tokens", "temperature"} & last.keys()

    def test_all_who_ask_at_once_learn_what_it_wants(self) -> None:
        with (
            scripted("particular") as server,
            reached(server, wait_s=60) as endpoint,
            ThreadPoolExecutor(8) as pool,
        ):
            assert list(pool.map(read, [endpoint] * 16)) == [(TEXT, None)] * 16

    def test_connections_are_kept(self) -> None:
        with scripted("fine") as server, reached(server) as endpoint:
            before = len(sockets())
            read(endpoint)
            one = len(sockets())
            for _ in range(5):
                read(endpoint)
            assert len(sockets()) == one > before

    @pytest.mark.parametrize("url", URLS)
    def test_an_address_that_is_none_is_refused(self, url: str) -> None:
        with pytest.raises(ConfigError, match="base_url"):
            Endpoint(base_url=url, model="tiny")

    @pytest.mark.parametrize("key", ["a key", "schlüssel", "a\nb"])
    def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(self, key: str) -> None:
        with pytest.raises(ConfigError, match="api_key") as raised:
            Endpoint(base_url="http://127.0.0.1/v1", model="tiny", api_key=key)
        assert key not in str(raised.value)


class TestWriting:
    @pytest.mark.parametrize(
        ("behaviour", "usage"),
        [("fine", COUNTED), ("usage_always", COUNTED), ("no_usage", None), ("wrong_usage", None)],
    )
    def test_counts_are_the_servers_own(self, behaviour: str, usage: Usage | None) -> None:
        with (
            scripted(behaviour) as server,
            reached(server) as endpoint,
            endpoint.write(QUESTION, max_tokens=100) as writing,
        ):
            assert "".join(writing) == TEXT
            assert writing.usage == usage
            assert not writing.truncated
            assert list(writing) == []  # an end stays one

    def test_an_answer_that_had_to_end_says_so(self) -> None:
        with (
            scripted("length") as server,
            reached(server) as endpoint,
            endpoint.write(QUESTION, max_tokens=100) as writing,
        ):
            assert "".join(writing) == TEXT[:30]
            assert writing.truncated

    def test_a_server_that_minds_no_limit_is_left(self) -> None:
        with scripted("endless") as server, reached(server) as endpoint:
            with endpoint.write(QUESTION, max_tokens=100) as writing:
                assert len("".join(writing)) < 100 * 20 + 20
                assert writing.truncated
            assert server.requests[0].disconnected.wait(2)

    @pytest.mark.parametrize(
        "behaviour", ["hang_before_headers", "hang_after_headers", "hang_mid_stream", "slow_drip"]
    )
    def test_is_cancelled_while_it_waits(self, behaviour: str) -> None:
        cancelled = threading.Event()
        with scripted(behaviour) as server, reached(server) as endpoint:
            with ThreadPoolExecutor(1) as pool:
                reading = pool.submit(read, endpoint, cancelled=cancelled)
                while not server.requests:
                    assert not reading.done()
                cancelled.set()
                _, error = reading.result(timeout=2)
            assert error is not None
            assert error.reason == "cancelled"
            assert server.requests[0].disconnected.wait(2)

    def test_is_cancelled_between_two_tries(self) -> None:
        cancelled = threading.Event()
        with (
            scripted("status_429_wait_an_hour") as server,
            reached(server, limit_s=4000) as endpoint,
            ThreadPoolExecutor(1) as pool,
        ):
            reading = pool.submit(read, endpoint, cancelled=cancelled)
            while not server.requests:
                assert not reading.done()
            cancelled.set()
            _, error = reading.result(timeout=2)
        assert error is not None
        assert error.reason == "cancelled"

    def test_closing_hangs_up(self) -> None:
        with scripted("slow_drip") as server, reached(server) as endpoint:
            with endpoint.write(QUESTION, max_tokens=100) as writing:
                assert next(writing) == "la "
            assert server.requests[0].disconnected.wait(2)
            assert list(writing) == []

    def test_one_that_nobody_reads_or_closes_ends_with_the_endpoint(self) -> None:
        with scripted("slow_drip") as server, reached(server) as endpoint:
            endpoint.write(QUESTION, max_tokens=100)
            while not server.requests:
                continue
            endpoint.close()
            assert server.requests[0].disconnected.wait(2)

    def test_its_own_limit_goes_before_the_endpoints(self) -> None:
        with scripted("slow_drip") as server, reached(server) as endpoint:
            text, error = read(endpoint, limit_s=0.5)
        assert text.startswith("la")
        assert error is not None
        assert error.reason == "timeout"


class TestClosing:
    def test_what_is_written_is_cancelled(self) -> None:
        with scripted("hang_mid_stream") as server, ThreadPoolExecutor(1) as pool:
            endpoint = reached(server)
            reading = pool.submit(read, endpoint)
            while not server.requests:
                assert not reading.done()
            endpoint.close()
            _, error = reading.result(timeout=2)
        assert error is not None
        assert error.reason == "cancelled"

    def test_what_was_read_in_part_does_not_look_whole(self) -> None:
        with scripted("hang_mid_stream") as server:
            endpoint = reached(server)
            with endpoint.write(QUESTION, max_tokens=100) as writing:
                assert next(writing)
                endpoint.close()
                with pytest.raises(EndpointFailed) as failed:
                    list(writing)
        assert failed.value.reason == "cancelled"

    def test_nothing_is_written_afterwards(self) -> None:
        with scripted("fine") as server:
            endpoint = reached(server)
            endpoint.warm()
            endpoint.close()
            endpoint.close()
            endpoint.warm()
            with pytest.raises(EndpointFailed) as raised:
                endpoint.write(QUESTION, max_tokens=100)
        assert raised.value.reason == "cancelled"


class TestRetries:
    def test_a_wait_that_the_server_asks_for_is_kept(self) -> None:
        with scripted("status_429_wait_once") as server, reached(server) as endpoint:
            assert read(endpoint) == (TEXT, None)
            first, second = server.requests
        assert second.at - first.at >= 0.4

    def test_there_are_as_many_as_were_set(self) -> None:
        with scripted("status_500") as server, reached(server, retries=0) as endpoint:
            read(endpoint)
            assert len(server.requests) == 1

    def test_nothing_listens(self) -> None:
        with scripted("fine") as server:
            pass
        with reached(server) as endpoint:
            _, error = read(endpoint)
        assert error is not None
        assert error.reason == "unreachable"


class TestConcurrency:
    def test_many_threads_get_their_own_answers(self) -> None:
        with scripted("fine") as server, reached(server, concurrency=3, wait_s=60) as endpoint:
            with ThreadPoolExecutor(16) as pool:
                results = list(pool.map(read, [endpoint] * 64))
            assert server.most_at_once <= 3
        assert results == [(TEXT, None)] * 64

    def test_who_waits_too_long_for_a_turn_is_told(self) -> None:
        with (
            scripted("slow_drip") as server,
            reached(server, concurrency=2, wait_s=0.3) as endpoint,
            endpoint.write(QUESTION, max_tokens=100) as first,
            endpoint.write(QUESTION, max_tokens=100) as second,
        ):
            assert next(first) == next(second) == "la "
            text, error = read(endpoint)
            assert len(server.requests) == 2
        assert text == ""
        assert error is not None
        assert error.reason == "busy"

    def test_a_place_is_free_again_after_each_kind_of_end(self) -> None:
        with scripted("cut") as server, reached(server, concurrency=1, failures=100) as endpoint:
            for behaviour in ("cut", "fine", "status_400", "hang_before_headers", "slow_drip"):
                server.behaviour = behaviour
                read(endpoint, limit_s=1)
            with endpoint.write(QUESTION, max_tokens=100):
                pass
            server.behaviour = "fine"
            assert read(endpoint) == (TEXT, None)


class TestBreaker:
    def test_a_server_that_keeps_failing_is_left_alone_for_a_while(self) -> None:
        with (
            scripted("status_500") as server,
            reached(server, retries=0, failures=3, pause_s=2) as endpoint,
        ):
            reasons = [error.reason for _, error in (read(endpoint) for _ in range(5)) if error]
            assert reasons == ["failing", "failing", "failing", "open", "open"]
            assert len(server.requests) == 3
            server.behaviour = "fine"
            while (found := read(endpoint))[1]:
                assert found[1].reason == "open"
            assert found == (TEXT, None)
            assert read(endpoint) == (TEXT, None)

    @pytest.mark.parametrize("behaviour", ["refusal", "status_400", "length", "null_content"])
    def test_a_server_that_answers_works(self, behaviour: str) -> None:
        with scripted(behaviour) as server, reached(server, failures=1, pause_s=60) as endpoint:
            read(endpoint)
            read(endpoint)
            assert len(server.requests) == 2

    def test_a_client_that_goes_away_says_nothing_of_the_server(self) -> None:
        with (
            scripted("slow_drip") as server,
            reached(server, failures=1, pause_s=60) as endpoint,
        ):
            for _ in range(2):
                with endpoint.write(QUESTION, max_tokens=100) as writing:
                    assert next(writing) == "la "

    def test_after_a_pause_one_call_tries(self) -> None:
        breaker = Breaker(failures=1, pause_s=0)
        breaker.enter()
        breaker.leave("failed")
        breaker.enter()
        with pytest.raises(EndpointFailed):
            breaker.enter()
        breaker.leave("neither")  # it was cancelled: another one may try
        breaker.enter()
        breaker.leave("failed")
        breaker.enter()
        breaker.leave("worked")
        breaker.enter()
        breaker.enter()

    def test_a_call_from_before_it_opened_changes_nothing(self) -> None:
        breaker = Breaker(failures=1, pause_s=60)
        breaker.enter()
        breaker.enter()
        breaker.leave("failed")
        breaker.leave("worked")
        with pytest.raises(EndpointFailed):
            breaker.enter()
