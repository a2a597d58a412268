"""Modules that readers need late, imported before a process may no longer open files."""

import codecs
import encodings
import pkgutil
from importlib import import_module
from importlib.util import find_spec

READERS = (
    "docx", "email", "epub", "html", "marked", "msg", "odf", "pptx", "records", "rtf", "sheets",
    "subtitles", "tables", "xlsx", "xml",
)  # fmt: skip
_LATE = ("email.parser", "heapq", "html.entities", "quopri", "uu")
_OPTIONAL = ("msoffcrypto", "msoffcrypto.format.ooxml", "msoffcrypto.format.xls97")


def preload() -> None:
    """Import the readers, all encodings, and the library for passwords if it is installed."""
    for name in READERS:
        import_module(f"citespan.index.parse.formats.{name}")
    for module in pkgutil.iter_modules(encodings.__path__):
        try:
            codecs.lookup(module.name)
        except (LookupError, ImportError):  # no codec, or one of another system
            continue
    for name in (*_LATE, *(_OPTIONAL if find_spec("msoffcrypto") else ())):
        import_module(name)
