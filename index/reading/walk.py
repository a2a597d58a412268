"""The files of folders, and titles for those that have none of their own."""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from citespan.index.parse.files import printable

_MAX_TITLE = 200  # characters of a heading that is used as a title


def files_in(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield the given files, and those in the given folders at any depth, with whether it is so.

    Files and folders whose names begin with a dot are left out, unless they are given.
    """
    for path in paths:
        if path.is_dir():
            yield from ((file, True) for file in sorted(_inside(path)))
        else:
            yield path, False


def title_of(text: str, name: str, *, markdown: bool) -> str:
    """Return a title: the heading that Markdown begins with, or else the readable file name."""
    first_line = text.lstrip().partition("\n")[0]
    heading = first_line.lstrip("#").strip() if markdown and first_line.startswith("# ") else ""
    readable = printable(PurePath(name).stem).replace("_", " ").replace("-", " ")
    return heading[:_MAX_TITLE] or readable


def _inside(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if not any(part.startswith(".") for part in inside) and path.is_file():
            yield path
