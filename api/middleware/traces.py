"""Traces of requests for OpenTelemetry; only a server that sends traces imports this module.

A request has a span, and below it one for each stage: retrieval, evidence and language model. The
names are those of OpenTelemetry's conventions for HTTP and for generative AI. No span has text of
questions, documents or answers; `url.path` is the route's pattern, because a path names documents.
"""

import importlib.metadata
import os
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import requests
from litestar.types import HTTPScope
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from citespan.api.middleware.callers import key_of
from citespan.api.middleware.telemetry import method_of, route_of
from citespan.api.middleware.watch import GENERATE, RETRIEVE
from citespan.qa.llm import on_this_machine

_FLUSH_MS = 2000
_FAULT = 500
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class Traces:
    """Where the traces of requests go.

    Args:
        provider: makes the spans.
        model: the name of the language model, if there is one.
        model_url: the address of its endpoint.
    """

    def __init__(self, provider: TracerProvider, *, model: str = "", model_url: str = "") -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("citespan", importlib.metadata.version("citespan"))
        self._model = _model_facts(model, model_url)

    @classmethod
    def to_collector(cls, endpoint: str, *, model: str = "", model_url: str = "") -> "Traces":
        """Return traces that are sent in the background.

        Args:
            endpoint: the URL of the collector; if empty, the environment names it.
            model: the name of the language model, if there is one.
            model_url: the address of its endpoint.
        """
        provider = TracerProvider(resource=_resource())
        provider.add_span_processor(BatchSpanProcessor(_exporter(endpoint)))
        return cls(provider, model=model, model_url=model_url)

    def begin(self, headers: Iterable[tuple[bytes, bytes]]) -> "RequestTrace":
        """Begin the trace of a request, or continue the one that its headers name."""
        carrier = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in headers
            if name.lower() in {b"traceparent", b"tracestate"}
        }
        span = self._tracer.start_span("request", extract(carrier), SpanKind.SERVER)
        return RequestTrace(self._tracer, span, self._model)

    def close(self) -> None:
        """Send what has not been sent yet, within two seconds."""
        self._provider.force_flush(_FLUSH_MS)
        self._provider.shutdown()


class RequestTrace:
    """The trace of one request."""

    def __init__(self, tracer: Tracer, span: Span, model: Mapping[str, str | int]) -> None:
        self._tracer = tracer
        self._span = span
        self._model = model

    def stage(
        self, name: str, started_ns: int, ended_ns: int, facts: Mapping[str, str | int]
    ) -> None:
        """Add a stage; both times are in nanoseconds since 1970."""
        kind, facts = SpanKind.INTERNAL, dict(facts)
        if name == RETRIEVE:
            facts["gen_ai.operation.name"] = "retrieval"
            name = f"retrieval {facts.get('gen_ai.data_source.id', '')}".strip()
        elif name == GENERATE:
            kind, facts = SpanKind.CLIENT, {**self._model, **facts}
            name = f"chat {facts.get('gen_ai.request.model', '')}".strip()
        context = set_span_in_context(self._span)
        span = self._tracer.start_span(name, context, kind, facts, start_time=started_ns)
        if "error.type" in facts:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended_ns)

    def waited(self, time_s: float) -> None:
        """Say how long the request waited for its turn."""
        self._span.set_attribute("citespan.queue.wait_s", round(time_s, 6))

    def end(self, scope: HTTPScope, status: int | None) -> None:
        """End the trace; `status` is None if no response was sent."""
        method, route = method_of(scope), route_of(scope)
        self._span.update_name(f"{method} {route}")
        facts: dict[str, str | int] = {
            "http.request.method": method,
            "http.route": route,
            "url.path": route,
            "url.scheme": scope["scheme"],
            "network.protocol.version": scope["http_version"],
            "citespan.request.id": scope["state"]["request_id"],
        }
        if (key := key_of(scope)) is not None:
            facts["enduser.id"] = key
        if status is not None:
            facts["http.response.status_code"] = status
        if status is None or status >= _FAULT:
            error = scope["state"].get("error")
            facts["error.type"] = type(error).__name__ if error else str(status or "disconnected")
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.set_attributes(facts)
        self._span.end()


def _exporter(endpoint: str) -> OTLPSpanExporter:
    url = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None
    session = requests.Session()
    named = endpoint or next(filter(None, map(os.environ.get, _ENDPOINTS)), "")
    session.trust_env = not on_this_machine(named)  # a proxy would look on its own machine
    return OTLPSpanExporter(endpoint=url, session=session)


def _resource() -> Resource:
    facts = {"service.version": importlib.metadata.version("citespan")}
    named = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if "OTEL_SERVICE_NAME" not in os.environ and "service.name=" not in named:
        facts["service.name"] = "citespan"
    return Resource.create(facts)


def _model_facts(model: str, url: str) -> dict[str, str | int]:
    facts: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",  # the protocol; who is behind it is not known
    }
    if model:
        facts["gen_ai.request.model"] = model
    parts = urlsplit(url)
    if parts.hostname:
        default = 443 if parts.scheme == "https" else 80
        facts |= {"server.address": parts.hostname, "server.port": parts.port or default}
    return facts
