"""Traces of requests: which spans there are, what they say, and that nothing is loaded without."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple

import pytest
from api_client import KNOWN
from generating import filled, writing
from litestar.testing import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from scripted_endpoint import scripted

from citespan.api.middleware.traces import Traces
from citespan.api.server.app import create_app
from citespan.api.server.operation import Operation
from citespan.index import Corpus, OnnxEmbedder
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.types import Policy

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Traced(NamedTuple):
    """A client of a traced application, and the spans that have ended."""

    client: Any
    spans: InMemorySpanExporter

    def ended(self) -> dict[str, ReadableSpan]:
        """Return the spans by name, and forget them."""
        found = {one.name: one for one in self.spans.get_finished_spans()}
        self.spans.clear()
        return found


@pytest.fixture(scope="module")
def traced(
    tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder, reader: BundledReader
) -> Iterator[Traced]:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    traces = Traces(provider, model="tiny", model_url="http://127.0.0.1:8080/v1")
    with (
        Corpus.open(tmp_path_factory.mktemp("traced"), embedder) as corpus,
        scripted("right") as model,
        writing(filled(corpus), reader, model, policy=Policy.STRICT) as service,
        TestClient(create_app(service, operation=Operation(traces=traces))) as client,
    ):
        yield Traced(client, spans)


def facts(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_has_a_span_for_each_stage(traced: Traced, *, stream: bool) -> None:
    body = {"question": KNOWN, "mode": "generated", "stream": stream}
    answer = traced.client.post("/v1/ask", json=body, headers={"traceparent": PARENT})
    assert answer.status_code == 200
    spans = traced.ended()
    assert set(spans) == {"POST /v1/ask", "retrieval default", "evidence", "chat tiny"}
    request = spans.pop("POST /v1/ask")
    assert request.kind is SpanKind.SERVER
    assert request.parent
    assert f"{request.parent.trace_id:032x}-{request.parent.span_id:016x}" in PARENT
    said = facts(request)
    assert {
        "http.request.method": "POST",
        "http.route": "/v1/ask",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "citespan.request.id": answer.headers["x-request-id"],
    }.items() <= said.items()
    assert said["citespan.queue.wait_s"] >= 0
    for span in spans.values():
        assert span.parent
        assert request.context
        assert span.parent.span_id == request.context.span_id
        assert request.start_time
        assert request.end_time
        assert span.start_time
        assert span.end_time
        assert request.start_time <= span.start_time <= span.end_time <= request.end_time
    retrieval, model = facts(spans["retrieval default"]), facts(spans["chat tiny"])
    assert retrieval["gen_ai.operation.name"] == "retrieval"
    assert retrieval["gen_ai.data_source.id"] == "default"
    assert spans["chat tiny"].kind is SpanKind.CLIENT
    assert {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "tiny",
        "server.address": "127.0.0.1",
        "server.port": 8080,
    }.items() <= model.items()
    assert model["gen_ai.usage.input_tokens"] > 0
    assert model["gen_ai.usage.output_tokens"] > 0
    assert "CELAC" not in str([one.to_json() for one in spans.values()])


def test_a_search_has_only_its_retrieval(traced: Traced) -> None:
    assert traced.client.post("/v1/search", json={"query": "birds"}).status_code == 200
    assert set(traced.ended()) == {"POST /v1/search", "retrieval default"}


def test_paths_and_errors(traced: Traced) -> None:
    traced.client.get("/v1/documents/kestrel")
    traced.client.get("/kestrel")
    spans = traced.ended()
    assert set(spans) == {"GET /v1/documents/{document_id}", "GET (unknown)"}
    assert "kestrel" not in str([one.to_json() for one in spans.values()])
    assert {one.status.status_code for one in spans.values()} == {StatusCode.UNSET}


def test_the_server_s_own_failures_are_errors() -> None:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    app = create_app(lambda: pytest.fail("opened"), operation=Operation(traces=Traces(provider)))
    TestClient(app).get("/v1/documents")
    (span,) = spans.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert facts(span)["error.type"] == "NotReady"


def test_traces_reach_a_collector_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no proxy of the environment stands before it."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        traces = Traces.to_collector(f"http://127.0.0.1:{collector.server_port}/")
        app = create_app(lambda: pytest.fail("opened"), operation=Operation(traces=traces))
        TestClient(app).get("/version")
        traces.close()
        collector.shutdown()
    ((path, body),) = received
    assert path == "/v1/traces"
    (sent,) = ExportTraceServiceRequest.FromString(body).resource_spans
    named = {one.key: one.value.string_value for one in sent.resource.attributes}
    assert named["service.name"] == "citespan"
    assert [one.name for one in sent.scope_spans[0].spans] == ["GET /version"]


def test_without_a_collector_nothing_is_loaded() -> None:
    code = (  # the web framework loads the API, which does nothing
        "import sys; from citespan.api import create_app, run_server\n"
        "import citespan.api.server.app, citespan.api.server.process, citespan.serving\n"
        "create_app(lambda: None)\n"
        "ours = ('citespan.api.middleware.traces', 'opentelemetry.sdk', 'opentelemetry.exporter')\n"
        "assert not [name for name in sys.modules if name.startswith(ours)]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
