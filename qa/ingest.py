"""Files into a corpus; each file gets its own outcome and reason."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from citespan.index import Corpus, Document, Draft
from citespan.index.errors import DocumentNotFound, DocumentRejected
from citespan.index.jobs.types import FileOutcome, FileResult
from citespan.index.parse import document_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to be stored; if it cannot be read, `read` raises DocumentRejected or OSError."""

    number: int
    name: str
    read: Callable[[], Draft]


class Seen:
    """The texts that one run has stored, to skip duplicates and reject name clashes.

    A file with the same text as an earlier one, or as a stored document, is skipped. A file with
    the same name as an earlier one but another text is rejected, instead of stored as a revision.
    Only drafts that would become new documents are skipped; drafts with their own ids or metadata
    are always stored.
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, str]] = {}
        self._texts: dict[str, str] = {}

    def add(self, sha256: str, document_id: str, name: str) -> None:
        """Remember the text of a file that is stored, or is about to be."""
        self._places.setdefault(sha256, (document_id, name))
        self._texts[document_id] = sha256

    def verdict(self, draft: Draft, document: Document, corpus: Corpus) -> FileResult | None:
        """Return why a draft must not be stored, or None if it may be."""
        if self._texts.get(document.id, document.sha256) != document.sha256:
            return FileResult(
                outcome=FileOutcome.REJECTED,
                reason="another file of the same name was stored earlier; rename one of them",
            )
        if draft.metadata or _is_stored(corpus, document.id):
            return None
        place = self._places.get(document.sha256) or _stored(corpus, document.sha256)
        if place is None or place[0] == document.id:
            return None
        document_id, name = place
        return FileResult(
            outcome=FileOutcome.DUPLICATE,
            reason=f"the same text as {name}",
            document_id=document_id,
        )


def ingest(
    corpus: Corpus,
    sources: Iterable[Source],
    *,
    seen: Seen,
    on_result: Callable[[Source, FileResult], None],
    on_chunks: Callable[[Source, int, int], None] = lambda _, __, ___: None,
) -> None:
    """Store files one after another, until a callback raises.

    Args:
        corpus: stores the files.
        sources: the files, taken and read one at a time.
        seen: the texts that the same run stored before.
        on_result: called with each file's outcome, once it is durable.
        on_chunks: called with how many chunks of a file are embedded, and how many it has. If it
            raises, nothing of that file is stored.
    """
    taken: deque[Source] = deque()  # the corpus takes drafts before it has stored earlier ones
    at: dict[str, Source] = {}
    chunks: dict[str, int] = {}
    hashes: dict[int, str] = {}

    def drafts() -> Iterator[Draft]:
        for source in sources:
            found = _examined(source, seen, corpus)
            if isinstance(found, FileResult):
                on_result(source, found)
                continue
            draft, document = found
            if draft.id is None:
                seen.add(document.sha256, document.id, source.name)
                hashes[source.number] = document.sha256
            at[document.id] = source
            taken.append(source)
            yield draft

    def count(document_id: str, done: int, total: int) -> None:
        chunks[document_id] = total
        on_chunks(at[document_id], done, total)

    with closing(corpus.put_many(drafts(), count)) as storing:  # searchable when this ends
        for stored in storing:
            source = taken.popleft()
            document_id = stored.document.id
            if at.get(document_id) is source:
                del at[document_id]
            result = FileResult(
                outcome=FileOutcome(stored.outcome),
                document_id=document_id,
                sha256=hashes.pop(source.number, None),
                chunks=chunks.pop(document_id, 0),
            )
            on_result(source, result)


def _examined(source: Source, seen: Seen, corpus: Corpus) -> FileResult | tuple[Draft, Document]:
    """Return the draft of a file and its document, or why nothing is stored."""
    try:
        draft = source.read()
        document = document_of(draft)
    except DocumentRejected as error:
        return FileResult(outcome=FileOutcome.REJECTED, reason=str(error))
    except OSError as error:
        return FileResult(outcome=FileOutcome.REJECTED, reason=error.strerror or str(error))
    refused = seen.verdict(draft, document, corpus) if draft.id is None else None
    return refused or (draft, document)


def _stored(corpus: Corpus, sha256: str) -> tuple[str, str] | None:
    found = corpus.with_text(sha256)
    return found and (found.id, found.uri or found.title or found.id)


def _is_stored(corpus: Corpus, document_id: str) -> bool:
    try:
        corpus.info(document_id)
    except DocumentNotFound:
        return False
    return True
