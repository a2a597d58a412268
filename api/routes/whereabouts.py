"""The routes that say where characters of a document are, and how they are laid out."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from citespan.api.access import ASK, RULE
from citespan.api.wire.places import BoxBody, PlaceBody, box_bodies, place_body
from citespan.api.wire.spans import MAX_OFFSET, asked_span
from citespan.index import Span
from citespan.index.layout import NOWHERE, Grid, Layout
from citespan.qa import Service

_MOST = 100_000  # code points whose outline is returned at once

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


class HeadingBody(msgspec.Struct, frozen=True, kw_only=True):
    """The characters `[start, end)` are a heading; `level` 1 is the highest."""

    start: int
    end: int
    level: int


class GridCellBody(msgspec.Struct, frozen=True, kw_only=True):
    """The characters `[start, end)` are the value of a row in a column, which counts from 0."""

    column: int
    start: int
    end: int


class GridBody(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table; `labels` are those of its columns."""

    labels: tuple[str, ...]
    rows: tuple[tuple[GridCellBody, ...], ...]


class OutlineBody(msgspec.Struct, frozen=True, kw_only=True):
    """The headings of a text, and the tables of a file, from `start` to `end`.

    `end` is lower than requested if that is more than 100,000 characters away.
    """

    revision: int
    start: int
    end: int
    headings: tuple[HeadingBody, ...]
    tables: tuple[GridBody, ...]


@get("/v1/documents/{document_id:str}/outline", opt={RULE: ASK}, sync_to_thread=True)
def outline(
    service: NamedDependency[Service],
    document_id: FromPath[str],
    revision: _Revision = None,
    start: _Offset = None,
    end: _Offset = None,
) -> OutlineBody:
    """Return the headings and tables of up to 100,000 characters of a revision."""
    corpus = service.corpus
    document = corpus.get(document_id, revision)
    asked = asked_span(document, start, end)
    span = Span(asked.start, min(asked.end, asked.start + _MOST))
    return OutlineBody(
        revision=document.revision,
        start=span.start,
        end=span.end,
        headings=tuple(
            HeadingBody(start=one.start, end=one.end, level=one.level)
            for one in corpus.places.outline(document).headings
            if span.start <= one.start and one.end <= span.end
        ),
        tables=tuple(_grid(one) for one in corpus.places.grids(document, span)),
    )


def _grid(grid: Grid) -> GridBody:
    return GridBody(
        labels=tuple(grid.labels),
        rows=tuple(
            tuple(
                GridCellBody(column=one.column, start=one.span.start, end=one.span.end)
                for one in row
            )
            for row in grid.rows
        ),
    )
