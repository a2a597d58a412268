"""Text files on disk, as drafts of documents."""

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path

from citespan.index.parse.decode import decode
from citespan.index.types import Draft

TEXT_SUFFIXES = frozenset({".txt", ".text", ".md", ".markdown", ".rst"})
_MARKDOWN = frozenset({".md", ".markdown"})
_MAX_TITLE = 200  # characters of a heading that is taken for a title


def matching(path: Path) -> list[Path]:
    """The path itself if there is such a file or folder, otherwise what it matches as a pattern.

    `*`, `?` and `[…]` stand for characters of a name, `**` for any folders; names that begin with
    a dot are matched by patterns that do. Empty if nothing matches.
    """
    if path.exists():
        return [path]
    try:
        found = glob.iglob(str(path), recursive=True)  # noqa: PTH207  (Path: no absolute ones)
        return sorted(map(Path, found))
    except ValueError:  # a NUL
        return []


def text_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files themselves, and of folders, at any depth, those with a suffix of text."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in _inside(path) if _is_text(file))
        else:
            yield path


def other_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files of the folders that `text_files` leaves out."""
    inside = (file for path in paths if path.is_dir() for file in _inside(path))
    return [file for file in inside if not _is_text(file)]


def read_file(file: Path, encoding: str | None = None) -> Draft:
    """The file's text with its title: its first heading if it is Markdown, or else its name.

    Raises:
        DocumentRejected: it is not text in that encoding.
        OSError: it cannot be read.
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
    """A file's name, which need not be valid Unicode, as a text that can be printed."""
    return str(name).encode(errors="replace").decode()


def _inside(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file())


def _is_text(file: Path) -> bool:
    return file.suffix.lower() in TEXT_SUFFIXES


def _readable(stem: str) -> str:
    return printable(stem).replace("_", " ").replace("-", " ")
