"""Files, folders and the database, which survive a crash."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.disk.folder import (
        CATALOGUE,
        IDENTITY,
        OWN_SETTINGS,
        lock_for_writing,
        make_folder,
        settle,
        sync_folder,
        unavailable,
        write_durably,
    )
    from citespan.index.disk.hashing import sha256_file, sha256_text
    from citespan.index.disk.ids import ulid
    from citespan.index.disk.reserve import RESERVE
    from citespan.index.disk.seal import sealed, unsealed

__all__ = (
    "CATALOGUE",
    "IDENTITY",
    "OWN_SETTINGS",
    "RESERVE",
    "lock_for_writing",
    "make_folder",
    "sealed",
    "settle",
    "sha256_file",
    "sha256_text",
    "sync_folder",
    "ulid",
    "unavailable",
    "unsealed",
    "write_durably",
)

__getattr__ = names_of(
    __name__,
    {
        "CATALOGUE": "citespan.index.disk.folder",
        "IDENTITY": "citespan.index.disk.folder",
        "OWN_SETTINGS": "citespan.index.disk.folder",
        "RESERVE": "citespan.index.disk.reserve",
        "lock_for_writing": "citespan.index.disk.folder",
        "make_folder": "citespan.index.disk.folder",
        "sealed": "citespan.index.disk.seal",
        "settle": "citespan.index.disk.folder",
        "sha256_file": "citespan.index.disk.hashing",
        "sha256_text": "citespan.index.disk.hashing",
        "sync_folder": "citespan.index.disk.folder",
        "ulid": "citespan.index.disk.ids",
        "unavailable": "citespan.index.disk.folder",
        "unsealed": "citespan.index.disk.seal",
        "write_durably": "citespan.index.disk.folder",
    },
)
