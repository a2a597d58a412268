"""Files into a corpus; each file gets its own outcome and reason."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from citespan.index import Corpus, Document, Draft
from citespan.index.corpus import ChunkMaker, CorpusView
from citespan.index.errors import DocumentNotFound, DocumentRejected
from citespan.index.jobs.types import FileOutcome, FileResult
from citespan.index.parse import document_of
from citespan.index.reading import FileReader, ReadFile, Unreadable, stop_reading
from citespan.index.runtime import map_ahead
from citespan.index.types import Outcome, StoreResult
from citespan.qa.files.members import members_of

_AHEAD = 2  # files that are read here while an earlier one is stored
_MOST_REASON = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to be stored; if it cannot be read, `read` raises DocumentRejected or OSError.

    password: opens the files inside of it.
    """

    number: int
    name: str
    read: Callable[[], ReadFile]
    password: str | None = None


class StoredTexts:
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
        own = draft.metadata and not draft.parsed  # the metadata of a file is not the client's
        if own or _is_stored(corpus, document.id):
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


@dataclass(slots=True, kw_only=True)
class _Taken:
    """A draft that the corpus was given: a file's own, or that of a file inside of it.

    sha256: of its text, if another file with the same text is to be skipped.
    lacking: what of the file was not read or stored; `code` is that of the first of these.
    """

    source: Source
    own: bool
    sha256: str | None = None
    lacking: list[str] = field(default_factory=list[str])
    code: str | None = None

    def lacks(self, what: str, code: str | None) -> None:
        """Note what was not read or stored."""
        self.lacking.append(what)
        self.code = self.code or code

    def result(self, stored: StoreResult, chunks: int) -> FileResult:
        """Return the outcome of the file once it is stored."""
        outcome = FileOutcome(stored.outcome)
        if self.lacking and stored.outcome is not Outcome.UNCHANGED:
            outcome = FileOutcome.PARTIAL
        return FileResult(
            outcome=outcome,
            reason="; ".join(self.lacking)[:_MOST_REASON] or None,
            code=self.code,
            document_id=stored.document.id,
            sha256=self.sha256,
            chunks=chunks,
        )


def ingest(
    corpus: Corpus,
    sources: Iterable[Source],
    *,
    seen: StoredTexts,
    on_result: Callable[[Source, FileResult], None],
    on_chunks: Callable[[Source, int, int], None] = lambda _, __, ___: None,
    files: FileReader | None = None,
    maker: ChunkMaker | None = None,
) -> None:
    """Store files one after another, until a callback raises; a few are read ahead.

    The files inside of a file become documents of their own, which are stored before it.

    Args:
        corpus: stores the files.
        sources: the files, taken one at a time.
        seen: the texts that the same run stored before.
        on_result: called with each file's outcome, once it is durable.
        on_chunks: called with how many chunks of a file are embedded, and how many it has. If it
            raises, nothing of that file is stored.
        files: reads the files inside of files.
        maker: makes chunks and vectors elsewhere; it bounds how many files are read ahead.
    """
    taking = _Taking(corpus, seen, files or FileReader())
    ahead = maker.at_once if maker else _AHEAD

    def drafts() -> Iterator[Draft]:
        with closing(map_ahead(_read, sources, ahead)) as found, _interruptible():
            for source, read in found:
                refused = yield from taking.drafts(source, read)
                if refused:
                    on_result(source, refused)

    def count(document_id: str, done: int, total: int) -> None:
        on_chunks(taking.counted(document_id, total), done, total)

    # The documents are searchable when this ends.
    with closing(corpus.put_many(drafts(), count, maker)) as storing, _interruptible():
        for stored in storing:
            one, chunks = taking.stored(stored.document.id)
            if one.own:
                on_result(one.source, one.result(stored, chunks))


@contextmanager
def _interruptible() -> Generator[None]:
    """End the reading of files if the user interrupts, instead of waiting for it."""
    try:
        yield
    except KeyboardInterrupt:
        stop_reading()
        raise


class _Taking:
    """The drafts that a corpus was given and has not stored: it takes some ahead."""

    def __init__(self, corpus: Corpus, seen: StoredTexts, files: FileReader) -> None:
        self._corpus, self._seen, self._files = corpus, seen, files
        self._taken: deque[_Taken] = deque()
        self._at: dict[str, Source] = {}
        self._chunks: dict[str, int] = {}

    def drafts(
        self, source: Source, read: ReadFile | FileResult
    ) -> Generator[Draft, None, FileResult | None]:
        """Yield the drafts of the files inside of a file, then its own; or return its rejection."""
        found = _examined(read, self._seen, self._corpus)
        if isinstance(found, FileResult) or isinstance(read, FileResult):
            return found if isinstance(found, FileResult) else None
        whole = _Taken(source=source, own=True)
        for warning in read.warnings:
            if warning.partial:
                whole.lacks(warning.message, warning.code)
        for name, member in members_of(self._files, read, source.password):
            one = rejected(member) if isinstance(member, DocumentRejected) else member
            inside = _examined(one, self._seen, self._corpus)
            if not isinstance(inside, FileResult):
                yield self._take(*inside, _Taken(source=source, own=False), name)
            elif inside.outcome is FileOutcome.REJECTED:
                whole.lacks(f"{name} was not stored: {inside.reason}", inside.code or "member")
        yield self._take(*found, whole, source.name)
        return None

    def counted(self, document_id: str, total: int) -> Source:
        """Note how many chunks a document has, and return the file that it is of."""
        self._chunks[document_id] = total
        return self._at[document_id]

    def stored(self, document_id: str) -> tuple[_Taken, int]:
        """Return the draft that was stored next, and how many chunks it has."""
        one = self._taken.popleft()
        if self._at.get(document_id) is one.source:
            del self._at[document_id]
        return one, self._chunks.pop(document_id, 0)

    def _take(self, draft: Draft, document: Document, one: _Taken, name: str) -> Draft:
        if draft.id is None:
            self._seen.add(document.sha256, document.id, name)
            one.sha256 = document.sha256
        self._at[document.id] = one.source
        self._taken.append(one)
        return draft


def rejected(error: Exception) -> FileResult:
    """Return the outcome of a file that cannot be read."""
    code = error.code if isinstance(error, Unreadable) else None
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return FileResult(outcome=FileOutcome.REJECTED, reason=reason, code=code)


def _read(source: Source) -> tuple[Source, ReadFile | FileResult]:
    try:
        return source, source.read()
    except (DocumentRejected, OSError) as error:
        return source, rejected(error)


def _examined(
    read: ReadFile | FileResult, seen: StoredTexts, corpus: Corpus
) -> FileResult | tuple[Draft, Document]:
    """Return the draft of a file and its document, or why nothing is stored."""
    if isinstance(read, FileResult):
        return read
    try:
        document = document_of(read.draft)
        if isinstance(corpus, CorpusView):
            corpus.check(document)
    except DocumentRejected as error:
        return rejected(error)
    refused = seen.verdict(read.draft, document, corpus) if read.draft.id is None else None
    return refused or (read.draft, document)


def _stored(corpus: Corpus, sha256: str) -> tuple[str, str] | None:
    found = corpus.with_text(sha256)
    return found and (found.id, found.uri or found.title or found.id)


def _is_stored(corpus: Corpus, document_id: str) -> bool:
    try:
        corpus.info(document_id)
    except DocumentNotFound:
        return False
    return True
