"""What schemathesis does not know by itself: one more check, and requests that break no rule."""

import re
from typing import Any, cast

import schemathesis

# Refusals that no schema of one body can express: they depend on other parts or on stored data.
_OF_CONTENT = re.compile(
    r"span-out-of-range|mode-unavailable|document-rejected|invalid-label|file-unreadable|invalid-question"
    r"|is one condition too many|is nested more than|with a JSON body this belongs in the body"
    r"|differs from the one in the path|last message must be the user's"
    r"|this embedder takes|settings: are invalid|is the default collection, which cannot"
    r"|default collection cannot be deleted"
    r"|got `float`"  # 46.0, which is an integer to a schema
    r"|the operator can add it to `serve\.models`|send 1 to 10000 documents|\"jsonrpc\""
)

_FORM = {"file", "password"}
_ROUNDED = re.compile(r"\d{309}")  # an integer that rounds to the greatest float, which is allowed


@cast("Any", schemathesis).hook  # typed in part
def filter_case(context: Any, case: Any) -> bool:
    """Return whether a request that is meant to be refused breaks a rule that the server can see.

    In a form everything is text: a number in place of a file is a file.
    """
    if case.meta is None or case.meta.generation.mode.is_positive:
        return True
    body, text = case.body, repr(case.body)
    in_form = case.media_type == "multipart/form-data" and isinstance(body, dict)
    if in_form and "file" in (parts := {*cast("dict[str, object]", body)}) and parts <= _FORM:
        return False
    return not _ROUNDED.search(text)


@schemathesis.check
def what_is_allowed_is_taken(ctx: Any, response: Any, case: Any) -> None:
    """Fail if the server refuses the shape of a request that `/schema` allows."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code in {400, 413, 415, 422}:
        assert _OF_CONTENT.search(response.text), response.text[:500]
