"""Routes of sources: their state, and syncs begun by a caller or by a signed web hook."""

from typing import Annotated

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, QueryParameter, RawBody

from citespan.api.access import ADMIN, OPEN, RULE
from citespan.api.middleware.changes import tell
from citespan.api.middleware.lines import ASKING, STORING
from citespan.api.routes.jobs import JobBody, job_body
from citespan.api.wire.bodies import AnyRequest
from citespan.api.wire.urls import job_url, source_url
from citespan.qa.collections import Collections
from citespan.qa.sources import SourceState

_Force = Annotated[
    bool, QueryParameter(description="Delete documents even if much is gone at the source.")
]
_Signature = Annotated[
    str,
    HeaderParameter(
        name="X-Hub-Signature-256",
        max_length=200,
        description="`sha256=` and the HMAC-SHA256 of the body with `sources.hook_secret`.",
    ),
]


class LastRunBody(msgspec.Struct, frozen=True, kw_only=True):
    """How the last sync of a source ended.

    `succeeded_at` is when the documents were last those of the source. `outcomes` counts the
    entries by outcome. `problem` says why the documents are not those of the source.
    """

    ended_at: str
    succeeded_at: str | None
    outcomes: dict[str, int]
    problem: str | None


class SourceBody(msgspec.Struct, frozen=True, kw_only=True):
    """A source; `last` is null before its first sync, and `next_at` if it has no schedule."""

    name: str
    kind: str
    address: str
    collection: str
    every_s: int | None
    watch: bool
    on_delete: str
    readers: tuple[str, ...]
    last: LastRunBody | None
    next_at: str | None
    url: str


class SourceListBody(msgspec.Struct, frozen=True, kw_only=True):
    """All sources, by name."""

    sources: tuple[SourceBody, ...]


class SourceRoutes(Controller):
    """The routes of `/v1/sources`: where documents are kept in step with."""

    path = "/v1/sources"

    @get(opt={RULE: ADMIN}, sync_to_thread=True)
    def page(self, collections: NamedDependency[Collections]) -> SourceListBody:
        """List the sources: how their last sync ended, and when the next is due."""
        return SourceListBody(sources=tuple(map(_body, collections.syncs.states())))

    @get("/{source:str}", opt={RULE: ADMIN}, sync_to_thread=True)
    def info(self, collections: NamedDependency[Collections], source: FromPath[str]) -> SourceBody:
        """Return a source: how its last sync ended, and when the next is due."""
        return _body(collections.syncs.state(source))

    @post("/{source:str}/runs", opt={"line": STORING, RULE: ADMIN}, sync_to_thread=True)
    def run(
        self,
        collections: NamedDependency[Collections],
        request: AnyRequest,
        source: FromPath[str],
        force: _Force = False,  # noqa: FBT002  (a parameter of the query)
    ) -> Response[JobBody]:
        """Sync a source in the background; if a sync of it waits to be run, return that one."""
        job = collections.syncs.begin(source, force=force)
        tell(request.scope, collection=job.collection, target=source, detail=job.id)
        return Response(job_body(job), status_code=202, headers={"location": job_url(job.id)})

    @post("/{source:str}/hook", opt={"line": ASKING, RULE: OPEN}, sync_to_thread=True)
    def hook(
        self,
        collections: NamedDependency[Collections],
        request: AnyRequest,
        body: RawBody,
        source: FromPath[str],
        signature: _Signature = "",
    ) -> Response[bytes]:
        """Sync a source because of a web hook; what it sends only has to be signed."""
        job = collections.syncs.hooked(source, body, signature)
        tell(request.scope, collection=job.collection, target=source, detail=job.id)
        return Response(b"", status_code=202)


def _body(state: SourceState) -> SourceBody:
    definition, last = state.definition, state.last
    return SourceBody(
        name=definition.name,
        kind=definition.kind,
        address=definition.address,
        collection=definition.collection,
        every_s=definition.interval_s,
        watch=definition.watch,
        on_delete=definition.on_delete,
        readers=definition.readers,
        last=last
        and LastRunBody(
            ended_at=last.ended_at,
            succeeded_at=last.succeeded_at,
            outcomes=last.outcomes,
            problem=last.problem,
        ),
        next_at=state.next_at and state.next_at.isoformat(timespec="seconds"),
        url=source_url(definition.name),
    )
