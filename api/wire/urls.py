"""Addresses of what the service stores; relative ones unless the service knows its own."""

from urllib.parse import quote

from citespan.api.addresses import absolute, base, check_host
from citespan.api.wire.bodies import AnyRequest
from citespan.index import Span
from citespan.qa.settings import DEFAULT


def service_url(request: AnyRequest) -> str:
    """Return what the addresses below lack to be absolute, or nothing if they are.

    It is the service's address as the client used it, without a slash at its end.

    Raises:
        MalformedRequest: the Host header is not a name or an address, with a port or without.
    """
    if base():
        return ""
    host = request.headers.get("host", "").strip()
    if not host:
        return ""  # as HTTP/1.0 allows: addresses are relative to the one that the client used
    check_host(host)
    return f"{request.scope['scheme']}://{host.removesuffix(':')}"


def collection_url(name: str) -> str:
    """Return the address of a collection."""
    return absolute(f"/v1/collections/{name}")


def document_url(document_id: str, collection: str = DEFAULT) -> str:
    """Return the address of a document."""
    url = absolute(f"/v1/documents/{quote(document_id, safe='')}")
    return url if collection == DEFAULT else f"{url}?collection={collection}"


def text_url(
    document_id: str, revision: int, span: Span | None = None, collection: str = DEFAULT
) -> str:
    """Return the address of a revision's text, or of the characters of a span of it."""
    url = f"{document_url(document_id)}/text?revision={revision}"
    url += "" if collection == DEFAULT else f"&collection={collection}"
    return url if span is None else f"{url}&start={span.start}&end={span.end}"


def original_url(document_id: str, revision: int, collection: str = DEFAULT) -> str:
    """Return the address of the file that a revision was read from."""
    url = f"{document_url(document_id)}/original?revision={revision}"
    return url if collection == DEFAULT else f"{url}&collection={collection}"


def page_url(document_id: str, revision: int, page: int, collection: str = DEFAULT) -> str:
    """Return the address of the picture of a page of a revision's file."""
    url = f"{document_url(document_id)}/pages/{page}.png?revision={revision}"
    return url if collection == DEFAULT else f"{url}&collection={collection}"


def source_url(name: str) -> str:
    """Return the address of a source."""
    return absolute(f"/v1/sources/{name}")


def job_url(job_id: str) -> str:
    """Return the address of a job."""
    return absolute(f"/v1/jobs/{quote(job_id, safe='')}")
