"""Filters over documents, in the notation of MongoDB, Pinecone and Chroma. Pure.

`{"author": "Song", "year": {"$gte": 2020, "$lt": 2024}}` holds for documents whose metadata meet
both. Conditions are `$eq` (also a bare value), `$ne`, `$in`, `$nin`, `$gt`, `$gte`, `$lt`, `$lte`
and `$exists`; `$and`, `$or` (lists of filters) and `$not` (one filter) join filters. The fields
that every document has are `$id`, `$title`, `$uri`, `$media_type` and `$created_at`.

Values compare by kind: a number never equals a text or a truth value. Texts are ordered by code
point, so that dates in ISO 8601 are ordered by time. `$ne`, `$nin` and `$not` hold for documents
that lack the field. If a field is a list, such as tags, a condition holds if one of the list's
values meets it; `$ne` and `$nin` hold if no value of the list does.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from citespan.index.errors import InvalidFilter
from citespan.index.types import Scalar

OWN_FIELDS = ("id", "title", "uri", "media_type", "created_at")
_MAX_VALUES = 1000  # of one list
_MAX_CONDITIONS = 30
_MAX_DEPTH = 10
_LARGEST = 2**63
_ORDERED = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}


@dataclass(frozen=True, slots=True)
class Equals:
    """A condition: the field has one of these values, or is a list with one of them."""

    field: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """A condition: the field, or a value of its list, compares by >, >=, < or <= with a value."""

    field: str
    operator: str
    value: str | int | float


@dataclass(frozen=True, slots=True)
class Exists:
    """A condition: the document has the field, with any value."""

    field: str


@dataclass(frozen=True, slots=True)
class Every:
    """A conjunction: all of the filters hold; if there are none, every document matches."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """A disjunction: at least one of the filters holds."""

    filters: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Without:
    """A negation: the filter does not hold."""

    filter: "Filter"


Filter: TypeAlias = Equals | Ordered | Exists | Every | Some | Without


def parse_filter(given: object) -> Filter:
    """Return the filter that a JSON object describes.

    Raises:
        InvalidFilter: the object is no filter as above; the message names the place.
    """
    parser = _Parser()
    return parser.filter(given, "", 1)


class _Parser:
    """A parser that counts conditions, which limits the cost of a request."""

    def __init__(self) -> None:
        self._conditions = 0

    def filter(self, given: object, place: str, depth: int) -> Filter:
        if depth > _MAX_DEPTH:
            raise InvalidFilter(place, f"is nested more than {_MAX_DEPTH} deep")
        if not isinstance(given, Mapping):
            raise InvalidFilter(place, 'must be an object such as {"year": {"$gte": 2020}}')
        if not given:
            self._count(place)
        return _every(
            [
                self._entry(str(key), value, _below(place, str(key)), depth)
                for key, value in cast(Mapping[object, object], given).items()
            ]
        )

    def _entry(self, key: str, value: object, place: str, depth: int) -> Filter:
        if key in {"$and", "$or"}:
            filters = tuple(
                self.filter(one, _below(place, str(number)), depth + 1)
                for number, one in enumerate(_listed(value, place))
            )
            return _every(filters) if key == "$and" else Some(filters)
        if key == "$not":
            return Without(self.filter(value, place, depth + 1))
        if key.startswith("$") and key[1:] not in OWN_FIELDS:
            own = ", ".join(f"${name}" for name in OWN_FIELDS)
            raise InvalidFilter(place, f"is unknown; known are $and, $or, $not, and {own}")
        if not isinstance(value, Mapping):
            return self._condition(key, "$eq", value, place)
        conditions = cast(Mapping[object, object], value)
        if not conditions:
            raise InvalidFilter(place, "has no condition")
        return _every(
            [
                self._condition(key, str(operator), operand, _below(place, str(operator)))
                for operator, operand in conditions.items()
            ]
        )

    def _condition(self, field: str, operator: str, operand: object, place: str) -> Filter:
        self._count(place)
        _check_unicode(field, place)
        made = _CONDITIONS.get(operator)
        if made is None:
            raise InvalidFilter(place, f"is unknown; known are {', '.join(_CONDITIONS)}")
        return made(field, operator, operand, place)

    def _count(self, place: str) -> None:
        self._conditions += 1
        if self._conditions > _MAX_CONDITIONS:
            raise InvalidFilter(place, f"is one condition too many; {_MAX_CONDITIONS} are allowed")


def _equals(field: str, _: str, operand: object, place: str) -> Filter:
    return Equals(field, (_value(operand, place),))


def _differs(field: str, _: str, operand: object, place: str) -> Filter:
    return Without(Equals(field, (_value(operand, place),)))


def _among(field: str, operator: str, operand: object, place: str) -> Filter:
    found = Equals(field, tuple(_value(one, place) for one in _listed(operand, place)))
    return found if operator == "$in" else Without(found)


def _ordered(field: str, operator: str, operand: object, place: str) -> Filter:
    value = _value(operand, place)
    if value is None or isinstance(value, bool):
        raise InvalidFilter(place, "must be a number or a text")
    return Ordered(field, _ORDERED[operator], value)


def _exists(field: str, _: str, operand: object, place: str) -> Filter:
    if not isinstance(operand, bool):
        raise InvalidFilter(place, "must be true or false")
    return Exists(field) if operand else Without(Exists(field))


_CONDITIONS: dict[str, Callable[[str, str, object, str], Filter]] = {
    "$eq": _equals,
    "$ne": _differs,
    "$in": _among,
    "$nin": _among,
    **dict.fromkeys(_ORDERED, _ordered),
    "$exists": _exists,
}


def _value(value: object, place: str) -> Scalar:
    if isinstance(value, str):
        _check_unicode(value, place)
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidFilter(place, f"is {value}: not a number")
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        try:
            return float(value)  # JSON does not tell 1e30 from its digits
        except OverflowError as error:
            raise InvalidFilter(place, "is larger than a number may be") from error
    if value is None or isinstance(value, bool | int | float):
        return value
    raise InvalidFilter(place, "must be a text, a number, true, false or null")


def _check_unicode(text: str, place: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidFilter(place, "holds a lone surrogate: not valid Unicode")


def _listed(value: object, place: str) -> Sequence[object]:
    if not isinstance(value, list | tuple) or not value:
        raise InvalidFilter(place, "must be a list that is not empty")
    listed = cast(Sequence[object], value)
    if len(listed) > _MAX_VALUES:
        raise InvalidFilter(place, f"has {len(listed)} entries; {_MAX_VALUES} are allowed")
    return listed


def _every(filters: Sequence[Filter]) -> Filter:
    return filters[0] if len(filters) == 1 else Every(tuple(filters))


def _below(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
