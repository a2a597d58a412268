"""Errors as RFC 9457 problems: one table from exception type to response."""

from dataclasses import dataclass
from typing import Any, cast

import msgspec
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from citespan.api.errors.types import (
    ApiError,
    BodyTooLarge,
    BodyTooSlow,
    Busy,
    ClientDisconnected,
    CrossOrigin,
    FieldError,
    Forbidden,
    InvalidRequest,
    MalformedRequest,
    ModelNotFound,
    OriginalNotFound,
    PageNotFound,
    QuotaExceeded,
    RunNotFound,
    SpanOutOfRange,
    TookTooLong,
    TooOften,
    Unauthenticated,
    UnknownHost,
    UnsupportedMediaType,
)
from citespan.index import errors as store
from citespan.index.reading import Unreadable
from citespan.index.text import shown as visible
from citespan.qa import errors as qa

MEDIA_TYPE = "application/problem+json"
_MAX_DETAIL = 500  # code points; messages may quote what the client sent


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """The response to an error; without `detail`, the client gets the error's own message."""

    status: int
    slug: str
    title: str
    detail: str | None = None
    retry_after_s: int | None = None


_FAILED = "The server failed; its log has the error under this request's id."
INTERNAL = ErrorRow(status=500, slug="internal", title="Internal error", detail=_FAILED)
_NOT_FOUND = ErrorRow(
    status=404, slug="not-found", title="No such path", detail="/schema lists the paths."
)
_MALFORMED = ErrorRow(status=400, slug="malformed-request", title="Malformed request")
_INVALID = ErrorRow(status=422, slug="invalid-request", title="Invalid request")
_FORBIDDEN = ErrorRow(status=403, slug="forbidden", title="Not allowed")
_TOO_LARGE = ErrorRow(status=413, slug="body-too-large", title="Body too large")
_NO_THREAD = "can't start new thread"  # CPython has no class for it: no memory for its stack

_UNAVAILABLE = ErrorRow(
    status=503, slug="storage-unavailable", title="Storage unavailable", retry_after_s=5,
    detail="The stored documents cannot be read or written at the moment.",
)  # fmt: skip
TABLE: dict[type[Exception], ErrorRow] = {
    Exception: INTERNAL,
    ApiError: INTERNAL,
    MalformedRequest: _MALFORMED,
    InvalidRequest: _INVALID,
    ModelNotFound: ErrorRow(status=404, slug="model-not-found", title="No such model"),
    RunNotFound: ErrorRow(status=404, slug="run-not-found", title="No such run"),
    SpanOutOfRange: ErrorRow(status=422, slug="span-out-of-range", title="Span out of range"),
    UnsupportedMediaType: ErrorRow(
        status=415, slug="unsupported-media-type", title="Unsupported media type"
    ),
    BodyTooLarge: _TOO_LARGE,
    BodyTooSlow: ErrorRow(status=408, slug="body-too-slow", title="Body too slow"),
    Busy: ErrorRow(status=503, slug="busy", title="Too many requests at once", retry_after_s=5),
    QuotaExceeded: ErrorRow(
        status=429, slug="quota-exceeded", title="Quota exceeded", retry_after_s=60
    ),
    TookTooLong: ErrorRow(status=504, slug="took-too-long", title="Took too long", retry_after_s=5),
    MemoryError: ErrorRow(
        status=503,
        slug="out-of-memory",
        title="Out of memory",
        detail="The server does not have enough memory for this request at the moment.",
        retry_after_s=5,
    ),
    Unauthenticated: ErrorRow(status=401, slug="invalid-api-key", title="No valid key"),
    Forbidden: _FORBIDDEN,
    TooOften: ErrorRow(status=429, slug="too-often", title="Tried too often", retry_after_s=60),
    CrossOrigin: ErrorRow(status=403, slug="cross-origin", title="Cross-origin request"),
    UnknownHost: ErrorRow(status=421, slug="unknown-host", title="Misdirected request"),
    ClientDisconnected: _MALFORMED,
    HTTPException: INTERNAL,
    ClientException: _MALFORMED,
    ValidationException: _INVALID,
    NotFoundException: _NOT_FOUND,
    MethodNotAllowedException: ErrorRow(
        status=405,
        slug="method-not-allowed",
        title="Method not allowed",
        detail="The Allow header lists the methods of this path.",
    ),
    store.StoreError: INTERNAL,
    store.DocumentRejected: ErrorRow(
        status=422, slug="document-rejected", title="Document rejected"
    ),
    Unreadable: ErrorRow(status=422, slug="file-unreadable", title="File not read"),
    OriginalNotFound: ErrorRow(status=404, slug="original-not-found", title="No original file"),
    PageNotFound: ErrorRow(status=404, slug="page-not-found", title="No such page"),
    store.DocumentNotFound: ErrorRow(
        status=404, slug="document-not-found", title="No such document"
    ),
    store.JobNotFound: ErrorRow(status=404, slug="job-not-found", title="No such job"),
    store.JobsFull: ErrorRow(status=503, slug="jobs-full", title="Too many jobs", retry_after_s=60),
    store.DuplicateDocument: ErrorRow(
        status=409, slug="duplicate-document", title="Document exists"
    ),
    store.CurrentRevision: ErrorRow(status=409, slug="current-revision", title="Current revision"),
    # A client's offsets become SpanOutOfRange: this error is a fault of the server.
    store.InvalidSpan: INTERNAL,
    store.InvalidFilter: INTERNAL,  # a client's filter becomes InvalidRequest
    store.StoreMismatch: INTERNAL,
    store.BuildIncomplete: INTERNAL,
    store.BuildInUse: ErrorRow(status=409, slug="chunks-unchanged", title="Nothing to change"),
    store.StoreUnavailable: _UNAVAILABLE,
    store.BuildReplaced: _UNAVAILABLE,
    store.SearchBehind: _UNAVAILABLE,
    store.ClusterUnavailable: INTERNAL,  # no request meets it: only the command line uses Ray
    store.StoreFull: ErrorRow(
        status=507,
        slug="storage-full",
        title="Storage full",
        detail="The disk has no room to store this; stored documents can be read and searched.",
    ),
    store.StoreLocked: ErrorRow(
        status=503,
        slug="storage-locked",
        title="Storage locked",
        detail="Another process is writing to the stored documents.",
        retry_after_s=5,
    ),
    store.StoreCorrupt: ErrorRow(
        status=500,
        slug="storage-corrupt",
        title="Storage corrupt",
        detail="Stored data is damaged; the operator of this service must repair it.",
    ),
    store.DocumentDamaged: ErrorRow(status=500, slug="storage-corrupt", title="Storage corrupt"),
    store.JobsDamaged: ErrorRow(
        status=503,
        slug="jobs-damaged",
        title="Jobs damaged",
        detail="The file of the jobs is damaged; documents can still be stored one by one."
        " The operator of this service must stop it and run `citespan doctor`.",
    ),
    store.BackupInvalid: INTERNAL,
    store.ExportInvalid: INTERNAL,
    store.ModelUnavailable: ErrorRow(
        status=503,
        slug="model-unavailable",
        title="Model unavailable",
        detail="A required model cannot be loaded; the operator of this service must provide it.",
        retry_after_s=60,
    ),
    qa.QAError: INTERNAL,
    qa.InvalidQuestion: ErrorRow(status=422, slug="invalid-question", title="Invalid question"),
    qa.UngroundedCitation: INTERNAL,
    qa.CollectionNotFound: ErrorRow(
        status=404, slug="collection-not-found", title="No such collection"
    ),
    qa.CollectionGone: ErrorRow(
        status=404, slug="collection-not-found", title="No such collection"
    ),
    qa.CollectionsBusy: ErrorRow(
        status=503, slug="collections-busy", title="Too many collections in use", retry_after_s=5
    ),
    qa.TooManyCollections: ErrorRow(
        status=409, slug="too-many-collections", title="Too many collections"
    ),
    qa.CollectionExists: ErrorRow(status=409, slug="collection-exists", title="Collection exists"),
    qa.InvalidCollection: INTERNAL,  # a client's settings become InvalidRequest
    qa.UntrustedSettings: INTERNAL,  # only commands raise it
    qa.NotPermitted: _FORBIDDEN,
    qa.InvalidLabel: ErrorRow(status=422, slug="invalid-label", title="Invalid label"),
    qa.LabelNotFound: ErrorRow(status=404, slug="label-not-found", title="No such label"),
    qa.TooManyLabels: ErrorRow(status=409, slug="too-many-labels", title="Too many labels"),
    qa.ModeUnavailable: ErrorRow(status=422, slug="mode-unavailable", title="Mode unavailable"),
    qa.ReindexRunning: ErrorRow(status=409, slug="reindex-running", title="Being reindexed"),
    qa.NoEarlierChunks: ErrorRow(
        status=409, slug="no-earlier-chunks", title="Nothing to go back to"
    ),
    qa.SourceNotFound: ErrorRow(status=404, slug="source-not-found", title="No such source"),
    qa.SourceExists: INTERNAL,  # only commands raise it
    qa.NotReady: ErrorRow(status=503, slug="not-ready", title="Not ready", retry_after_s=2),
    # If the language model fails, the answer quotes passages instead.
    qa.PromptTooLong: INTERNAL,
    qa.EndpointFailed: INTERNAL,
    qa.ConfigError: INTERNAL,
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem on the wire; `instance` names the request, as its log entry does.

    `code` says in one word why a file was not read, such as "encrypted": then send its `password`.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[FieldError, ...] = ()
    code: str = ""


def row_of(error: Exception) -> ErrorRow:
    """Return the row of the nearest class of an error."""
    if str(error) == _NO_THREAD:
        return TABLE[MemoryError]
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def problem_of(error: Exception, request_id: str) -> Problem:
    """Return the problem that a client gets for an error."""
    row = row_of(error)
    return Problem(
        type=f"urn:citespan:problem:{row.slug}",
        title=row.title,
        status=row.status,
        detail=shown(error) if row.detail is None else row.detail,
        instance=f"urn:citespan:request:{request_id}",
        errors=_field_errors(error),
        code=error.code if isinstance(error, Unreadable) else "",
    )


def problem_headers(error: Exception) -> dict[str, str]:
    """Return the headers of a problem: when to try again, which keys and methods are taken."""
    row = row_of(error)
    told_s = error.wait_s if isinstance(error, QuotaExceeded | TooOften) else row.retry_after_s
    headers = {"retry-after": str(told_s)} if told_s else {}
    if isinstance(error, Unauthenticated):
        invalid = ', error="invalid_token"' if error.given else ""
        headers["www-authenticate"] = f'Bearer realm="citespan"{invalid}'
    if isinstance(error, MethodNotAllowedException):
        headers["allow"] = allowed(error)
    return headers


def allowed(error: MethodNotAllowedException) -> str:
    """Return the value of Allow for a path; a path that answers GET also answers HEAD."""
    methods = {one.strip() for one in (error.headers or {}).get("allow", "").split(",")}
    methods |= {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(sorted(methods))


def is_fault(error: Exception) -> bool:
    """Return whether the error is the server's fault, so that its traceback is logged."""
    row = row_of(error)
    return row.status >= 500 and row.detail is not None


def shown(error: Exception) -> str:
    """Return the error's own message, cut to the length that a client gets."""
    if isinstance(error, ValidationException):
        text = "; ".join(f"{e.field}: {e.message}" for e in _field_errors(error)) or error.detail
    elif isinstance(error, HTTPException):
        text = error.detail
    else:
        text = str(error)
    return _cut(text)


def _cut(text: str) -> str:
    text = visible(text)
    return text if len(text) <= _MAX_DETAIL else text[: _MAX_DETAIL - 1] + "…"


def _field_errors(error: Exception) -> tuple[FieldError, ...]:
    if isinstance(error, InvalidRequest):
        return tuple(FieldError(_cut(e.field), _cut(e.message)) for e in error.errors)
    if not isinstance(error, ValidationException) or not isinstance(error.extra, list):
        return ()
    entries = cast("list[dict[str, Any]]", error.extra)
    return tuple(
        FieldError(_cut(str(entry.get("key", ""))), _cut(str(entry.get("message", ""))))
        for entry in entries
    )
