"""Routes that store documents and return their text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import Controller, MediaType, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, RawBody

from citespan.api.access import ASK, RULE, WRITE
from citespan.api.errors.types import InvalidRequest
from citespan.api.middleware.changes import tell
from citespan.api.middleware.lines import STORING
from citespan.api.middleware.quotas import QuotaUnit
from citespan.api.middleware.watch import take
from citespan.api.wire.bodies import Access, AnyRequest, Described, groups
from citespan.api.wire.files import read_document
from citespan.api.wire.spans import MAX_OFFSET, asked_span
from citespan.api.wire.urls import document_url, text_url
from citespan.index.reading import ReadFile
from citespan.index.types import DocumentInfo, MetadataValue, Outcome, StoreResult
from citespan.qa import MemberResult, Service, store_members
from citespan.qa.answer import MAX_LISTED

_TEXT, _HTML = MediaType.TEXT, MediaType.HTML  # sent with charset=utf-8
_STATUS = {Outcome.ADDED: 201, Outcome.REPLACED: 200, Outcome.UNCHANGED: 200}

_Id = Annotated[str | None, QueryParameter(name="id")]
_Title = Annotated[str | None, QueryParameter(max_length=2000)]
_Uri = Annotated[str | None, QueryParameter(max_length=2000)]
_Limit = Annotated[int, QueryParameter(ge=1, le=1000)]
_Cursor = Annotated[str | None, QueryParameter(max_length=200)]
_Revision = Annotated[int | None, QueryParameter(ge=1, le=MAX_OFFSET)]
_Offset = Annotated[int | None, QueryParameter(ge=0, le=MAX_OFFSET)]


class DocumentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A stored document; `url` returns its text, `length` counts code points."""

    id: str
    title: str
    uri: str | None
    sha256: str
    revision: int
    media_type: str
    metadata: Mapping[str, MetadataValue]
    length: int
    created_at: str
    url: str


class WarningBody(msgspec.Struct, frozen=True, kw_only=True):
    """What of a file was not read; `partial` if a reader of the file would see it."""

    code: str
    message: str
    page: int | None
    partial: bool


class MemberBody(msgspec.Struct, frozen=True, kw_only=True):
    """A file inside of a file: the id of its own document, or why it was not stored."""

    name: str
    document_id: str | None
    reason: str | None
    code: str | None


class StoredBody(DocumentBody, frozen=True, kw_only=True):
    """A document that was stored, with what of its file was not read, and the files inside."""

    warnings: tuple[WarningBody, ...]
    members: tuple[MemberBody, ...]


class DocumentListBody(msgspec.Struct, frozen=True, kw_only=True):
    """A page of documents; `next_cursor` requests the next page, null on the last."""

    documents: tuple[DocumentBody, ...]
    next_cursor: str | None


class RevisionListBody(msgspec.Struct, frozen=True, kw_only=True):
    """The stored revisions of a document, oldest first; the last is the current one."""

    revisions: tuple[DocumentBody, ...]


class Documents(Controller):
    """The routes of `/v1/documents`: stored documents, by id."""

    path = "/v1/documents"

    @get(opt={RULE: ASK}, sync_to_thread=True)
    def page(
        self,
        service: NamedDependency[Service],
        cursor: _Cursor = None,
        limit: _Limit = 100,
    ) -> DocumentListBody:
        """List documents by id; if they are too large for one response, the page has fewer."""
        found = service.corpus.documents(cursor=cursor, limit=limit)
        bodies = _bounded([_body(info, service.collection) for info in found.documents])
        more = len(bodies) < len(found.documents)
        return DocumentListBody(
            documents=bodies, next_cursor=bodies[-1].id if more else found.next_cursor
        )

    @post(opt={"line": STORING, RULE: WRITE}, sync_to_thread=True)
    def add(
        self,
        service: NamedDependency[Service],
        request: AnyRequest,
        body: RawBody,
        document_id: _Id = None,
        title: _Title = None,
        uri: _Uri = None,
        access: Access = "",
    ) -> Response[StoredBody]:
        """Store a new document; storing the same document again changes nothing."""
        take(QuotaUnit.DOCUMENTS)
        described = Described(id=document_id, title=title, uri=uri, access=groups(access))
        read, password = read_document(request, body, described, service.files)
        check = request.scope["state"]["patience"].check
        stored = service.corpus.add(read.draft, check)
        members = store_members(service.corpus, service.files, read, password, check)
        return _stored(request, service, stored, read, members)

    @put("/{document_id:str}", opt={"line": STORING, RULE: WRITE}, sync_to_thread=True)
    def put(
        self,
        service: NamedDependency[Service],
        request: AnyRequest,
        body: RawBody,
        document_id: FromPath[str],
        title: _Title = None,
        uri: _Uri = None,
        access: Access = "",
    ) -> Response[StoredBody]:
        """Store a document under this id; if another one has the id, add a new revision to it."""
        take(QuotaUnit.DOCUMENTS)
        described = Described(id=None, title=title, uri=uri, access=groups(access))
        read, password = read_document(request, body, described, service.files)
        if read.draft.id not in {None, document_id}:
            raise InvalidRequest.of("id", "differs from the one in the path")
        read = replace(read, draft=replace(read.draft, id=document_id))
        check = request.scope["state"]["patience"].check
        stored = service.corpus.put(read.draft, check)
        members = store_members(service.corpus, service.files, read, password, check)
        return _stored(request, service, stored, read, members)

    @get("/{document_id:str}", opt={RULE: ASK}, sync_to_thread=True)
    def info(self, service: NamedDependency[Service], document_id: FromPath[str]) -> DocumentBody:
        """Return the metadata of a document."""
        return _body(service.corpus.info(document_id), service.collection)

    @delete("/{document_id:str}", opt={RULE: WRITE}, sync_to_thread=True)
    def remove(self, service: NamedDependency[Service], document_id: FromPath[str]) -> None:
        """Delete a document with all its revisions."""
        service.corpus.delete(document_id)

    @get("/{document_id:str}/revisions", opt={RULE: ASK}, sync_to_thread=True)
    def revisions(
        self, service: NamedDependency[Service], document_id: FromPath[str]
    ) -> RevisionListBody:
        """List the stored revisions of a document."""
        found = service.corpus.revisions(document_id)
        return RevisionListBody(revisions=tuple(_body(info, service.collection) for info in found))

    @delete("/{document_id:str}/revisions/{revision:int}", opt={RULE: WRITE}, sync_to_thread=True)
    def purge(
        self,
        service: NamedDependency[Service],
        document_id: FromPath[str],
        revision: FromPath[int],
    ) -> None:
        """Delete a past revision; afterwards, addresses of its text no longer work."""
        service.corpus.purge_revision(document_id, revision)

    @get("/{document_id:str}/text", opt={RULE: ASK}, media_type=_TEXT, sync_to_thread=True)
    def text(
        self,
        service: NamedDependency[Service],
        request: AnyRequest,
        document_id: FromPath[str],
        revision: _Revision = None,
        start: _Offset = None,
        end: _Offset = None,
    ) -> Response[bytes]:
        """Return the text of a revision, or only the characters from `start` to `end`.

        A browser that opens such characters is sent to the reader, which shows them in the text.
        """
        document = service.corpus.get(document_id, revision)
        if start is not None or end is not None:
            text = asked_span(document, start, end).of(document.text)
            if request.accept.best_match([_TEXT, _HTML], default=_TEXT) == _HTML:
                return Response(b"", status_code=303, headers=_reader(request, document_id))
            headers = _saved_as(document_id) | {"vary": "accept"}
            return Response(text.encode(), media_type=_TEXT, headers=headers)
        etag = f'"{document.sha256}"'
        if etag in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, headers={"etag": etag})
        headers = _saved_as(document_id) | {"etag": etag}
        return Response(document.text.encode(), media_type=_TEXT, headers=headers)


def _reader(request: AnyRequest, document_id: str) -> dict[str, str]:
    """Return the header that leads to the reader, below the same path and with the same span."""
    query = request.scope["query_string"].decode("ascii")
    path = f"../../../documents/{quote(document_id, safe='')}?{query}"
    return {"location": path, "vary": "accept"}


def _saved_as(document_id: str) -> dict[str, str]:
    """Return the header for a browser to show plain text, and to save it with the suffix .txt."""
    return {"content-disposition": f"inline; filename*=UTF-8''{quote(document_id, safe='')}.txt"}


def _bounded(bodies: Sequence[DocumentBody]) -> tuple[DocumentBody, ...]:
    """Return the first bodies, as many as one response holds, but at least one if there is any."""
    kept: list[DocumentBody] = []
    room = MAX_LISTED
    for body in bodies:
        room -= len(msgspec.json.encode(body))
        if room < 0 and kept:
            break
        kept.append(body)
    return tuple(kept)


def _body(info: DocumentInfo, collection: str) -> DocumentBody:
    return DocumentBody(
        id=info.id,
        title=info.title,
        uri=info.uri,
        sha256=info.sha256,
        revision=info.revision,
        media_type=info.media_type,
        metadata=info.metadata,
        length=info.length,
        created_at=info.created_at,
        url=text_url(info.id, info.revision, collection=collection),
    )


def _stored(
    request: AnyRequest,
    service: Service,
    stored: StoreResult,
    read: ReadFile,
    members: Sequence[MemberResult],
) -> Response[StoredBody]:
    tell(request.scope, document=stored.document.id, detail=stored.outcome)
    body = StoredBody(
        **msgspec.structs.asdict(_body(stored.document, service.collection)),
        warnings=tuple(
            WarningBody(code=one.code, message=one.message, page=one.page, partial=one.partial)
            for one in read.warnings
        ),
        members=tuple(
            MemberBody(name=one.name, document_id=one.document_id, reason=one.reason, code=one.code)
            for one in members
        ),
    )
    return Response(
        body,
        status_code=_STATUS[stored.outcome],
        headers={"location": document_url(stored.document.id, service.collection)},
    )
