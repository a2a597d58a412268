"""Names that are imported when they are first asked for.

The face of a package names what is behind it, and takes what it names from its module at first
use: so nothing loads FAISS, tantivy or a model's runtime that only passes by.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def names_of(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a `__getattr__` for a package: `homes` says which module defines each name."""

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)  # found without this function from now on
        return value

    return load
