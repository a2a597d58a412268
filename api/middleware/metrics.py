"""Metrics for Prometheus, in one registry of this application."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

MEDIA_TYPE = "text/plain; version=0.0.4"  # sent with charset=utf-8


class Metrics:
    """The metrics of one application, and of its process.

    Args:
        worker: the number of the process, which then labels all metrics.
    """

    def __init__(self, worker: int | None = None) -> None:
        self.registry = CollectorRegistry()
        self._worker = worker
        ProcessCollector(registry=self.registry)

    def add(self, collector: Collector) -> None:
        """Add what collects more metrics whenever Prometheus asks."""
        self.registry.register(collector)

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics, with their labels."""
        for metric in self.registry.collect():
            if self._worker is not None:
                own = {"worker": str(self._worker)}
                metric.samples = [
                    one._replace(labels={**one.labels, **own}) for one in metric.samples
                ]
            yield metric

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self)
