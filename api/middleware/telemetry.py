"""Logs as JSON lines: one for each request, without questions, documents or answers."""

import logging
import sys
from typing import Any, TextIO

import structlog
from litestar.types import HTTPScope

from citespan.api.errors import is_fault
from citespan.api.middleware.callers import key_of

_UNKNOWN_ROUTE = "(unknown)"
_METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
_PROBES = "/health/"  # probes come every few seconds; they are logged only at debug level


def configure_logging(*, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send the logs of this process and its libraries to a stream as JSON lines.

    Args:
        level: the lowest level that is logged.
        stream: where the lines go; standard error by default.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # never with local variables: they hold documents
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # at INFO it logs every URL
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("mcp").setLevel(logging.WARNING)  # at INFO it logs 3 lines for each request


def logger() -> Any:
    """Return the logger of the HTTP layer."""
    return structlog.get_logger("citespan.api")


def route_of(scope: HTTPScope) -> str:
    """Return the pattern of the requested path; the path itself names documents."""
    return ("path_template" in scope and scope["path_template"]) or _UNKNOWN_ROUTE


def method_of(scope: HTTPScope) -> str:
    """Return the method of a request, or `other` for one that the client made up."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def log_request(scope: HTTPScope, status: int | None, duration_ms: float) -> None:
    """Log one line for a request; for a fault of the server, add the traceback.

    Args:
        scope: the request's scope; `state` holds the request id, and the error if there was one.
        status: the status that was sent; None if no response was.
        duration_ms: the time until the response was complete.
    """
    error = scope["state"].get("error")
    route = route_of(scope)
    entry: dict[str, Any] = {
        "request_id": scope["state"]["request_id"],
        "method": method_of(scope),
        "route": route,
        "status": status,
        "duration_ms": round(duration_ms, 2),
    }
    if (key := key_of(scope)) is not None:
        entry["caller"] = key
    if error is not None:
        entry["error"] = type(error).__name__
    if error is not None and is_fault(error):
        logger().error("request", **entry, exc_info=error)
    elif route.startswith(_PROBES):
        logger().debug("request", **entry)
    else:
        logger().info("request", **entry)


def log_failed_stream(error: Exception, request_id: str) -> None:
    """Log that a stream ended early; for a fault of the server, add the traceback."""
    log = logger().exception if is_fault(error) else logger().warning
    log("stream_failed", error=type(error).__name__, request_id=request_id)
