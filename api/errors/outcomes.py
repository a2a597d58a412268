"""The statuses of problems that each operation can answer with."""

from collections.abc import Mapping
from typing import Any

from citespan.api.errors.problem import TABLE

# Any request can have a length, a coding, a Host name or a query that the server refuses, and any
# caller can have used its quota.
_ANY = {400, 413, 415, 421, 429, 500, 503, 504}
_SENT = {403, 408}  # pages of other sites may not send changes or questions
_KEYED = {401, 403, 429}  # where keys are needed
# These paths need no key; one that is sent must be valid.
_OPEN = {"/health/live", "/health/ready", "/version", "/schema"}
_READ = {422}  # a body or a parameter is invalid
_NAMED = {404, 422}
_STORED = {507}
_OWN: Mapping[tuple[str, str], set[int]] = {
    ("post", "/v1/ask"): _NAMED,
    ("post", "/v1/search"): _NAMED,
    ("get", "/v1/documents"): _NAMED,
    ("post", "/v1/documents"): _NAMED | _STORED | {409},
    ("get", "/v1/documents/{document_id}"): _NAMED,
    ("put", "/v1/documents/{document_id}"): _NAMED | _STORED,
    ("delete", "/v1/documents/{document_id}"): _NAMED | _STORED,
    ("get", "/v1/documents/{document_id}/revisions"): _NAMED,
    ("delete", "/v1/documents/{document_id}/revisions/{revision}"): _NAMED | _STORED | {409},
    ("get", "/v1/documents/{document_id}/text"): _NAMED,
    ("get", "/v1/documents/{document_id}/original"): _NAMED,
    ("get", "/v1/documents/{document_id}/where"): _NAMED,
    ("get", "/v1/documents/{document_id}/outline"): _NAMED,
    ("get", "/v1/documents/{document_id}/pages/{page}"): _NAMED,
    ("post", "/v1/collections"): _READ | _STORED | {409},
    ("get", "/v1/collections"): {404},
    ("get", "/v1/collections/{name}"): {404},
    ("delete", "/v1/collections/{name}"): _NAMED | _STORED | {409},
    ("post", "/v1/collections/{name}/reindex"): _NAMED | _STORED | {409},
    ("post", "/v1/collections/{name}/rollback"): {404, 409} | _STORED,
    ("post", "/v1/jobs"): _NAMED | _STORED,
    ("get", "/v1/jobs/{job_id}"): {404},
    ("delete", "/v1/jobs/{job_id}"): {404} | _STORED,
    ("get", "/v1/labels"): _NAMED,
    ("post", "/v1/labels"): _NAMED | _STORED | {409},
    ("get", "/v1/labels/dataset"): _NAMED,
    ("patch", "/v1/labels/{label_id}"): _NAMED | _STORED,
    ("delete", "/v1/labels/{label_id}"): _NAMED | _STORED,
    ("get", "/v1/unanswered"): {403} | _NAMED,
    ("delete", "/v1/unanswered"): _NAMED | _STORED,
    ("get", "/v1/runs"): {403},
    ("get", "/v1/runs/{time}/{dataset}"): {403, 404},
    ("get", "/v1/runs/{time}/{dataset}/changes"): {403} | _NAMED,
    ("get", "/v1/sources"): set(),
    ("get", "/v1/sources/{source}"): {404},
    ("post", "/v1/sources/{source}/runs"): _NAMED | _STORED,
    ("post", "/v1/sources/{source}/hook"): _NAMED | _STORED,
    ("post", "/v1/chat/completions"): {404},
    ("post", "/v1/responses"): {404},
    ("get", "/v1/models/{name}"): {404},
}


def problems(method: str, path: str, content: dict[str, Any]) -> dict[str, Any]:
    """Return the error responses of an operation, by status.

    Args:
        method: in lower case.
        path: as in the description.
        content: the body of the responses, by media type.
    """
    sent: set[int] = set() if method == "get" else _SENT
    keyed = _KEYED - {403} if path in _OPEN else _KEYED
    statuses = _ANY | sent | keyed | _OWN.get((method, path), _ANY)
    return {str(status): _response(status, content) for status in sorted(statuses)}


def _response(status: int, content: dict[str, Any]) -> dict[str, Any]:
    rows = [row for row in TABLE.values() if row.status == status]
    titles = sorted({row.title for row in rows}) or ["Not answered in time"]
    response: dict[str, Any] = {"description": "; ".join(titles), "content": content}
    if any(row.retry_after_s for row in rows):
        seconds = {
            "description": "Seconds after which the client may try again.",
            "schema": {"type": "integer"},
        }
        response["headers"] = {"Retry-After": seconds}
    return response
