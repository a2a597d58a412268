"""Which entries of a source are taken, by patterns as `.gitignore` has them."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from citespan.qa.sources.extra import needed


class _Spec(Protocol):
    def match_file(self, file: str) -> bool: ...


class PathChoice:
    """A choice of paths: those that match `include`, if there is any, and not `exclude`.

    Args:
        include, exclude: patterns; the last one that matches a path decides.

    Raises:
        MissingExtra: there are patterns, and what reads them is not installed.
    """

    def __init__(self, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> None:
        self._include, self._exclude = _spec(include), _spec(exclude)

    def takes(self, path: str) -> bool:
        """Return whether a path is taken; it has no slash at its beginning."""
        if self._include is not None and not self._include.match_file(path):
            return False
        return self._exclude is None or not self._exclude.match_file(path)

    def refuses_folder(self, path: str) -> bool:
        """Return whether nothing below a folder is taken."""
        return self._exclude is not None and self._exclude.match_file(f"{path}/")


def _spec(patterns: Iterable[str]) -> _Spec | None:
    lines = list(patterns)
    if not lines:
        return None
    return needed("pathspec").GitIgnoreSpec.from_lines(lines)
