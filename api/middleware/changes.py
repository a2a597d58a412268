"""The audit of requests that change something: which they are, and what is written of each."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from urllib.parse import parse_qsl

from anyio import to_thread
from litestar.types import HTTPScope

from citespan.api.middleware.callers import caller_of
from citespan.api.middleware.observed import Observed
from citespan.api.middleware.telemetry import logger, route_of
from citespan.qa import AuditLog, audit
from citespan.qa.settings import DEFAULT


@dataclass(frozen=True, slots=True)
class Change:
    """What a route changes; if `durable`, its entry is on the disk before the response is sent."""

    action: str
    durable: bool = False


CHANGES = {
    ("POST", "/v1/documents"): Change("document.store"),
    ("PUT", "/v1/documents/{document_id}"): Change("document.store"),
    ("DELETE", "/v1/documents/{document_id}"): Change("document.delete", durable=True),
    ("DELETE", "/v1/documents/{document_id}/revisions/{revision}"): Change(
        "revision.delete", durable=True
    ),
    ("POST", "/v1/collections"): Change("collection.create", durable=True),
    ("DELETE", "/v1/collections/{name}"): Change("collection.delete", durable=True),
    ("POST", "/v1/collections/{name}/reindex"): Change("collection.reindex", durable=True),
    ("POST", "/v1/collections/{name}/rollback"): Change("collection.rollback", durable=True),
    ("POST", "/v1/jobs"): Change("job.create"),
    ("DELETE", "/v1/jobs/{job_id}"): Change("job.cancel"),
    ("POST", "/v1/labels"): Change("label.create"),
    ("PATCH", "/v1/labels/{label_id}"): Change("label.change"),
    ("DELETE", "/v1/labels/{label_id}"): Change("label.delete", durable=True),
    ("DELETE", "/v1/unanswered"): Change("unanswered.clear", durable=True),
    ("POST", "/v1/sources/{source}/runs"): Change("source.sync"),
    ("POST", "/v1/sources/{source}/hook"): Change("source.sync"),
}
_SERVERS_FAULT = 500
_REFUSED = 400


def tell(scope: HTTPScope, **facts: str) -> None:
    """Say more about the present change: `document`, `collection`, `target` or `detail`."""
    told: dict[str, str] = scope["state"].setdefault("changed", {})
    told.update(facts)


class Auditor:
    """Writes an entry for each request that changes something.

    Args:
        log: the audit log; None if it is off.
        counters: counts entries that could not be written.
    """

    def __init__(self, log: AuditLog | None, counters: Observed) -> None:
        self._log = log
        self._counters = counters

    async def record(self, scope: HTTPScope, method: str, status: int) -> None:
        """Write the entry of a request whose response is about to be sent.

        If it cannot be written, log that: the change itself has been made.
        """
        change = CHANGES.get((method, route_of(scope)))
        if self._log is None or change is None:
            return
        outcome = _outcome(status)
        facts = _facts(scope) | {"detail": str(status)} | scope["state"].get("changed", {})
        write = partial(
            audit,
            self._log,
            change.action,
            outcome,
            who=caller_of(scope),
            request_id=scope["state"]["request_id"],
            durable=change.durable and outcome == "done",
            **facts,
        )
        try:
            await to_thread.run_sync(write)
        except OSError as error:
            self._counters.observe_audit_failure()
            logger().error("audit_failed", action=change.action, error=type(error).__name__)


def _outcome(status: int) -> Literal["done", "refused", "failed"]:
    if status >= _SERVERS_FAULT:
        return "failed"
    return "refused" if status >= _REFUSED else "done"


def _facts(scope: HTTPScope) -> dict[str, str]:
    """Return what the path and the query name."""
    found: dict[str, Any] = dict(scope["path_params"])
    asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))  # the last counts, as routes
    named = (found.get(name) for name in ("job_id", "revision", "label_id", "source"))
    target = next(filter(None, named), "")
    return {
        "collection": str(found.get("name") or asked.get("collection", DEFAULT)),
        "document": str(found.get("document_id", "")),
        "target": str(target),
    }
