"""Where things are, below the service's address."""

from urllib.parse import quote

from index import Span


def document_url(document_id: str) -> str:
    """Where a document is, below the service's address."""
    return f"/v1/documents/{quote(document_id, safe='')}"


def text_url(document_id: str, revision: int, span: Span | None = None) -> str:
    """Where the text of a revision is, or the characters of a span."""
    url = f"{document_url(document_id)}/text?revision={revision}"
    return url if span is None else f"{url}&start={span.start}&end={span.end}"


def job_url(job_id: str) -> str:
    """Where a job is, below the service's address."""
    return f"/v1/jobs/{quote(job_id, safe='')}"
