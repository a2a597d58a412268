"""Errors as RFC 9457 problems: one table from exception type to what a client is told."""

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
    InvalidRequest,
    MalformedRequest,
    ModelNotFound,
    SpanOutOfRange,
    TookTooLong,
    UnknownHost,
    UnsupportedMediaType,
)
from citespan.index import errors as store
from citespan.index.text import shown as visible
from citespan.qa import errors as qa

MEDIA_TYPE = "application/problem+json"
_MAX_DETAIL = 500  # code points; messages may quote what the client sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a client is told of an error; without `detail` it is the error's own message."""

    status: int
    slug: str
    title: str
    detail: str | None = None
    retry_after_s: int | None = None


INTERNAL = Row(
    status=500,
    slug="internal",
    title="Internal error",
    detail="Something went wrong here; the log has it under this request's id.",
)
_NOT_FOUND = Row(
    status=404, slug="not-found", title="No such path", detail="/schema lists what there is."
)
_MALFORMED = Row(status=400, slug="malformed-request", title="Malformed request")
_INVALID = Row(status=422, slug="invalid-request", title="Invalid request")
_TOO_LARGE = Row(status=413, slug="body-too-large", title="Body too large")

TABLE: dict[type[Exception], Row] = {
    Exception: INTERNAL,
    ApiError: INTERNAL,
    MalformedRequest: _MALFORMED,
    InvalidRequest: _INVALID,
    ModelNotFound: Row(status=404, slug="model-not-found", title="No such model"),
    SpanOutOfRange: Row(status=422, slug="span-out-of-range", title="Span out of range"),
    UnsupportedMediaType: Row(
        status=415, slug="unsupported-media-type", title="Unsupported media type"
    ),
    BodyTooLarge: _TOO_LARGE,
    BodyTooSlow: Row(status=408, slug="body-too-slow", title="Body too slow"),
    Busy: Row(status=503, slug="busy", title="Too many requests at once", retry_after_s=5),
    TookTooLong: Row(status=504, slug="took-too-long", title="Took too long", retry_after_s=5),
    MemoryError: Row(
        status=503,
        slug="out-of-memory",
        title="Out of memory",
        detail="There is not enough memory for this at the moment.",
        retry_after_s=5,
    ),
    CrossOrigin: Row(status=403, slug="cross-origin", title="Cross-origin request"),
    UnknownHost: Row(status=421, slug="unknown-host", title="Misdirected request"),
    ClientDisconnected: _MALFORMED,
    HTTPException: INTERNAL,
    ClientException: _MALFORMED,
    ValidationException: _INVALID,
    NotFoundException: _NOT_FOUND,
    MethodNotAllowedException: Row(
        status=405,
        slug="method-not-allowed",
        title="Method not allowed",
        detail="The Allow header lists the methods of this path.",
    ),
    store.StoreError: INTERNAL,
    store.DocumentRejected: Row(status=422, slug="document-rejected", title="Document rejected"),
    store.DocumentNotFound: Row(status=404, slug="document-not-found", title="No such document"),
    store.JobNotFound: Row(status=404, slug="job-not-found", title="No such job"),
    store.JobsFull: Row(status=503, slug="jobs-full", title="Too many jobs", retry_after_s=60),
    store.DuplicateDocument: Row(status=409, slug="duplicate-document", title="Document exists"),
    store.CurrentRevision: Row(status=409, slug="current-revision", title="Current revision"),
    # Offsets of a client become SpanOutOfRange; this one would be a fault of ours.
    store.InvalidSpan: INTERNAL,
    store.InvalidFilter: INTERNAL,  # the same: it becomes InvalidRequest
    store.StoreMismatch: INTERNAL,
    store.BuildIncomplete: INTERNAL,
    store.BuildInUse: Row(status=409, slug="chunks-unchanged", title="Nothing to change"),
    store.StoreUnavailable: Row(
        status=503,
        slug="storage-unavailable",
        title="Storage unavailable",
        detail="The stored documents cannot be read or written at the moment.",
        retry_after_s=5,
    ),
    store.StoreFull: Row(
        status=507,
        slug="storage-full",
        title="Storage full",
        detail="There is no room to store this; what is stored can be read and searched.",
    ),
    store.StoreLocked: Row(
        status=503,
        slug="storage-locked",
        title="Storage locked",
        detail="Another process is writing to the stored documents.",
        retry_after_s=5,
    ),
    store.StoreCorrupt: Row(
        status=500,
        slug="storage-corrupt",
        title="Storage corrupt",
        detail="Stored data is damaged; whoever runs this service has to repair it.",
    ),
    store.DocumentDamaged: Row(status=500, slug="storage-corrupt", title="Storage corrupt"),
    store.JobsDamaged: Row(
        status=503,
        slug="jobs-damaged",
        title="Jobs damaged",
        detail="The file that jobs are kept in is damaged; documents can be stored one by one."
        " Whoever runs this service has to stop it and run `citespan doctor`.",
    ),
    store.BackupInvalid: INTERNAL,
    store.ExportInvalid: INTERNAL,
    store.ModelUnavailable: Row(
        status=503,
        slug="model-unavailable",
        title="Model unavailable",
        detail="A model that is needed cannot be loaded; whoever runs this service has to see to"
        " it.",
        retry_after_s=60,
    ),
    qa.QAError: INTERNAL,
    qa.InvalidQuestion: Row(status=422, slug="invalid-question", title="Invalid question"),
    qa.UngroundedCitation: INTERNAL,
    qa.CollectionNotFound: Row(status=404, slug="collection-not-found", title="No such collection"),
    qa.CollectionGone: Row(status=404, slug="collection-not-found", title="No such collection"),
    qa.CollectionsBusy: Row(
        status=503, slug="collections-busy", title="Too many collections in use", retry_after_s=5
    ),
    qa.TooManyCollections: Row(
        status=409, slug="too-many-collections", title="Too many collections"
    ),
    qa.CollectionExists: Row(status=409, slug="collection-exists", title="Collection exists"),
    qa.InvalidCollection: INTERNAL,  # it becomes InvalidRequest
    qa.UntrustedSettings: INTERNAL,  # of a command
    qa.ModeUnavailable: Row(status=422, slug="mode-unavailable", title="Mode unavailable"),
    qa.ReindexRunning: Row(status=409, slug="reindex-running", title="Being reindexed"),
    qa.NoEarlierChunks: Row(status=409, slug="no-earlier-chunks", title="Nothing to go back to"),
    qa.NotReady: Row(status=503, slug="not-ready", title="Not ready", retry_after_s=2),
    # Where the language model is of no help, passages are quoted instead.
    qa.PromptTooLong: INTERNAL,
    qa.EndpointFailed: INTERNAL,
    qa.ConfigError: INTERNAL,
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem on the wire; `instance` names the request, as its log entry does."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[FieldError, ...] = ()


def row_of(error: Exception) -> Row:
    """The row of the nearest class of an error."""
    return next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)


def problem_of(error: Exception, request_id: str) -> Problem:
    """What a client is told of an error."""
    row = row_of(error)
    return Problem(
        type=f"urn:citespan:problem:{row.slug}",
        title=row.title,
        status=row.status,
        detail=shown(error) if row.detail is None else row.detail,
        instance=f"urn:citespan:request:{request_id}",
        errors=_field_errors(error),
    )


def problem_headers(error: Exception) -> dict[str, str]:
    """Headers that go with a problem: when to come again, and which methods there are."""
    row = row_of(error)
    headers = {"retry-after": str(row.retry_after_s)} if row.retry_after_s else {}
    if isinstance(error, MethodNotAllowedException):
        headers["allow"] = allowed(error)
    return headers


def allowed(error: MethodNotAllowedException) -> str:
    """The methods of a path, as Allow says them: HEAD is answered wherever GET is."""
    methods = {one.strip() for one in (error.headers or {}).get("allow", "").split(",")}
    methods |= {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
    return ", ".join(sorted(methods))


def is_fault(error: Exception) -> bool:
    """Whether the error is ours, and its traceback belongs in the log."""
    row = row_of(error)
    return row.status >= 500 and row.detail is not None


def shown(error: Exception) -> str:
    """The error's own message, cut to what a client should read."""
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
