"""The layers that each request passes: the host guard, admission, disconnects, logs, metrics."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.middleware.lines import Limits
    from citespan.api.middleware.origins import Origins, origins_in
    from citespan.api.middleware.quotas import Quotas
    from citespan.api.middleware.telemetry import configure_logging
    from citespan.api.middleware.traces import Traces

__all__ = (
    "Limits",
    "Origins",
    "Quotas",
    "Traces",
    "configure_logging",
    "origins_in",
)

__getattr__ = names_of(
    __name__,
    {
        "Limits": "citespan.api.middleware.lines",
        "Origins": "citespan.api.middleware.origins",
        "Quotas": "citespan.api.middleware.quotas",
        "Traces": "citespan.api.middleware.traces",
        "configure_logging": "citespan.api.middleware.telemetry",
        "origins_in": "citespan.api.middleware.origins",
    },
)
