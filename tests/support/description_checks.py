"""What schemathesis checks besides its own: what the description allows is refused for no shape."""

import re
from typing import Any

import schemathesis

# What no schema of one body can say: it lies between parts of a request, or in what is stored.
_OF_CONTENT = re.compile(
    r"span-out-of-range|mode-unavailable|document-rejected|invalid-question"
    r"|is one condition too many|is nested more than|with a JSON body this belongs in the body"
    r"|differs from the one in the path|last message must be the user's"
    r"|this embedder takes|settings: are invalid|is the default collection, which cannot"
    r"|got `float`"  # 46.0, which is an integer to a schema
    r"|the operator can add it to `serve\.models`|send 1 to 10000 documents|\"jsonrpc\""
)


@schemathesis.check
def what_is_allowed_is_taken(ctx: Any, response: Any, case: Any) -> None:
    """Fail when a request that is as the description says is refused for its shape."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code in {400, 413, 415, 422}:
        assert _OF_CONTENT.search(response.text), response.text[:500]
