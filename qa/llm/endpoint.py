"""A language model behind an OpenAI-compatible server: pieces of text, or a failure's reason."""

import logging
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit
from weakref import WeakSet

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from citespan.qa.errors import ConfigError, EndpointFailed, EndpointReason
from citespan.qa.llm.breaker import Breaker, Outcome
from citespan.qa.llm.stream import Writing
from citespan.qa.types import Ending, Message

if TYPE_CHECKING:
    from citespan.qa.llm.client import Completions

_log = logging.getLogger("citespan.endpoint")
_WORKED = frozenset({"refused", "rejected"})  # answers, too, from a server that works


class Endpoint:
    """One model of one server. Safe for many threads; a thread of its own receives.

    Args:
        base_url: up to and without `/chat/completions`, as in `http://127.0.0.1:8080/v1`.
        model: the model's name on that server.
        api_key: empty for a server without keys.
        timeout_s: the seconds for the connection, for the first byte, and between bytes.
        limit_s: the seconds for a whole answer, with all its waits.
        retries: new tries of a request that failed before its first byte.
        concurrency: the most answers that are written concurrently.
        wait_s: the seconds that another answer waits for its turn before it fails as `busy`.
        failures: after so many in a row, the endpoint is not called for `pause_s` seconds.

    Raises:
        ConfigError: the address is not an HTTP address, or the key cannot be sent.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str = "",
        timeout_s: float = 20,
        limit_s: float = 60,
        retries: int = 2,
        concurrency: int = 4,
        wait_s: float = 5,
        failures: int = 5,
        pause_s: float = 30,
    ) -> None:
        _check(base_url, api_key)
        self._connect = partial(
            _connect,
            base_url=base_url,
            model=model,
            api_key=api_key,
            timeout_s=timeout_s,
            retries=retries,
        )
        self._limit_s = limit_s
        self._wait_s = wait_s
        self._places = anyio.Semaphore(concurrency)
        self._breaker = Breaker(failures=failures, pause_s=pause_s)
        self._lock = threading.Lock()
        self._running = ExitStack()
        self._loop: tuple[BlockingPortal, Completions] | None = None
        self._writings: WeakSet[Writing] = WeakSet()
        self._closed = False

    def write(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        cancelled: threading.Event | None = None,
        limit_s: float | None = None,
    ) -> Writing:
        """Begin an answer to a conversation; the caller closes the returned `Writing`.

        Args:
            messages: at least one.
            max_tokens: the most tokens that the answer may have.
            cancelled: set when the caller no longer waits for the answer.
            limit_s: the seconds for this answer, instead of the endpoint's own limit.

        Raises:
            EndpointFailed: the endpoint was closed; the `Writing` raises all other failures.
        """
        with self._lock:
            if self._closed:
                raise EndpointFailed("cancelled")
            portal, completions = self._started()
            answer = partial(self._answer, completions, messages, max_tokens, limit_s)
            writing = Writing(portal, answer, cancelled)
            self._writings.add(writing)
        return writing

    def warm(self) -> None:
        """Load the client, without connecting, so that the first answer is not delayed."""
        with self._lock:
            if not self._closed:
                self._started()

    def close(self) -> None:
        """Cancel all answers, close all connections and end the thread."""
        with self._lock:
            self._closed = True
            for writing in list(self._writings):
                writing.cancel()
            self._running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _started(self) -> tuple[BlockingPortal, "Completions"]:
        if self._loop is None:
            portal = self._running.enter_context(start_blocking_portal(name="citespan-endpoint"))
            completions = portal.call(self._connect)
            self._running.callback(portal.call, completions.close)
            self._loop = portal, completions
        return self._loop

    async def _answer(
        self,
        completions: "Completions",
        messages: Sequence[Message],
        max_tokens: int,
        limit_s: float | None,
        put: Callable[[str], None],
    ) -> Ending:
        deadline = anyio.current_time() + (self._limit_s if limit_s is None else limit_s)
        async with self._place(deadline):
            self._breaker.enter()
            outcome: Outcome = "neither"
            try:
                with _failing_at(deadline, "timeout"):
                    ending = await completions.write(messages, max_tokens, put)
                outcome = "worked"
            except EndpointFailed as failure:
                outcome = "worked" if failure.reason in _WORKED else "failed"
                _log.warning(
                    "the language model gave no answer: %s (status %s)",
                    failure.reason,
                    failure.status,
                )
                raise
            finally:
                self._breaker.leave(outcome)
        return ending

    @asynccontextmanager
    async def _place(self, deadline: float) -> AsyncGenerator[None]:
        """Wait for one of the places for concurrent answers, and hold it."""
        with _failing_at(min(deadline, anyio.current_time() + self._wait_s), "busy"):
            await self._places.acquire()
        try:
            yield
        finally:
            self._places.release()


@contextmanager
def _failing_at(deadline: float, reason: EndpointReason) -> Generator[None]:
    """Fail with `reason` at a time of the event loop's clock."""
    try:
        with anyio.fail_after(max(0.0, deadline - anyio.current_time())):
            yield
    except TimeoutError:
        raise EndpointFailed(reason) from None


def _connect(
    *, base_url: str, model: str, api_key: str, timeout_s: float, retries: int
) -> "Completions":
    from citespan.qa.llm.client import Completions

    try:
        return Completions(
            base_url=base_url, model=model, api_key=api_key, timeout_s=timeout_s, retries=retries
        )
    except (ImportError, ValueError) as error:  # a SOCKS proxy needs a package, others a scheme
        raise ConfigError(f"the proxy that the environment sets cannot be used: {error}") from error


def _check(base_url: str, api_key: str) -> None:
    try:
        address = urlsplit(base_url)
        usable = address.scheme in {"http", "https"} and address.hostname and address.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in base_url:  # a password would be in the log
        raise ConfigError(
            "the language model's base_url must be an HTTP address without a password,"
            " like http://host:8080/v1"
        )
    if not all("!" <= character <= "~" for character in api_key):
        raise ConfigError(
            "the language model's api_key has characters that cannot be sent;"
            " use only visible ASCII characters"
        )
