"""Routes for those who run the service."""

import importlib.metadata

import msgspec
from litestar import get
from litestar.di import NamedDependency

from qa.collections import Collections


class HealthBody(msgspec.Struct, frozen=True, kw_only=True):
    """How the process is."""

    status: str


class ReadyBody(msgspec.Struct, frozen=True, kw_only=True):
    """Whether questions are answered; `damaged` are collections that cannot be used."""

    status: str
    collections: tuple[str, ...]
    damaged: tuple[str, ...]
    rebuilt: int


class VersionBody(msgspec.Struct, frozen=True, kw_only=True):
    """What runs here."""

    name: str
    version: str


@get("/health/live", sync_to_thread=False)
def live() -> HealthBody:
    """Tell that the process answers."""
    return HealthBody(status="live")


@get("/health/ready", sync_to_thread=False)
def ready(collections: NamedDependency[Collections]) -> ReadyBody:
    """Tell whether questions are answered, and what is wrong.

    `rebuilt` counts derived files that were found damaged since the start, and made again.
    """
    damaged = tuple(collections.damaged())
    usable = tuple(name for name in collections.names() if name not in damaged)
    rebuilt = sum(len(collections.service(name).corpus.repaired()) for name in usable)
    return ReadyBody(status="ready", collections=usable, damaged=damaged, rebuilt=rebuilt)


@get("/version", sync_to_thread=False)
def version() -> VersionBody:
    """Tell what runs here."""
    return VersionBody(name="citespan", version=importlib.metadata.version("citespan"))
