"""The files inside of a file, such as attachments: documents of their own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from citespan.index import Corpus
from citespan.index.errors import DocumentRejected
from citespan.index.reading import FileReader, ReadFile, Unreadable

_MOST_DEEP = 3  # files inside of files inside of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberResult:
    """What became of a file inside of a file: the id of its document, or why there is none."""

    name: str
    document_id: str | None = None
    reason: str | None = None
    code: str | None = None


def members_of(
    files: FileReader, read: ReadFile, password: str | None = None, *, depth: int = 1
) -> Iterator[tuple[str, ReadFile | DocumentRejected]]:
    """Yield the files inside of a file, at any depth up to 3, with their names below it.

    A file that cannot be read is yielded as the error that says why.
    """
    for number, member in enumerate(read.members):
        if depth > _MOST_DEEP:
            yield member.name, Unreadable("unsupported", "it lies too deep; send it by itself")
            continue
        try:
            name, inside = files.read_member(read, number, password)
        except DocumentRejected as error:
            yield member.name, error
            continue
        yield name, inside
        for below, found in members_of(files, inside, password, depth=depth + 1):
            yield f"{name}/{below}", found


def store_members(
    corpus: Corpus,
    files: FileReader,
    read: ReadFile,
    password: str | None,
    on_chunks: Callable[[str, int, int], None],
) -> list[MemberResult]:
    """Store the files inside of a file, and return what became of each."""
    results: list[MemberResult] = []
    for name, found in members_of(files, read, password):
        try:
            if isinstance(found, DocumentRejected):
                raise found
            stored = corpus.put(found.draft, on_chunks)
        except DocumentRejected as error:
            code = error.code if isinstance(error, Unreadable) else None
            results.append(MemberResult(name=name, reason=str(error), code=code))
        else:
            results.append(MemberResult(name=name, document_id=stored.document.id))
    return results
