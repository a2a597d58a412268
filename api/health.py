"""Routes for those who run the service."""

import importlib.metadata

import msgspec
from litestar import get
from litestar.di import NamedDependency

from api.urls import job_url
from qa.collections import Collections
from qa.rebuilds import Rebuilding


class HealthBody(msgspec.Struct, frozen=True, kw_only=True):
    """How the process is."""

    status: str


class RebuildingBody(msgspec.Struct, frozen=True, kw_only=True):
    """A collection whose chunks are made anew; `job` is null if it goes back to those before."""

    collection: str
    what: str
    documents_done: int
    documents: int
    job: str | None


class ReadyBody(msgspec.Struct, frozen=True, kw_only=True):
    """Whether questions are answered; `damaged` are collections that cannot be used.

    `rebuilding` are collections that answer from the chunks before, while new ones are made.
    `damaged_documents` counts those of other collections that were found damaged since the start.
    """

    status: str
    collections: tuple[str, ...]
    damaged: tuple[str, ...]
    rebuilt: int
    rebuilding: tuple[RebuildingBody, ...]
    damaged_documents: int


class VersionBody(msgspec.Struct, frozen=True, kw_only=True):
    """What runs here."""

    name: str
    version: str


@get("/health/live", opt={"line": None}, sync_to_thread=False)
def live() -> HealthBody:
    """Tell that the process answers."""
    return HealthBody(status="live")


@get("/health/ready", opt={"line": None}, sync_to_thread=False)
def ready(collections: NamedDependency[Collections]) -> ReadyBody:
    """Tell whether questions are answered, what is wrong, and what is being made anew.

    `rebuilt` counts derived files that were found damaged since the start, and made again.
    """
    damaged = tuple(collections.damaged())
    usable = tuple(name for name in collections.names() if name not in damaged)
    corpora = [collections.service(name).corpus for name in usable]
    rebuilding = tuple(map(_rebuilding, collections.rebuilding()))
    return ReadyBody(
        status="ready",
        collections=usable,
        damaged=damaged,
        rebuilt=sum(len(corpus.health.repaired()) for corpus in corpora),
        damaged_documents=sum(len(corpus.health.damaged()) for corpus in corpora),
        rebuilding=rebuilding,
    )


def _rebuilding(one: Rebuilding) -> RebuildingBody:
    return RebuildingBody(
        collection=one.collection,
        what="chunks",
        documents_done=one.documents_done,
        documents=one.documents,
        job=one.job_id and job_url(one.job_id),
    )


@get("/version", opt={"line": None}, sync_to_thread=False)
def version() -> VersionBody:
    """Tell what runs here."""
    return VersionBody(name="citespan", version=importlib.metadata.version("citespan"))
