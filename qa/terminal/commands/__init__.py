"""Commands on stored data; `citespan.commands` and `evals.commands` have the others."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.terminal.commands.backups import backup, restore
    from citespan.qa.terminal.commands.collection import collections, here, record
    from citespan.qa.terminal.commands.documents import (
        delete,
        export,
        import_documents,
        ingest,
        list_documents,
        purge,
        revisions,
    )
    from citespan.qa.terminal.commands.migration import migrate
    from citespan.qa.terminal.commands.sources import sync

__all__ = (
    "backup",
    "collections",
    "delete",
    "export",
    "here",
    "import_documents",
    "ingest",
    "list_documents",
    "migrate",
    "purge",
    "record",
    "restore",
    "revisions",
    "sync",
)

__getattr__ = names_of(
    __name__,
    {
        "backup": "citespan.qa.terminal.commands.backups",
        "collections": "citespan.qa.terminal.commands.collection",
        "delete": "citespan.qa.terminal.commands.documents",
        "export": "citespan.qa.terminal.commands.documents",
        "here": "citespan.qa.terminal.commands.collection",
        "import_documents": "citespan.qa.terminal.commands.documents",
        "ingest": "citespan.qa.terminal.commands.documents",
        "list_documents": "citespan.qa.terminal.commands.documents",
        "migrate": "citespan.qa.terminal.commands.migration",
        "purge": "citespan.qa.terminal.commands.documents",
        "record": "citespan.qa.terminal.commands.collection",
        "restore": "citespan.qa.terminal.commands.backups",
        "revisions": "citespan.qa.terminal.commands.documents",
        "sync": "citespan.qa.terminal.commands.sources",
    },
)
