"""Addresses of what the service stores, relative to the service's own."""

import re
from urllib.parse import quote

from citespan.api.errors.types import MalformedRequest
from citespan.api.wire.bodies import AnyRequest
from citespan.index import Span
from citespan.qa.settings import DEFAULT

_HOST = re.compile(r"[A-Za-z0-9._~-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]")
_HIGHEST_PORT = 65535


def service_url(request: AnyRequest) -> str:
    """Return the service's address as the client used it, without a slash at its end.

    Raises:
        MalformedRequest: the Host header is not a name or an address, with a port or without.
    """
    host = request.headers.get("host", "").strip()
    if not host:
        return ""  # as HTTP/1.0 allows: addresses are relative to the one that the client used
    name, port = host, ""
    if not host.endswith("]"):
        name, colon, port = host.rpartition(":")
        name = name if colon else host
        port = port if colon else ""
    if not _HOST.fullmatch(name) or not _is_port(port):
        raise MalformedRequest("the Host header is not a name or an address with a port")
    return f"{request.scope['scheme']}://{host.removesuffix(':')}"


def _is_port(text: str) -> bool:
    """Return whether the text is a port, or empty."""
    if not text:
        return True
    return text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= _HIGHEST_PORT


def collection_url(name: str) -> str:
    """Return the path of a collection, below the service's address."""
    return f"/v1/collections/{name}"


def document_url(document_id: str, collection: str = DEFAULT) -> str:
    """Return the path of a document, below the service's address."""
    url = f"/v1/documents/{quote(document_id, safe='')}"
    return url if collection == DEFAULT else f"{url}?collection={collection}"


def text_url(
    document_id: str, revision: int, span: Span | None = None, collection: str = DEFAULT
) -> str:
    """Return the path of a revision's text, or of the characters of a span of it."""
    url = f"{document_url(document_id)}/text?revision={revision}"
    url += "" if collection == DEFAULT else f"&collection={collection}"
    return url if span is None else f"{url}&start={span.start}&end={span.end}"


def original_url(document_id: str, revision: int, collection: str = DEFAULT) -> str:
    """Return the path of the file that a revision was read from."""
    url = f"{document_url(document_id)}/original?revision={revision}"
    return url if collection == DEFAULT else f"{url}&collection={collection}"


def page_url(document_id: str, revision: int, page: int, collection: str = DEFAULT) -> str:
    """Return the path of the picture of a page of a revision's file."""
    url = f"{document_url(document_id)}/pages/{page}.png?revision={revision}"
    return url if collection == DEFAULT else f"{url}&collection={collection}"


def job_url(job_id: str) -> str:
    """Return the path of a job, below the service's address."""
    return f"/v1/jobs/{quote(job_id, safe='')}"
