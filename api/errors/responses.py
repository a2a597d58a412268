"""Responses to errors, as a problem or in the shape that OpenAI's clients know."""

import re
from dataclasses import dataclass

import msgspec

from citespan.api.errors.problem import MEDIA_TYPE, problem_headers, problem_of, row_of, shown
from citespan.api.errors.types import InvalidRequest, ModelNotFound

# Also paths of OpenAI's that are not served: its clients read no other shape.
_OPENAI = re.compile(
    r"/v1/(chat/completions|completions|embeddings|models|responses)(/.*)?", re.DOTALL
)
_KINDS = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class ErrorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of an error; `param` is the field, `code` a name for programs."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """An error in the shape that OpenAI's clients know."""

    error: ErrorFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A response that reports an error."""

    status: int
    media_type: str
    headers: dict[str, str]
    body: bytes


def failure_of(error: Exception, path: str, request_id: str) -> Failure:
    """Return the response to a request for `path` that ended in an error."""
    status = row_of(error).status
    if is_openai(path):
        body, media_type = msgspec.json.encode(error_body(error)), "application/json"
        status = 400 if status == 422 else status  # this shape has no other for a refusal
    else:
        body, media_type = msgspec.json.encode(problem_of(error, request_id)), MEDIA_TYPE
    return Failure(
        status=status,
        media_type=media_type,
        headers=problem_headers(error),
        body=body,
    )


def is_openai(path: str) -> bool:
    """Return whether a path reports errors in OpenAI's shape."""
    return _OPENAI.fullmatch(path) is not None


def error_body(error: Exception) -> ErrorBody:
    """Return the body that a client gets for an error."""
    row = row_of(error)
    param = error.errors[0].field if isinstance(error, InvalidRequest) else None
    if isinstance(error, ModelNotFound):
        param = "model"
    kind = "invalid_request_error" if row.status < 500 else "server_error"
    return ErrorBody(
        error=ErrorFacts(
            message=shown(error) if row.detail is None else row.detail,
            type=_KINDS.get(row.status, kind),
            param=param,
            code=row.slug.replace("-", "_"),
        )
    )
