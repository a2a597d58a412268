"""Modules that readers need, imported before a process may no longer open files."""

import codecs
import encodings
import pkgutil
from importlib import import_module
from importlib.util import find_spec

from citespan.index.parse.formats.registry import all_readers

# Imported by functions of the standard library, at their first call.
_LATE = (
    "_strptime", "bisect", "bz2", "csv", "decimal", "email.generator", "email.parser",
    "email.policy", "heapq", "html.entities", "json", "locale", "lzma", "quopri", "stringprep",
    "tempfile", "unicodedata", "uu", "zipfile",
)  # fmt: skip
_OPTIONAL = (
    "msoffcrypto", "msoffcrypto.format.ooxml", "msoffcrypto.format.xls97",
    "cryptography.hazmat.primitives.ciphers.modes",
)  # fmt: skip


def preload_readers() -> None:
    """Import the readers, all encodings, and the library for passwords if it is installed."""
    for name in all_readers():
        try:
            import_module(name)
        except ModuleNotFoundError:
            continue  # an extra is missing; the reader's process says so
    for module in pkgutil.iter_modules(encodings.__path__):
        try:
            codecs.lookup(module.name)
        except (LookupError, ImportError):  # no codec, or one of another system
            continue
    for name in (*_LATE, *(_OPTIONAL if find_spec("msoffcrypto") else ())):
        import_module(name)
