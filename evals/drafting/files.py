"""A user's files as documents to draft from, found again when the drafts are accepted."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from citespan.evals.drafting.types import DraftedDocument
from citespan.evals.errors import DatasetError
from citespan.evals.types import SourceDocument
from citespan.index.errors import DocumentRejected
from citespan.index.parse import document_of, printable, read_file, text_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Documents, the path of each by id, and the reasons why other files could not be read."""

    documents: list[SourceDocument] = field(default_factory=list[SourceDocument])
    files: dict[str, Path] = field(default_factory=dict[str, Path])
    refused: list[str] = field(default_factory=list[str])


def gather(paths: Sequence[Path], encoding: str | None = None) -> Gathered:
    """Read the texts of files, and of the text files of folders; a file's name becomes its id."""
    gathered = Gathered()
    for file in dict.fromkeys(text_files(paths)):
        try:
            document = _document(file, _id(file, gathered.files), encoding)
        except (DocumentRejected, OSError) as error:
            gathered.refused.append(f"{printable(file)}: {_reason(error)}")
            continue
        gathered.documents.append(document)
        gathered.files[document.id] = file
    return gathered


def paths_from(file: Path, gathered: Gathered) -> dict[str, str]:
    """Return the paths of the documents, relative to the file of drafts: they may move together."""
    folder = file.resolve().parent
    return {
        name: Path(os.path.relpath(place.resolve(), folder)).as_posix()
        for name, place in gathered.files.items()
    }


def loader(file: Path, encoding: str | None = None) -> Callable[[DraftedDocument], str]:
    """Return the function that `accept_drafts` reads documents with, relative to the file."""

    def load(recorded: DraftedDocument) -> str:
        place = file.resolve().parent / recorded.path
        try:
            return _document(place, recorded.id, encoding).text
        except (DocumentRejected, OSError) as error:
            raise DatasetError(
                f"{file}: {recorded.path} cannot be read: {_reason(error)}; restore the document,"
                " or correct `path`"
            ) from error

    return load


def _document(file: Path, name: str, encoding: str | None) -> SourceDocument:
    stored = document_of(read_file(file, encoding))
    return SourceDocument(id=name, title=stored.title, text=stored.text)


def _reason(error: DocumentRejected | OSError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _id(file: Path, taken: dict[str, Path]) -> str:
    """Return an id: unique, printable, and still the same if another file comes after it."""
    stem = "".join(c if c.isprintable() else "_" for c in printable(file.stem))[:150]
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    return name
