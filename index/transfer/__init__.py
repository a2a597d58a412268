"""Whole stores in and out: backups, restores, exports."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.transfer.backup import Backup, Check, accept, back_up, restore
    from citespan.index.transfer.backup_all import back_up_all, is_of_many, restore_all
    from citespan.index.transfer.export import export_file, export_to, import_documents

__all__ = (
    "Backup",
    "Check",
    "accept",
    "back_up",
    "back_up_all",
    "export_file",
    "export_to",
    "import_documents",
    "is_of_many",
    "restore",
    "restore_all",
)

__getattr__ = names_of(
    __name__,
    {
        "Backup": "citespan.index.transfer.backup",
        "Check": "citespan.index.transfer.backup",
        "accept": "citespan.index.transfer.backup",
        "back_up": "citespan.index.transfer.backup",
        "back_up_all": "citespan.index.transfer.backup_all",
        "export_file": "citespan.index.transfer.export",
        "export_to": "citespan.index.transfer.export",
        "import_documents": "citespan.index.transfer.export",
        "is_of_many": "citespan.index.transfer.backup_all",
        "restore": "citespan.index.transfer.backup",
        "restore_all": "citespan.index.transfer.backup_all",
    },
)
