"""Metrics for Prometheus: requests, lines and stored documents."""

from collections.abc import Callable, Iterator

from litestar.types import HTTPScope
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from citespan.api.middleware.admission import Admission
from citespan.api.middleware.telemetry import method_of, route_of
from citespan.qa.collections import Collections
from citespan.qa.errors import NotReady

MEDIA_TYPE = "text/plain; version=0.0.4"  # sent with charset=utf-8
MOST_LABELS = 100  # collections by name; the others are counted together
_OTHERS = "(others)"
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0)


class Metrics:
    """Metrics that count requests as they end, and read all else when Prometheus asks.

    Args:
        collections: returns the collections, or raises `NotReady`.
        admission: knows how many requests run and wait in its lines.
    """

    def __init__(self, collections: Callable[[], Collections], admission: Admission) -> None:
        self._collections = collections
        self._admission = admission
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "citespan_request_duration_seconds",
            "Seconds from a request to its complete response.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(self)

    def observe(self, scope: HTTPScope, status: int | None, duration_ms: float) -> None:
        """Count a request; `status` is None if no response was sent."""
        labels = (method_of(scope), route_of(scope), str(status or "none"))
        self._requests.labels(*labels).observe(duration_ms / 1000)

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the lines and of the stored documents."""
        yield from self._lines()
        yield from self._stored()

    def _lines(self) -> Iterator[Metric]:
        running = GaugeMetricFamily(
            "citespan_requests_running", "Requests that run now, by line.", labels=["line"]
        )
        waiting = GaugeMetricFamily(
            "citespan_requests_waiting", "Requests that wait now, by line.", labels=["line"]
        )
        refused = CounterMetricFamily(
            "citespan_requests_refused",
            "Requests that found their line full, by line.",
            labels=["line"],
        )
        for line in self._admission.lines.values():
            running.add_metric([line.name], line.running)
            waiting.add_metric([line.name], line.waiting)
            refused.add_metric([line.name], line.refused)
        size = GaugeMetricFamily(
            "citespan_request_body_bytes", "Bytes of the bodies of requests that have not ended."
        )
        size.add_metric([], self._admission.body_bytes)
        yield from (running, waiting, refused, size)

    def _stored(self) -> Iterator[Metric]:
        """Yield the metrics of what is stored; while the service starts, yield none."""
        documents = GaugeMetricFamily(
            "citespan_documents", "Stored documents.", labels=["collection"]
        )
        chunks = GaugeMetricFamily(
            "citespan_chunks", "Chunks that are searched.", labels=["collection"]
        )
        rebuilt = GaugeMetricFamily(
            "citespan_rebuilt_files",
            "Derived files found damaged and rebuilt since the start.",
            labels=["collection"],
        )
        recall = GaugeMetricFamily(
            "citespan_vector_recall",
            "Share of the 10 nearest vectors that the search found at the last measurement.",
            labels=["collection", "method"],
        )
        memory = GaugeMetricFamily(
            "citespan_vector_bytes_per_million",
            "Bytes that a million vectors like those searched take.",
            labels=["collection", "method"],
        )
        damaged = GaugeMetricFamily(
            "citespan_damaged_collections", "Collections that cannot be used."
        )
        unreadable = GaugeMetricFamily(
            "citespan_damaged_documents",
            "Documents found damaged since the start.",
            labels=["collection"],
        )
        try:
            collections = self._collections()
        except NotReady:
            return
        found = collections.figures()
        for one in found[:MOST_LABELS]:
            name, vectors = one.name, one.vectors
            documents.add_metric([name], one.collection.documents)
            chunks.add_metric([name], one.collection.chunks)
            rebuilt.add_metric([name], one.rebuilt)
            recall.add_metric([name, vectors.kind], vectors.recall)
            memory.add_metric([name, vectors.kind], vectors.bytes_per_million)
            unreadable.add_metric([name], one.damaged)
        if others := found[MOST_LABELS:]:
            documents.add_metric([_OTHERS], sum(one.collection.documents for one in others))
            chunks.add_metric([_OTHERS], sum(one.collection.chunks for one in others))
            rebuilt.add_metric([_OTHERS], sum(one.rebuilt for one in others))
            unreadable.add_metric([_OTHERS], sum(one.damaged for one in others))
        damaged.add_metric([], len(collections.damaged()))
        yield from (documents, chunks, rebuilt, recall, memory, damaged, unreadable)
