"""Routes for browsers. Programs that ask for JSON find no path here."""

from string import Template
from xml.sax.saxutils import escape

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from citespan.api.access import OPEN, RULE
from citespan.api.addresses import absolute
from citespan.api.web.files import Sent, assets, shell
from citespan.api.wire.bodies import AnyRequest
from citespan.api.wire.urls import service_url

_HTML, _JSON = "text/html", "application/json"
# Scripts and styles come only from this server, and no text ever becomes HTML or a script.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
_OPENSEARCH = Template(
    """<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>citespan</ShortName>
<Description>Ask the documents of this server</Description>
<InputEncoding>UTF-8</InputEncoding>
<Image width="16" height="16" type="image/svg+xml">${root}web/icon.svg</Image>
<Url type="text/html" method="get" template="${root}?q={searchTerms}"/>
</OpenSearchDescription>
"""
)


# The page needs no line: it is in memory, and must open while the server is busy or starting.
@get(
    ["/", "/library", "/review", "/runs", "/documents/{document_id:str}"],
    opt={"line": None, RULE: OPEN},
    include_in_schema=False,
    sync_to_thread=False,
)
def page(request: AnyRequest) -> Response[bytes]:
    """Return the page, to clients that prefer HTML to JSON."""
    if request.accept.best_match([_JSON, _HTML], default=_JSON) != _HTML:
        raise NotFoundException
    below = request.scope["path"].strip("/").count("/")
    headers = {"content-security-policy": _POLICY, "vary": "accept"}
    return _response(request, shell("../" * below or "./"), headers)


@get(
    "/web/{name:str}", opt={"line": None, RULE: OPEN}, include_in_schema=False, sync_to_thread=False
)
def asset(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Return a script, a style sheet or a picture of the page."""
    found = assets().get(name)
    if found is None:
        raise NotFoundException
    return _response(request, found, {})


@get(
    "/opensearch.xml", opt={"line": None, RULE: OPEN}, include_in_schema=False, sync_to_thread=False
)
def opensearch(request: AnyRequest) -> Response[bytes]:
    """Return the description that lets a browser search here from its address bar."""
    root = f"{service_url(request)}{absolute('/')}"
    return Response(
        _OPENSEARCH.substitute(root=escape(root, {'"': "&quot;"})).encode(),
        media_type="application/opensearchdescription+xml",
        headers={"cache-control": "no-cache"},
    )


def _response(request: AnyRequest, sent: Sent, more: dict[str, str]) -> Response[bytes]:
    # An upgraded server must not meet modules of the version before: browsers ask each time.
    headers = {"etag": sent.tag, "cache-control": "no-cache"} | more
    if sent.tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=sent.media_type)
    return Response(sent.data, headers=headers, media_type=sent.media_type)
