"""Where things are, below the service's address."""

from urllib.parse import quote

from index import Span
from qa.settings import DEFAULT


def collection_url(name: str) -> str:
    """Where a collection is, below the service's address."""
    return f"/v1/collections/{name}"


def document_url(document_id: str, collection: str = DEFAULT) -> str:
    """Where a document is, below the service's address."""
    url = f"/v1/documents/{quote(document_id, safe='')}"
    return url if collection == DEFAULT else f"{url}?collection={collection}"


def text_url(
    document_id: str, revision: int, span: Span | None = None, collection: str = DEFAULT
) -> str:
    """Where the text of a revision is, or the characters of a span."""
    url = f"{document_url(document_id)}/text?revision={revision}"
    url += "" if collection == DEFAULT else f"&collection={collection}"
    return url if span is None else f"{url}&start={span.start}&end={span.end}"


def job_url(job_id: str) -> str:
    """Where a job is, below the service's address."""
    return f"/v1/jobs/{quote(job_id, safe='')}"
