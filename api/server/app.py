"""The composition of the HTTP layer."""

from collections.abc import Callable, Collection
from contextlib import nullcontext
from dataclasses import replace
from functools import cache, partial
from typing import Any, cast

from litestar import Litestar, MediaType, Request, Response, get
from litestar.di import Provide
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.types import ASGIApp, Receive, Scope, Send

from citespan.api.access import OPEN, RULE, SCRAPE, Gate, rights_of, ruled
from citespan.api.addresses import Addresses
from citespan.api.errors import allowed, failure_of
from citespan.api.mcp import mcp_route
from citespan.api.middleware.admission import Admission
from citespan.api.middleware.changes import Auditor
from citespan.api.middleware.figures import ServerFigures
from citespan.api.middleware.guard import Guard
from citespan.api.middleware.lines import ASKING, USUAL, Limits, lines_of
from citespan.api.middleware.metrics import MEDIA_TYPE as METRICS_TYPE
from citespan.api.middleware.metrics import Metrics
from citespan.api.middleware.observed import Observed
from citespan.api.middleware.origins import Origins
from citespan.api.openai import CompletionRoutes, respond
from citespan.api.openapi import description
from citespan.api.routes import (
    CollectionRoutes,
    Documents,
    InCollection,
    JobRoutes,
    LabelRoutes,
    Originals,
    SourceRoutes,
    UnansweredRoutes,
    ask,
    compare_runs,
    labelled_set,
    list_runs,
    live,
    outline,
    ready,
    reindex,
    roll_back,
    search,
    show_run,
    version,
    where,
)
from citespan.api.server.opening import Opening, Source
from citespan.api.server.operation import Operation
from citespan.api.web import asset, opensearch, page
from citespan.api.web.widget import widget
from citespan.qa import Service
from citespan.qa.collections import EVERYTHING, Collections, CollectionsView, met, using
from citespan.qa.settings import DEFAULT

DEFAULT_MAX_BODY_BYTES = 20_000_000
_RELATIVE, _NO_OTHERS, _PLAIN = Addresses(), Origins(), Operation()


def create_app(
    source: Source | Callable[[], Source],
    *,
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
    limits: Limits = USUAL,
    hosts: Collection[str] = (),
    addresses: Addresses = _RELATIVE,
    origins: Origins = _NO_OTHERS,
    gate: Gate | None = None,
    operation: Operation = _PLAIN,
    on_failure: Callable[[Exception], None] | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> Guard:
    """Return the HTTP interface as an ASGI application.

    Args:
        source: open collections, or one open service; their owner closes them. If a function that
            opens either is given, the application answers at once. It is ready once they are open
            and warm, and closes them at shutdown.
        max_body_bytes: the server refuses larger request bodies.
        limits: how much clients may request at once.
        hosts: the Host names that the server accepts; empty for any. It always accepts addresses
            and the name in the public address.
        addresses: how links in responses begin.
        origins: the origins whose pages may read and ask.
        gate: knows the callers and what they may do; without one, all may do everything.
        operation: quotas, the log of changes and traces.
        on_failure: called, on another thread, if opening the service failed.
        on_ready: called, on another thread, when the service is open and warm.
    """
    opening = Opening(source, on_failure, on_ready)
    lines = lines_of(limits, max_body_bytes)
    metrics = Metrics(operation.worker)
    counters = Observed(metrics.registry)
    admission = Admission(lines, max_body_bytes, operation.quotas, counters)
    metrics.add(ServerFigures(opening.collections, admission, operation.folder))
    gate = gate or Gate()

    def seen(scope: Scope) -> Collections:
        # The one place where a request gets at documents: as its caller may see them.
        rights, whole = rights_of(scope), opening.collections()
        return whole if rights is EVERYTHING else CollectionsView(whole, rights)

    def service(scope: Scope, collection: InCollection = DEFAULT) -> Service:
        return seen(scope).service(collection)

    dependencies = {
        "collections": Provide(seen, sync_to_thread=False),
        "service": Provide(service, sync_to_thread=False),
        "measured": Provide(lambda: operation.measured, sync_to_thread=False),
    }

    @get("/metrics", opt={RULE: SCRAPE, "counted": False}, sync_to_thread=True)
    def figures() -> Response[bytes]:
        """Return the server's metrics in Prometheus's text format."""
        return Response(metrics.text(), media_type=METRICS_TYPE)

    routes = [
        ask, search, Documents, Originals, where, outline, CollectionRoutes, reindex, roll_back,
        JobRoutes, labelled_set, LabelRoutes, UnansweredRoutes, list_runs, show_run, compare_runs,
        SourceRoutes, CompletionRoutes, respond, mcp_route(seen, lines[ASKING]), live, ready,
        version, figures,
    ]  # fmt: skip

    def admitted(app: ASGIApp) -> ASGIApp:
        return cast("ASGIApp", partial(admission.admit, app))

    def gated(app: ASGIApp) -> ASGIApp:
        return cast("ASGIApp", partial(gate.admit, app))

    @cache
    def described() -> bytes:
        return description(routes, dependencies)

    @get("/schema", opt={RULE: OPEN}, media_type=MediaType.JSON, sync_to_thread=True)
    def schema() -> bytes:
        """Return this description of the HTTP interface, as OpenAPI."""
        return described()  # built at first use: building it is the slowest step here

    app = Litestar(
        route_handlers=[*routes, schema, page, asset, opensearch, widget],
        dependencies=dependencies,
        lifespan=[opening.lifespan, gate.lifespan],
        middleware=[gated, admitted],
        exception_handlers={HTTPException: _answer_error, Exception: _answer_error},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,  # the guard counts
    )

    async def within_use(scope: Scope, receive: Receive, send: Send) -> None:
        # The collections that a request looks up stay open until its response is complete.
        with using() if scope["type"] == "http" else nullcontext():
            await app(scope, receive, send)

    return Guard(
        within_use,
        max_body_bytes=max_body_bytes,
        hosts={*hosts, addresses.host} - {""} if hosts else (),
        addresses=addresses,
        origins=replace(origins, more=gate.origins),
        counters=counters,
        auditor=Auditor(operation.audit, counters),
        traces=operation.traces,
        announcer=operation.announcer,
        body_limit_s=limits.body_limit_s,
        admission=admission,
        rules=ruled(app.routes),  # raises if a route names none
    )


def _answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    asked_for = request.scope["state"].get("method")
    if asked_for == "OPTIONS" and isinstance(error, MethodNotAllowedException):
        return Response(b"", status_code=204, headers={"allow": allowed(error)})
    patience = request.scope["state"].get("patience")
    if patience is not None and patience.over.done():
        error = patience.over.result()  # the reason; the route's own error only follows from it
    error = met(error)
    request.scope["state"]["error"] = error
    failure = failure_of(error, request.scope["path"], request.scope["state"]["request_id"])
    return Response(
        failure.body,
        status_code=failure.status,
        media_type=failure.media_type,
        headers=failure.headers,
    )
