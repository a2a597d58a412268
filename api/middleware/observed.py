"""Metrics that count requests, their waits, stages and answers as they end."""

from litestar.types import HTTPScope
from prometheus_client import CollectorRegistry, Counter, Histogram

from citespan.api.middleware.telemetry import method_of, route_of
from citespan.qa.types import Answer

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0)
_NONE = "none"


class Observed:
    """Metrics that count. Safe for many threads.

    Args:
        registry: where Prometheus finds them.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Histogram(
            "citespan_request_duration_seconds",
            "Seconds from a request to its complete response.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._waits = Histogram(
            "citespan_queue_wait_seconds",
            "Seconds that a request waited for its turn, by line.",
            ("line",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._stages = Histogram(
            "citespan_stage_duration_seconds",
            "Seconds of a stage of answers: retrieve, evidence or generate.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._answers = Counter(
            "citespan_answers",
            "Answers, by status, mode, and why a generated one is missing or incomplete.",
            ("status", "mode", "fallback"),
            registry=registry,
        )
        self._tokens = Counter(
            "citespan_llm_tokens",
            "Tokens that the language model has read and written.",
            ("kind",),
            registry=registry,
        )
        self._audit_failures = Counter(
            "citespan_audit_failures",
            "Entries of the audit log that could not be written.",
            registry=registry,
        )

    def observe_request(self, scope: HTTPScope, status: int | None, duration_ms: float) -> None:
        """Count a request; `status` is None if no response was sent."""
        labels = (method_of(scope), route_of(scope), str(status or _NONE))
        self._requests.labels(*labels).observe(duration_ms / 1000)

    def observe_wait(self, line: str, time_s: float) -> None:
        """Count a wait for a turn."""
        self._waits.labels(line).observe(time_s)

    def observe_stage(self, stage: str, time_s: float) -> None:
        """Count a stage."""
        self._stages.labels(stage).observe(time_s)

    def observe_answer(self, answer: Answer) -> None:
        """Count an answer and its tokens."""
        labels = (str(answer.status), str(answer.mode), answer.fallback or _NONE)
        self._answers.labels(*labels).inc()
        self._tokens.labels("prompt").inc(answer.usage.prompt_tokens)
        self._tokens.labels("completion").inc(answer.usage.completion_tokens)

    def observe_audit_failure(self) -> None:
        """Count an entry of the audit log that could not be written."""
        self._audit_failures.inc()
