"""Documents that stay in step with their sources: folders, sites, repositories, mailboxes."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.sources.definition import Definition, absolute, interval_s, kind_of
    from citespan.qa.sources.files import LastRun, SourceFiles, SourceState
    from citespan.qa.sources.opening import open_source, rules_of
    from citespan.qa.sources.place import SOURCES
    from citespan.qa.sources.plan import SyncPlan, make_plan
    from citespan.qa.sources.rules import SyncReport, SyncRules
    from citespan.qa.sources.run import plan_of, sync
    from citespan.qa.sources.watching import watch

__all__ = (
    "Definition",
    "LastRun",
    "SOURCES",
    "SourceFiles",
    "SourceState",
    "SyncPlan",
    "SyncReport",
    "SyncRules",
    "absolute",
    "interval_s",
    "kind_of",
    "make_plan",
    "open_source",
    "plan_of",
    "rules_of",
    "sync",
    "watch",
)

__getattr__ = names_of(
    __name__,
    {
        "Definition": "citespan.qa.sources.definition",
        "LastRun": "citespan.qa.sources.files",
        "SOURCES": "citespan.qa.sources.place",
        "SourceFiles": "citespan.qa.sources.files",
        "SourceState": "citespan.qa.sources.files",
        "SyncPlan": "citespan.qa.sources.plan",
        "SyncReport": "citespan.qa.sources.rules",
        "SyncRules": "citespan.qa.sources.rules",
        "absolute": "citespan.qa.sources.definition",
        "interval_s": "citespan.qa.sources.definition",
        "kind_of": "citespan.qa.sources.definition",
        "make_plan": "citespan.qa.sources.plan",
        "open_source": "citespan.qa.sources.opening",
        "plan_of": "citespan.qa.sources.run",
        "rules_of": "citespan.qa.sources.opening",
        "sync": "citespan.qa.sources.run",
        "watch": "citespan.qa.sources.watching",
    },
)
