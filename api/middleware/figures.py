"""Metrics of what is read when Prometheus asks: lines, quotas, jobs, and what is stored."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from citespan.api.middleware.admission import Admission
from citespan.index.errors import StoreError
from citespan.qa.collections import Collections
from citespan.qa.errors import NotReady, QAError

MOST_LABELS = 100  # collections by name; the others are counted together
_OTHERS = "(others)"
_UNENDED = ("queued", "running")  # states of jobs


class ServerFigures:
    """A collector of figures for Prometheus.

    Args:
        collections: returns the collections, or raises `NotReady`.
        admission: knows how many requests run and wait in its lines.
        folder: the data folder, if there is one.
    """

    def __init__(
        self,
        collections: Callable[[], Collections],
        admission: Admission,
        folder: Path | None,
    ) -> None:
        self._collections = collections
        self._admission = admission
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Yield all figures; while the service starts, yield none of what is stored."""
        yield from self._lines()
        yield from self._quotas()
        yield from self._disk()
        yield from self._jobs()
        yield from self._sources()
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

    def _quotas(self) -> Iterator[Metric]:
        quotas = self._admission.quotas
        refused = CounterMetricFamily(
            "citespan_quota_refusals", "Requests refused for a quota, by unit.", labels=["unit"]
        )
        for unit, times in quotas.refused.items():
            refused.add_metric([unit.value], times)
        callers = GaugeMetricFamily("citespan_callers", "Callers whose use of quotas is counted.")
        callers.add_metric([], quotas.callers)
        yield from (refused, callers)

    def _disk(self) -> Iterator[Metric]:
        free = GaugeMetricFamily(
            "citespan_disk_free_bytes", "Bytes that are free where the documents are stored."
        )
        if self._folder is not None and self._folder.exists():
            free.add_metric([], shutil.disk_usage(self._folder).free)
        yield free

    def _jobs(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("citespan_jobs", "Jobs that have not ended.", labels=["state"])
        try:
            found = Counter(str(job.state) for job in self._collections().jobs.jobs())
        except (NotReady, StoreError):
            return
        for state in _UNENDED:
            family.add_metric([state], found[state])
        yield family

    def _sources(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "citespan_source_last_success_seconds",
            "When the documents were last those of their source, in seconds since 1970.",
            labels=["source"],
        )
        try:
            states = self._collections().syncs.states()
        except (NotReady, StoreError, QAError):
            return
        for one in states[:MOST_LABELS]:
            if one.last and one.last.succeeded_at:
                time = datetime.fromisoformat(one.last.succeeded_at)
                family.add_metric([one.definition.name], time.timestamp())
        yield family

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
