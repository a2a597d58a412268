"""Routes for the operator of the service."""

import importlib.metadata
from typing import Literal

import msgspec
from litestar import get
from litestar.di import NamedDependency

from citespan.api.access import OPEN, RULE
from citespan.api.wire.urls import job_url
from citespan.index.errors import StoreUnavailable
from citespan.qa.collections import Collections, Rebuilding


class HealthBody(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the process."""

    status: str


class RebuildingBody(msgspec.Struct, frozen=True, kw_only=True):
    """A collection whose chunks are being rebuilt; `job` is null for a rollback."""

    collection: str
    what: str
    documents_done: int
    documents: int
    job: str | None


class ReadyBody(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the service; `damaged` are collections that cannot be used.

    `rebuilding` are collections that answer from their previous chunks while new ones are built.
    `damaged_documents` counts documents of other collections found damaged since the start.
    `jobs` is ready, damaged or unavailable; everything else works without jobs.
    """

    status: str
    collections: tuple[str, ...]
    damaged: tuple[str, ...]
    rebuilt: int
    rebuilding: tuple[RebuildingBody, ...]
    damaged_documents: int
    jobs: Literal["ready", "damaged", "unavailable"]


class VersionBody(msgspec.Struct, frozen=True, kw_only=True):
    """The name and the version of the server."""

    name: str
    version: str


@get("/health/live", opt={"line": None, RULE: OPEN}, sync_to_thread=False)
def live() -> HealthBody:
    """Return a fixed answer, which shows that the process responds."""
    return HealthBody(status="live")


@get("/health/ready", opt={"line": None, RULE: OPEN}, sync_to_thread=False)
def ready(collections: NamedDependency[Collections]) -> ReadyBody:
    """Return whether the service answers questions, what is damaged, and what is being rebuilt.

    `rebuilt` counts derived files that were found damaged since the start, and rebuilt.
    """
    damaged = tuple(collections.damaged())
    usable = tuple(name for name in collections.names() if name not in damaged)
    rebuilt, damaged_documents, fault = collections.condition()
    if fault is not None:
        raise StoreUnavailable(fault)
    rebuilding = tuple(map(_rebuilding, collections.rebuilding()))
    return ReadyBody(
        status="ready",
        collections=usable,
        damaged=damaged,
        rebuilt=rebuilt,
        damaged_documents=damaged_documents,
        jobs=_jobs_state(collections),
        rebuilding=rebuilding,
    )


def _jobs_state(collections: Collections) -> Literal["ready", "damaged", "unavailable"]:
    error = collections.jobs_error
    if error is None:
        return "ready"
    return "unavailable" if isinstance(error, StoreUnavailable) else "damaged"


def _rebuilding(one: Rebuilding) -> RebuildingBody:
    return RebuildingBody(
        collection=one.collection,
        what="chunks",
        documents_done=one.documents_done,
        documents=one.documents,
        job=one.job_id and job_url(one.job_id),
    )


@get("/version", opt={"line": None, RULE: OPEN}, sync_to_thread=False)
def version() -> VersionBody:
    """Return the name and the version of the server."""
    return VersionBody(name="citespan", version=importlib.metadata.version("citespan"))
