"""Documents with all their kept revisions, for moving from one store to another."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import msgspec

from citespan.index.catalogue.protocol import DocumentStore
from citespan.index.errors import ExportInvalid
from citespan.index.types import Document, DocumentInfo, Retired, SourceFile

_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that a store keeps of one id.

    retired: the highest revision that was deleted with its document; 0 if none was.
    revisions: the kept revisions, all above `retired`, oldest first; the last is the current one.
        If the document is deleted, there are none.
    sources: the files of the revisions that readers made, by revision.
    """

    id: str
    retired: int
    revisions: tuple[Document, ...]
    sources: Mapping[int, SourceFile] = field(default_factory=dict[int, SourceFile])


def histories(catalogue: DocumentStore) -> Iterator[History]:
    """Yield the history of every stored or deleted id, in order; one is in memory at a time."""
    both = heapq.merge(each_document(catalogue), each_retired(catalogue), key=lambda one: one.id)
    for document_id, found in groupby(both, key=lambda one: one.id):
        retired = sum(one.revision for one in found if isinstance(one, Retired))
        kept = catalogue.revisions(document_id)
        yield History(
            id=document_id,
            retired=retired,
            revisions=tuple(catalogue.document(document_id, one.revision) for one in kept),
            sources={
                one.revision: source
                for one in kept
                if (source := catalogue.sources.file(document_id, one.revision))
            },
        )


def each_document(catalogue: DocumentStore) -> Iterator[DocumentInfo]:
    """Yield the metadata of all current revisions, in order of ids."""
    after: str | None = None
    while True:
        page = catalogue.page(after, _PAGE)
        yield from page.documents
        after = page.next_cursor
        if after is None:
            return


def each_retired(catalogue: DocumentStore) -> Iterator[Retired]:
    """Yield all documents ever deleted, in order of ids."""
    after: str | None = None
    while page := catalogue.retired(after, _PAGE):
        yield from page
        after = page[-1].id


def is_held(catalogue: DocumentStore, history: History) -> bool:
    """Return whether a store has the document of a history; it may have purged some revisions.

    Raises:
        ExportInvalid: the store has, or had, another document under this id.
    """
    name = f"document {history.id!r}"
    kept = {one.revision: one for one in catalogue.revisions(history.id)}
    if not kept:
        last = catalogue.last_revision(history.id)
        if history.revisions and history.revisions[0].revision <= last:
            raise ExportInvalid(f"{name} was deleted here, up to revision {last}")
        return False
    if min(kept) <= history.retired:
        raise ExportInvalid(
            f"{name} was deleted there up to revision {history.retired}, but is stored here as"
            f" revision {min(kept)}; delete it here first"
        )
    if history.revisions and not _agree(kept, history):
        raise ExportInvalid(f"{name} is stored here with other content or revisions")
    return bool(history.revisions)


def _agree(kept: Mapping[int, DocumentInfo], history: History) -> bool:
    return max(kept) == history.revisions[-1].revision and all(
        content_of(kept[one.revision]) == content_of(one)
        for one in history.revisions
        if one.revision in kept
    )


def content_of(document: DocumentInfo) -> tuple[object, ...]:
    """Return the content of a document, to compare; storing equal content changes nothing."""
    return (
        document.sha256, document.title, document.uri, document.media_type,
        msgspec.json.encode(document.metadata, order="sorted"),  # 1 is not True
    )  # fmt: skip
