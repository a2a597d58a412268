"""Documents that stay in step with their sources: folders, sites, repositories, mailboxes."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.sources.plan import Plan, make_plan
    from citespan.qa.sources.rules import Report, Rules
    from citespan.qa.sources.run import plan_of, sync

__all__ = (
    "Plan",
    "Report",
    "Rules",
    "make_plan",
    "plan_of",
    "sync",
)

__getattr__ = names_of(
    __name__,
    {
        "Plan": "citespan.qa.sources.plan",
        "Report": "citespan.qa.sources.rules",
        "Rules": "citespan.qa.sources.rules",
        "make_plan": "citespan.qa.sources.plan",
        "plan_of": "citespan.qa.sources.run",
        "sync": "citespan.qa.sources.run",
    },
)
