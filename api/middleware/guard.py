"""The outermost layer: request ids and limits; it turns every error into a problem."""

import asyncio
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, cast

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from citespan.api.addresses import Addresses, seen_at
from citespan.api.errors import is_fault
from citespan.api.middleware.admission import Admission
from citespan.api.middleware.changes import Auditor
from citespan.api.middleware.exchange import Exchange
from citespan.api.middleware.observed import Observed
from citespan.api.middleware.origins import Origins
from citespan.api.middleware.telemetry import log_request, route_of
from citespan.qa import Announcer
from citespan.qa.errors import NotReady

if TYPE_CHECKING:
    from citespan.api.middleware.traces import Traces

# The router answers HEAD as GET. It answers an unknown method with the methods of the path.
_ROUTED = {"HEAD": "GET", "OPTIONS": "(any)"}


class Guard:
    """An ASGI application that guards another one.

    Args:
        app: gets the requests that pass the checks. It finds the request id in `scope["state"]`,
            and stores the error that it answered with there.
        max_body_bytes: the guard refuses larger bodies, even if their headers say otherwise.
        hosts: the Host names that the guard accepts; empty for any. It always accepts addresses.
        addresses: how links in responses begin.
        origins: the origins whose pages may read and ask.
        counters: counts every request.
        auditor: writes down every change.
        traces: where the traces of requests go; None if nowhere.
        announcer: gets the failures.
        body_limit_s: how long a body may take.
        admission: admits requests; the guard puts its `stopping` in `scope["state"]`, too.
        rules: the rule of each method and path, for the documentation and tests.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_body_bytes: int,
        hosts: Collection[str],
        addresses: Addresses,
        origins: Origins,
        counters: Observed,
        auditor: Auditor,
        traces: "Traces | None",
        announcer: Announcer | None,
        body_limit_s: float,
        admission: Admission,
        rules: Mapping[tuple[str, str], str],
    ) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._hosts = hosts
        self._addresses = addresses
        self._origins = origins
        self._counters = counters
        self._auditor = auditor
        self._traces = traces
        self._announcer = announcer
        self._body_limit_s = body_limit_s
        self.admission = admission
        self.rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        exchange = Exchange(
            scope, receive, send, self._max_body_bytes, self._origins, self._body_limit_s
        )
        trace = self._traces.begin(scope["headers"]) if self._traces else None
        scope["state"] |= {
            "stopping": self.admission.stopping,
            "method": method,
            "trace": trace,
        }

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._auditor.record(scope, method, message["status"])
            await exchange.send(message)

        try:
            exchange.check(self._hosts, self._addresses)
            scope["method"] = cast("Any", _ROUTED.get(method, method))
            with seen_at(exchange.base):
                await self._app(scope, exchange.receive, sent)
        except Exception as error:  # noqa: BLE001  (logged below, with its traceback)
            scope["state"]["error"] = error
            if exchange.status is None:
                await exchange.send_problem(error)
        except asyncio.CancelledError:  # the server is stopping, and its grace period is over
            if exchange.status is None:
                await exchange.send_problem(NotReady("the service is stopping; ask again"))
            raise
        finally:
            scope["method"] = method
            duration_ms = exchange.duration_ms()
            log_request(scope, exchange.status, duration_ms)
            error = scope["state"].get("error")
            if error is not None and self._announcer is not None and is_fault(error):
                self._announcer.tell(route_of(scope), error, exchange.request_id)
            self._counters.observe_request(scope, exchange.status, duration_ms)
            if trace is not None:
                trace.end(scope, exchange.status)
