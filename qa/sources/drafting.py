"""The content of an entry to drafts: its own, and those of the files inside of it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from citespan.index import Corpus, Draft
from citespan.index.errors import DocumentNotFound, DocumentRejected
from citespan.index.parse import document_of
from citespan.index.reading import FileReader, Request, Unreadable
from citespan.index.types import ACCESS, DocumentInfo, Tracked
from citespan.qa.files import members_of
from citespan.qa.sources.plan import Known
from citespan.qa.sources.types import Content, SourceEntry

SOURCE = "source"  # in a document's metadata: the name of its source


@dataclass(slots=True, kw_only=True)
class Drafted:
    """An entry whose content was read.

    known: what was stored of it, perhaps under another key.
    state: what will be recorded.
    moved_from: the key that it had before.
    lacking: what of the content was not read; `code` is that of the first of these.
    """

    entry: SourceEntry
    known: Known
    state: Tracked
    moved_from: str | None = None
    lacking: list[str] = field(default_factory=list[str])
    code: str | None = None

    def lacks(self, what: str, code: str | None) -> None:
        """Note what was not read."""
        self.lacking.append(what)
        self.code = self.code or code


class Drafting:
    """Makes drafts of entries, each with the id of its document.

    An entry keeps its document for good. A new one gets the id that its address gives, unless a
    document of another entry has it.

    Args:
        corpus: where the documents are stored.
        source: the name of the source.
        files: reads the contents.
    """

    def __init__(self, corpus: Corpus, source: str, files: FileReader) -> None:
        self._corpus, self._source, self._files = corpus, source, files
        self._given: dict[str, tuple[str, str]] = {}  # ids to entries of this run

    def drafts(self, one: Drafted, content: Content, readers: tuple[str, ...]) -> Iterator[Draft]:
        """Yield the drafts of the files inside of an entry, then its own.

        Raises:
            DocumentRejected: the content cannot be stored; the message says why.
        """
        request = Request(name=content.name, media_type=content.media_type)
        read = self._files.read(content.data, request)
        for warning in read.warnings:
            if warning.partial:
                one.lacks(warning.message, warning.code)
        own = self._draft(one, read.draft.for_groups(readers), one.entry.uri, "")
        document_of(own)  # raises, before a file inside is stored
        for name, member in members_of(self._files, replace(read, draft=own)):
            try:
                if isinstance(member, DocumentRejected):
                    raise member
                uri = member.draft.uri or name
                draft = self._draft(one, member.draft, uri, uri.removeprefix(own.uri or ""))
                document_of(draft)
            except DocumentRejected as error:
                code = error.code if isinstance(error, Unreadable) else "member"
                one.lacks(f"{name} was not stored: {error}", code)
            else:
                yield draft
        yield own

    def _draft(self, one: Drafted, draft: Draft, uri: str, member: str) -> Draft:
        entry = one.entry
        title = draft.title if member else entry.title or draft.title
        metadata = {**draft.metadata, **entry.metadata, SOURCE: self._source}
        draft = replace(draft, title=title, uri=uri, metadata=metadata)
        return replace(
            draft,
            id=self._id(one, draft, member),
            tracked=replace(one.state, member=member),
        )

    def _id(self, one: Drafted, draft: Draft, member: str) -> str:
        known = one.known.members.get(member) if member else one.known.own
        if known and known.document_id:
            return known.document_id
        place = one.entry.key, member
        found = document_of(replace(draft, id=None)).id
        number = 1
        while not self._is_free(found, place, draft):
            number += 1
            name = "\n".join([self._source, *place, str(number)])
            found = f"doc_{hashlib.sha256(name.encode()).hexdigest()[:20]}"
        self._given[found] = place
        return found

    def _is_free(self, document_id: str, place: tuple[str, str], draft: Draft) -> bool:
        """Return whether an entry may have the document of an id."""
        if document_id in self._given:
            return self._given[document_id] == place
        holder = self._corpus.tracking.with_document(document_id)
        if holder is not None:
            return (holder.source, holder.key, holder.member) == (self._source, *place)
        present = _info(self._corpus, document_id)
        if present is None:
            return True
        # A document of the same address is the same one, but its readers are never lost unsaid.
        keeps = ACCESS in draft.metadata or ACCESS not in present.metadata
        return present.uri == draft.uri and keeps


def _info(corpus: Corpus, document_id: str) -> DocumentInfo | None:
    try:
        return corpus.info(document_id)
    except DocumentNotFound:
        return None
