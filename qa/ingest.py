"""Many files into a corpus: each one's outcome with its reason, whatever the others do."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from index import Corpus, Document, Draft
from index.drafts import document_of
from index.errors import DocumentNotFound, DocumentRejected
from index.jobs import FileOutcome, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that is to be stored; `read` raises DocumentRejected or OSError if it cannot be."""

    number: int
    name: str
    read: Callable[[], Draft]


class Seen:
    """What one run has stored: the same text again is left out, another one is no revision of it.

    Left out is only what would become a new document. Drafts with ids or metadata of their own
    are all wanted.
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, str]] = {}
        self._texts: dict[str, str] = {}

    def add(self, sha256: str, document_id: str, name: str) -> None:
        """Remember what was stored from a file."""
        self._places.setdefault(sha256, (document_id, name))
        self._texts[document_id] = sha256

    def verdict(self, draft: Draft, document: Document, corpus: Corpus) -> Result | None:
        """Why a draft is not to be stored, if it is not."""
        if self._texts.get(document.id, document.sha256) != document.sha256:
            return Result(
                outcome=FileOutcome.REJECTED,
                reason="another file of the same name was stored just before; rename one of them",
            )
        place = self._places.get(document.sha256)
        if place is None or draft.metadata or _is_stored(corpus, document.id):
            return None
        document_id, name = place
        return Result(
            outcome=FileOutcome.DUPLICATE,
            reason=f"the same text as {name}",
            document_id=document_id,
        )


def ingest(
    corpus: Corpus,
    sources: Iterable[Source],
    *,
    seen: Seen,
    on_result: Callable[[Source, Result], None],
    on_chunks: Callable[[Source, int, int], None] = lambda _, __, ___: None,
) -> None:
    """Store files one after another; what either of the callbacks raises ends it.

    Args:
        corpus: where to.
        sources: taken, and read, one at a time.
        seen: what was stored before in the same run.
        on_result: told each file's outcome, once it is durable.
        on_chunks: told how many chunks of a file are embedded, and how many it has; if it raises,
            nothing of that file is stored.
    """
    taken: list[tuple[Source, str | None]] = []
    chunks = 0

    def drafts() -> Iterator[Draft]:
        nonlocal chunks
        for source in sources:
            found = _examined(source, seen, corpus)
            if isinstance(found, Result):
                on_result(source, found)
                continue
            draft, sha256 = found
            chunks = 0
            taken[:] = [(source, sha256)]
            yield draft

    def count(done: int, total: int) -> None:
        nonlocal chunks
        chunks = total
        on_chunks(taken[0][0], done, total)

    with closing(corpus.put_many(drafts(), count)) as storing:  # searchable when this is left
        for stored in storing:
            source, sha256 = taken[0]
            document_id = stored.document.id
            if sha256 is not None:
                seen.add(sha256, document_id, source.name)
            result = Result(
                outcome=FileOutcome(stored.outcome),
                document_id=document_id,
                sha256=sha256,
                chunks=chunks,
            )
            on_result(source, result)


def _examined(source: Source, seen: Seen, corpus: Corpus) -> Result | tuple[Draft, str | None]:
    """The draft of a file and the hash it is known by, or why there is nothing to be stored."""
    try:
        draft = source.read()
        document = document_of(draft)
    except DocumentRejected as error:
        return Result(outcome=FileOutcome.REJECTED, reason=str(error))
    except OSError as error:
        return Result(outcome=FileOutcome.REJECTED, reason=error.strerror or str(error))
    if draft.id is not None:
        return draft, None
    return seen.verdict(draft, document, corpus) or (draft, document.sha256)


def _is_stored(corpus: Corpus, document_id: str) -> bool:
    try:
        corpus.info(document_id)
    except DocumentNotFound:
        return False
    return True
