"""What a filter means, straight from its notation: one document at a time, without SQL."""

from collections.abc import Callable, Mapping
from typing import Any

from citespan.index.types import DocumentInfo

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda a, b: a > b,
    "$gte": lambda a, b: a >= b,
    "$lt": lambda a, b: a < b,
    "$lte": lambda a, b: a <= b,
}


def holds(given: Mapping[str, Any], info: DocumentInfo) -> bool:
    """Whether a filter, as its JSON object, holds for a document."""
    return all(_entry(key, value, info) for key, value in given.items())


def _entry(key: str, value: Any, info: DocumentInfo) -> bool:
    if key == "$and":
        return all(holds(one, info) for one in value)
    if key == "$or":
        return any(holds(one, info) for one in value)
    if key == "$not":
        return not holds(value, info)
    conditions = value if isinstance(value, dict) else {"$eq": value}
    own = key.startswith("$")
    there = getattr(info, key[1:]) is not None if own else key in info.metadata
    held = getattr(info, key[1:]) if own else info.metadata.get(key)
    return all(_meets(op, wanted, held, there, own) for op, wanted in conditions.items())


def _meets(operator: str, wanted: Any, held: Any, there: bool, own: bool) -> bool:  # noqa: FBT001
    if operator == "$exists":
        return there is wanted
    if operator in {"$ne", "$nin"}:
        positive = {"$ne": "$eq", "$nin": "$in"}[operator]
        return not _meets(positive, wanted, held, there, own)
    if operator in {"$eq", "$in"}:
        values = wanted if operator == "$in" else [wanted]
        return any(_same(one, h) for one in values for h in _each(held)) if there or own else False
    compares = _ORDERED[operator]
    return any(_kind(one) == _kind(wanted) and compares(one, wanted) for one in _each(held))


def _each(held: Any) -> list[Any]:
    return held if isinstance(held, list) else [held]


def _same(wanted: Any, held: Any) -> bool:
    return _kind(wanted) == _kind(held) and wanted == held


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    return "number" if isinstance(value, int | float) else type(value).__name__
