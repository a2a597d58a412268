"""Bodies, addresses and events, as HTTP carries them."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.wire.responses import answer_body, passage_body

__all__ = (
    "answer_body",
    "passage_body",
)

__getattr__ = names_of(
    __name__,
    {
        "answer_body": "citespan.api.wire.responses",
        "passage_body": "citespan.api.wire.responses",
    },
)
