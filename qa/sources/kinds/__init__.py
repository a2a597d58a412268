"""The kinds of sources, each behind the same contract and loaded at its first use."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.sources.kinds.choice import PathChoice
    from citespan.qa.sources.kinds.folder import FolderSource
    from citespan.qa.sources.kinds.git import GitSource, Repository
    from citespan.qa.sources.kinds.imap import ImapSource
    from citespan.qa.sources.kinds.mail import MailSource
    from citespan.qa.sources.kinds.store import StoreSource
    from citespan.qa.sources.kinds.web import opened_site

__all__ = (
    "FolderSource",
    "GitSource",
    "ImapSource",
    "MailSource",
    "PathChoice",
    "Repository",
    "StoreSource",
    "opened_site",
)

__getattr__ = names_of(
    __name__,
    {
        "FolderSource": "citespan.qa.sources.kinds.folder",
        "GitSource": "citespan.qa.sources.kinds.git",
        "ImapSource": "citespan.qa.sources.kinds.imap",
        "MailSource": "citespan.qa.sources.kinds.mail",
        "PathChoice": "citespan.qa.sources.kinds.choice",
        "Repository": "citespan.qa.sources.kinds.git",
        "StoreSource": "citespan.qa.sources.kinds.store",
        "opened_site": "citespan.qa.sources.kinds.web",
    },
)
