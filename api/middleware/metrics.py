"""Metrics for Prometheus, in one registry of this application."""

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

MEDIA_TYPE = "text/plain; version=0.0.4"  # sent with charset=utf-8


class Metrics:
    """The metrics of one application, and of its process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)

    def add(self, collector: Collector) -> None:
        """Add what collects more metrics whenever Prometheus asks."""
        self.registry.register(collector)

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self.registry)
