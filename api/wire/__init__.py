"""Bodies, addresses and events, as HTTP carries them."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.wire.responses import answer_body, passage_body
    from citespan.api.wire.runs import (
        BinBody,
        ComparisonBody,
        DifferenceBody,
        MeasureBody,
        MistakeBody,
        RunBody,
        RunDetailBody,
        TurnedBody,
    )

__all__ = (
    "BinBody",
    "ComparisonBody",
    "DifferenceBody",
    "MeasureBody",
    "MistakeBody",
    "RunBody",
    "RunDetailBody",
    "TurnedBody",
    "answer_body",
    "passage_body",
)

__getattr__ = names_of(
    __name__,
    {
        "BinBody": "citespan.api.wire.runs",
        "ComparisonBody": "citespan.api.wire.runs",
        "DifferenceBody": "citespan.api.wire.runs",
        "MeasureBody": "citespan.api.wire.runs",
        "MistakeBody": "citespan.api.wire.runs",
        "RunBody": "citespan.api.wire.runs",
        "RunDetailBody": "citespan.api.wire.runs",
        "TurnedBody": "citespan.api.wire.runs",
        "answer_body": "citespan.api.wire.responses",
        "passage_body": "citespan.api.wire.responses",
    },
)
