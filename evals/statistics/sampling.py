"""Samples that are spread evenly over what they are drawn from."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def spread(items: Sequence[T], limit: int | None) -> Sequence[T]:
    """Return at most `limit` of the items, evenly from first to last."""
    count = min(limit or len(items), len(items))
    return [items[place * len(items) // count] for place in range(count)]
