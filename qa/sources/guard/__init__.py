"""The one way out: every request of a source is checked here, with the address it connects to."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.sources.guard.fetching import Fetched, Fetcher
    from citespan.qa.sources.guard.limits import Outgoing
    from citespan.qa.sources.guard.policy import Policy

__all__ = (
    "Fetched",
    "Fetcher",
    "Outgoing",
    "Policy",
)

__getattr__ = names_of(
    __name__,
    {
        "Fetched": "citespan.qa.sources.guard.fetching",
        "Fetcher": "citespan.qa.sources.guard.fetching",
        "Outgoing": "citespan.qa.sources.guard.limits",
        "Policy": "citespan.qa.sources.guard.policy",
    },
)
