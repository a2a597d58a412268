"""The route that says where characters of a document are in its file."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from citespan.api.access import ASK, RULE
from citespan.api.wire.places import BoxBody, PlaceBody, box_bodies, place_body
from citespan.api.wire.spans import MAX_OFFSET, asked_span
from citespan.index.layout import NOWHERE, Layout
from citespan.qa import Service

_Revision = Annotated[int | None, QueryParameter(ge=1, le=MAX_OFFSET)]
_Offset = Annotated[int | None, QueryParameter(ge=0, le=MAX_OFFSET)]


class PageSizeBody(msgspec.Struct, frozen=True, kw_only=True):
    """The size of a page as shown, in tenths of a point."""

    width: int
    height: int


class WhereaboutsBody(msgspec.Struct, frozen=True, kw_only=True):
    """A revision, the pages of its file, and where the requested characters are.

    `current_revision` is the newest, `length` counts code points, and `original` says whether the
    file is kept. `page`, `boxes`, `place` and `headings` are as in a citation; without `start` and
    `end` they are null and empty.
    """

    revision: int
    current_revision: int
    title: str
    uri: str | None
    media_type: str
    length: int
    original: bool
    pages: tuple[PageSizeBody, ...]
    page: int | None
    boxes: tuple[BoxBody, ...]
    place: PlaceBody | None
    headings: tuple[str, ...]


@get("/v1/documents/{document_id:str}/where", opt={RULE: ASK}, sync_to_thread=True)
def where(
    service: NamedDependency[Service],
    document_id: FromPath[str],
    revision: _Revision = None,
    start: _Offset = None,
    end: _Offset = None,
) -> WhereaboutsBody:
    """Return the pages of a revision, and where the characters from `start` to `end` are."""
    corpus = service.corpus
    document = corpus.get(document_id, revision)
    source = corpus.places.source(document_id, document.revision)
    found = NOWHERE
    if start is not None or end is not None:
        found = corpus.places.where(document, asked_span(document, start, end))
    return WhereaboutsBody(
        revision=document.revision,
        current_revision=corpus.info(document_id).revision,
        title=document.title,
        uri=document.uri,
        media_type=document.media_type,
        length=document.length,
        original=bool(source and source.original),
        pages=tuple(
            PageSizeBody(width=one.width, height=one.height)
            for one in (Layout(source.layout).pages if source else ())
        ),
        page=found.page,
        boxes=box_bodies(found.boxes),
        place=place_body(found.place, found.cells),
        headings=found.headings,
    )
