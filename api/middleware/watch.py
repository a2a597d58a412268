"""What is seen of a request while it is answered: its stages, its tokens and its caller's use."""

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from citespan.api.middleware.observed import Observed
from citespan.api.middleware.quotas import Account, QuotaUnit
from citespan.index.runtime import working_for
from citespan.qa.answer import Done, Event, Retrieved
from citespan.qa.types import Answer

RETRIEVE, EVIDENCE, GENERATE = "retrieve", "evidence", "generate"


class Trace(Protocol):
    """The trace of one request."""

    def stage(
        self, name: str, started_ns: int, ended_ns: int, facts: Mapping[str, str | int]
    ) -> None:
        """Add a stage; both times are in nanoseconds since 1970."""
        ...

    def waited(self, time_s: float) -> None:
        """Say how long the request waited for its turn."""
        ...


class Watch:
    """The observation of one request. Its methods may be called on any thread.

    Args:
        account: of the caller.
        counters: the server's metrics.
        trace: the request's trace, if requests are traced.
    """

    def __init__(self, account: Account, counters: Observed, trace: Trace | None) -> None:
        self.account = account
        self._counters = counters
        self._trace = trace

    @contextmanager
    def present(self) -> Generator[None]:
        """Make this the watch of the work inside, also on other threads."""
        token = _watch.set(self)
        try:
            with working_for(self.account.caller):
                yield
        finally:
            _watch.reset(token)

    def stage(
        self, name: str, started_ns: int, ended_ns: int, facts: Mapping[str, str | int]
    ) -> None:
        """Note a stage; both times are in nanoseconds since 1970."""
        self._counters.observe_stage(name, (ended_ns - started_ns) / 1e9)
        if self._trace is not None:
            self._trace.stage(name, started_ns, ended_ns, facts)

    def answered(self, answer: Answer) -> None:
        """Count an answer, and its tokens on the caller's account."""
        self._counters.observe_answer(answer)
        used = answer.usage.prompt_tokens + answer.usage.completion_tokens
        if used:
            self.account.spend(QuotaUnit.TOKENS, used)


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


def take(unit: QuotaUnit, amount: int = 1) -> None:
    """Use an amount of the present caller's quotas; without a caller, do nothing.

    Raises:
        QuotaExceeded: a quota has no room for it.
    """
    if watch := _watch.get():
        watch.account.take(unit, amount)


def take_question() -> None:
    """Count a question of the present caller.

    Raises:
        QuotaExceeded: no question, or no token, is left.
    """
    if watch := _watch.get():
        watch.account.check(QuotaUnit.TOKENS)
        watch.account.take(QuotaUnit.QUESTIONS)


@contextmanager
def retrieving(collection: str) -> Generator[None]:
    """Note the retrieval inside."""
    watch, started_ns = _watch.get(), time.time_ns()
    yield
    if watch:
        facts = {"gen_ai.data_source.id": collection}
        watch.stage(RETRIEVE, started_ns, time.time_ns(), facts)


def watched(events: Generator[Event], collection: str) -> Generator[Event]:
    """Return the events of an answer; note its stages and its tokens as they come."""
    watch = _watch.get()
    return events if watch is None else _watched(events, collection, watch)


def _watched(events: Generator[Event], collection: str, watch: Watch) -> Generator[Event]:
    retrieved_ns = 0
    try:
        for event in events:
            if isinstance(event, Retrieved):
                retrieved_ns = time.time_ns()
                facts = {
                    "gen_ai.data_source.id": collection,
                    "citespan.passages": len(event.passages),
                }
                took_ns = _ns(event.timings_ms, "embed") + _ns(event.timings_ms, "retrieve")
                watch.stage(RETRIEVE, retrieved_ns - took_ns, retrieved_ns, facts)
            elif isinstance(event, Done):
                _note(event.answer, retrieved_ns, watch)
            yield event
    finally:
        events.close()


def _note(answer: Answer, retrieved_ns: int, watch: Watch) -> None:
    if took_ns := _ns(answer.timings_ms, EVIDENCE):
        facts: dict[str, str | int] = {"citespan.citations": len(answer.citations)}
        watch.stage(EVIDENCE, retrieved_ns, retrieved_ns + took_ns, facts)
    if took_ns := _ns(answer.timings_ms, GENERATE):
        now_ns = time.time_ns()
        facts = {
            "gen_ai.usage.input_tokens": answer.usage.prompt_tokens,
            "gen_ai.usage.output_tokens": answer.usage.completion_tokens,
        }
        if answer.fallback:
            facts["error.type"] = answer.fallback
        watch.stage(GENERATE, now_ns - took_ns, now_ns, facts)
    watch.answered(answer)


def _ns(timings_ms: Mapping[str, float], stage: str) -> int:
    return int(timings_ms.get(stage, 0.0) * 1e6)
