"""Packages of the extra `sources`, which are loaded at their first use."""

from importlib import import_module
from typing import Any

from citespan.qa.errors import ConfigError


class MissingExtra(ConfigError):
    """A package that a source needs is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"this source needs the package {package}; install it: pip install 'citespan[sources]'"
        )
        self.package = package


def needed(package: str) -> Any:
    """Return a package, loaded.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise MissingExtra(package.partition(".")[0]) from error
