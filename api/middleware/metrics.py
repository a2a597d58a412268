"""Figures for Prometheus: requests, and what is stored."""

from collections.abc import Callable, Iterator

from litestar.types import HTTPScope
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from citespan.api.middleware.admission import Admission
from citespan.api.middleware.telemetry import method_of, route_of
from citespan.qa.collections import Collections
from citespan.qa.errors import NotReady

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_LABELS = 100  # collections, by name; the rest are counted together
_OTHERS = "(others)"
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0)


class Metrics:
    """Counts requests, and reads the rest when it is asked.

    Args:
        collections: gives them, or raises `NotReady`.
        admission: knows how long its lines are.
    """

    def __init__(self, collections: Callable[[], Collections], admission: Admission) -> None:
        self._collections = collections
        self._admission = admission
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "citespan_request_duration_seconds",
            "From a request to its complete response.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(self)

    def observe(self, scope: HTTPScope, status: int | None, duration_ms: float) -> None:
        """Count a request; `status` is None if nothing was sent."""
        labels = (method_of(scope), route_of(scope), str(status or "none"))
        self._requests.labels(*labels).observe(duration_ms / 1000)

    def text(self) -> bytes:
        """All figures, in Prometheus's text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """What is in line, and what is stored."""
        yield from self._lines()
        yield from self._stored()

    def _lines(self) -> Iterator[Metric]:
        running = GaugeMetricFamily("citespan_requests_running", "By line.", labels=["line"])
        waiting = GaugeMetricFamily("citespan_requests_waiting", "By line.", labels=["line"])
        refused = CounterMetricFamily(
            "citespan_requests_refused", "Found the line full.", labels=["line"]
        )
        for line in self._admission.lines.values():
            running.add_metric([line.name], line.running)
            waiting.add_metric([line.name], line.waiting)
            refused.add_metric([line.name], line.refused)
        size = GaugeMetricFamily("citespan_request_body_bytes", "Of requests that have not ended.")
        size.add_metric([], self._admission.body_bytes)
        yield from (running, waiting, refused, size)

    def _stored(self) -> Iterator[Metric]:
        """What is stored now, for the registry; nothing while the service is starting."""
        documents = GaugeMetricFamily("citespan_documents", "Stored.", labels=["collection"])
        chunks = GaugeMetricFamily("citespan_chunks", "Searched.", labels=["collection"])
        rebuilt = GaugeMetricFamily(
            "citespan_rebuilt_files", "Found damaged since the start.", labels=["collection"]
        )
        recall = GaugeMetricFamily(
            "citespan_vector_recall",
            "The share of the 10 nearest vectors that is found, when that was last measured.",
            labels=["collection", "method"],
        )
        memory = GaugeMetricFamily(
            "citespan_vector_bytes_per_million",
            "Of a million vectors such as those that are searched.",
            labels=["collection", "method"],
        )
        damaged = GaugeMetricFamily("citespan_damaged_collections", "Cannot be used.")
        unreadable = GaugeMetricFamily(
            "citespan_damaged_documents", "Found damaged since the start.", labels=["collection"]
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
