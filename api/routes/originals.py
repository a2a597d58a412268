"""Routes that return the files of documents, and pictures of their pages."""

from typing import Annotated
from urllib.parse import quote

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from citespan.api.access import ASK, RULE
from citespan.api.errors.types import InvalidRequest, OriginalNotFound, PageNotFound
from citespan.api.middleware.lines import ASKING
from citespan.api.wire.spans import MAX_OFFSET
from citespan.index.layout import Layout
from citespan.index.types import SourceFile
from citespan.qa import MAX_WIDTH, Service, picture_of

_BINARY = "application/octet-stream"
_PNG = "image/png"
_SUFFIX = ".png"
# The guard has browsers run nothing and load nothing; deleted files must not be left in caches.
_UNSTORED = {"cache-control": "private, no-store"}
_Revision = Annotated[int | None, QueryParameter(ge=1, le=MAX_OFFSET)]
_Width = Annotated[int, QueryParameter(ge=1, le=MAX_WIDTH)]


class Originals(Controller):
    """The files of documents, as they were sent, and pictures of their pages."""

    path = "/v1/documents/{document_id:str}"

    @get("/original", opt={RULE: ASK}, media_type=_BINARY, sync_to_thread=True)
    def original(
        self,
        service: NamedDependency[Service],
        document_id: FromPath[str],
        revision: _Revision = None,
    ) -> Response[bytes]:
        """Return the file that a revision was read from, to be saved."""
        source, data = _kept(service, document_id, revision)
        name = quote(source.name or document_id, safe="")
        headers = _UNSTORED | {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(data, media_type=_BINARY, headers=headers)

    @get(
        "/pages/{page:str}",
        opt={"line": ASKING, "question": False, RULE: ASK},
        media_type=_PNG,
        sync_to_thread=True,
    )
    def page(
        self,
        service: NamedDependency[Service],
        document_id: FromPath[str],
        page: FromPath[str],
        revision: _Revision = None,
        width: _Width = 1200,
    ) -> Response[bytes]:
        """Return a picture of a page, from 1, of a revision's file; `width` is in pixels."""
        number = page.removesuffix(_SUFFIX)
        if not page.endswith(_SUFFIX) or not number.isascii() or not number.isdigit():
            raise InvalidRequest.of("page", "is a number that ends in .png, such as 3.png")
        source, data = _kept(service, document_id, revision)
        pages = len(Layout(source.layout).pages)
        if len(number) > 9 or not 1 <= int(number) <= pages:
            raise PageNotFound(int(number[:9]), pages)
        picture = picture_of(data, int(number), width)
        return Response(picture, media_type=_PNG, headers=_UNSTORED)


def _kept(service: Service, document_id: str, revision: int | None) -> tuple[SourceFile, bytes]:
    """Return the file of a revision, by default of the current one, and its bytes.

    Raises:
        DocumentNotFound: there is no such document or revision.
        OriginalNotFound: no file of it is kept.
    """
    corpus = service.corpus
    found = revision or corpus.info(document_id).revision
    source = corpus.places.file(document_id, found)
    if source is None or source.data is None:
        corpus.get(document_id, found)  # raises if there is no such revision
        raise OriginalNotFound(document_id)
    return source, source.data
