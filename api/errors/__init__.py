"""Translation of exceptions to problem documents."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.errors.outcomes import problems
    from citespan.api.errors.problem import (
        MEDIA_TYPE,
        Problem,
        allowed,
        is_fault,
        problem_of,
        row_of,
        shown,
    )
    from citespan.api.errors.responses import ErrorBody, error_body, failure_of, is_openai

__all__ = (
    "ErrorBody",
    "MEDIA_TYPE",
    "Problem",
    "allowed",
    "error_body",
    "failure_of",
    "is_fault",
    "is_openai",
    "problem_of",
    "problems",
    "row_of",
    "shown",
)

__getattr__ = names_of(
    __name__,
    {
        "ErrorBody": "citespan.api.errors.responses",
        "MEDIA_TYPE": "citespan.api.errors.problem",
        "Problem": "citespan.api.errors.problem",
        "allowed": "citespan.api.errors.problem",
        "error_body": "citespan.api.errors.responses",
        "failure_of": "citespan.api.errors.responses",
        "is_fault": "citespan.api.errors.problem",
        "is_openai": "citespan.api.errors.responses",
        "problem_of": "citespan.api.errors.problem",
        "problems": "citespan.api.errors.outcomes",
        "row_of": "citespan.api.errors.problem",
        "shown": "citespan.api.errors.problem",
    },
)
