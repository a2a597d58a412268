"""Whole stores in and out: backups, restores, exports."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.transfer.archive import Backup, BackupManifest, Check, accept, manifest_of
    from citespan.index.transfer.backup import back_up, back_up_all, restore, restore_all
    from citespan.index.transfer.export import export_file, export_to, import_documents
    from citespan.index.transfer.migration import Migration, migrate, open_target

__all__ = (
    "Backup",
    "Check",
    "BackupManifest",
    "Migration",
    "accept",
    "back_up",
    "back_up_all",
    "export_file",
    "export_to",
    "import_documents",
    "manifest_of",
    "migrate",
    "open_target",
    "restore",
    "restore_all",
)

__getattr__ = names_of(
    __name__,
    {
        "Backup": "citespan.index.transfer.archive",
        "Check": "citespan.index.transfer.archive",
        "BackupManifest": "citespan.index.transfer.archive",
        "Migration": "citespan.index.transfer.migration",
        "accept": "citespan.index.transfer.archive",
        "back_up": "citespan.index.transfer.backup",
        "back_up_all": "citespan.index.transfer.backup",
        "export_file": "citespan.index.transfer.export",
        "export_to": "citespan.index.transfer.export",
        "import_documents": "citespan.index.transfer.export",
        "manifest_of": "citespan.index.transfer.archive",
        "migrate": "citespan.index.transfer.migration",
        "open_target": "citespan.index.transfer.migration",
        "restore": "citespan.index.transfer.backup",
        "restore_all": "citespan.index.transfer.backup",
    },
)
