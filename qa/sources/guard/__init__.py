"""The one way out: every request of a source is checked here, with the address it connects to."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.sources.guard.connecting import connected
    from citespan.qa.sources.guard.fetching import Fetched, Fetcher, unpacked
    from citespan.qa.sources.guard.limits import Outgoing
    from citespan.qa.sources.guard.policy import Resolve, UrlPolicy, port_of, resolved

__all__ = (
    "Fetched",
    "Fetcher",
    "Outgoing",
    "Resolve",
    "UrlPolicy",
    "connected",
    "port_of",
    "resolved",
    "unpacked",
)

__getattr__ = names_of(
    __name__,
    {
        "Fetched": "citespan.qa.sources.guard.fetching",
        "Fetcher": "citespan.qa.sources.guard.fetching",
        "Outgoing": "citespan.qa.sources.guard.limits",
        "Resolve": "citespan.qa.sources.guard.policy",
        "UrlPolicy": "citespan.qa.sources.guard.policy",
        "connected": "citespan.qa.sources.guard.connecting",
        "port_of": "citespan.qa.sources.guard.policy",
        "resolved": "citespan.qa.sources.guard.policy",
        "unpacked": "citespan.qa.sources.guard.fetching",
    },
)
