"""Text files on disk, as drafts of documents."""

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from citespan.index.parse.decode import decode
from citespan.index.types import Draft

TEXT_SUFFIXES = frozenset({".txt", ".text", ".md", ".markdown", ".rst"})
_MARKDOWN = frozenset({".md", ".markdown"})
_MAX_TITLE = 200  # characters of a heading that is used as a title


def matching(path: Path) -> list[Path]:
    """Return the path itself if it exists, otherwise the paths that it matches as a pattern.

    `*`, `?` and `[…]` stand for characters of a name, `**` for any folders. Only patterns that
    begin with a dot match names that do. If nothing matches, the list is empty.
    """
    if path.exists():
        return [path]
    try:
        found = glob.iglob(str(path), recursive=True)  # noqa: PTH207  (Path: no absolute ones)
        return sorted(map(Path, found))
    except ValueError:  # a NUL
        return []


def text_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the given files, and files with a text suffix in the given folders, at any depth."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in _inside(path) if _is_text(file))
        else:
            yield path


def other_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files of the folders that `text_files` skips."""
    inside = (file for path in paths if path.is_dir() for file in _inside(path))
    return [file for file in inside if not _is_text(file)]


def read_file(file: Path, encoding: str | None = None) -> Draft:
    """Read a file as a draft; its title is the first heading of Markdown, or else the name.

    Raises:
        DocumentRejected: the file is not text in that encoding.
        OSError: the file cannot be read.
    """
    text = decode(file.read_bytes(), encoding)
    markdown = file.suffix.lower() in _MARKDOWN
    first_line = text.lstrip().partition("\n")[0]
    heading = first_line.lstrip("#").strip() if markdown and first_line.startswith("# ") else ""
    return Draft(
        text=text,
        title=heading[:_MAX_TITLE] or _readable(file.stem),
        uri=file.resolve().as_uri(),
        media_type="text/markdown" if markdown else "text/plain",
    )


def printable(name: object) -> str:
    """Return a file's name, which may be invalid Unicode, as printable text."""
    return str(name).encode(errors="replace").decode()


def _inside(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file())


def _is_text(file: Path) -> bool:
    return file.suffix.lower() in TEXT_SUFFIXES


def _readable(stem: str) -> str:
    return printable(stem).replace("_", " ").replace("-", " ")
