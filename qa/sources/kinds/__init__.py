"""The kinds of sources, each behind the same contract and loaded at its first use."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.sources.kinds.choice import PathChoice
    from citespan.qa.sources.kinds.folder import FolderSource
    from citespan.qa.sources.kinds.git import GitSource, Repository
    from citespan.qa.sources.kinds.mail import MailSource
    from citespan.qa.sources.kinds.slack import SlackSource
    from citespan.qa.sources.kinds.store import StoreSource
    from citespan.qa.sources.kinds.web import opened_site

__all__ = (
    "FolderSource",
    "GitSource",
    "MailSource",
    "PathChoice",
    "Repository",
    "SlackSource",
    "StoreSource",
    "opened_site",
)

__getattr__ = names_of(
    __name__,
    {
        "FolderSource": "citespan.qa.sources.kinds.folder",
        "GitSource": "citespan.qa.sources.kinds.git",
        "MailSource": "citespan.qa.sources.kinds.mail",
        "PathChoice": "citespan.qa.sources.kinds.choice",
        "Repository": "citespan.qa.sources.kinds.git",
        "SlackSource": "citespan.qa.sources.kinds.slack",
        "StoreSource": "citespan.qa.sources.kinds.store",
        "opened_site": "citespan.qa.sources.kinds.web",
    },
)
