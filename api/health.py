"""Routes for those who run the service."""

import importlib.metadata

import msgspec
from litestar import get
from litestar.di import NamedDependency

from qa import Service


class HealthBody(msgspec.Struct, frozen=True, kw_only=True):
    """How the process is."""

    status: str


class VersionBody(msgspec.Struct, frozen=True, kw_only=True):
    """What runs here."""

    name: str
    version: str


@get("/health/live", sync_to_thread=False)
def live() -> HealthBody:
    """Tell that the process answers."""
    return HealthBody(status="live")


@get("/health/ready", sync_to_thread=False)
def ready(service: NamedDependency[Service]) -> HealthBody:  # noqa: ARG001  (raises unless ready)
    """Tell whether questions are answered."""
    return HealthBody(status="ready")


@get("/version", sync_to_thread=False)
def version() -> VersionBody:
    """Tell what runs here."""
    return VersionBody(name="citespan", version=importlib.metadata.version("citespan"))
