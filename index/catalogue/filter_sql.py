"""Filters as SQL over the current revisions of the catalogue. Pure."""

from typing import TypeAlias

from citespan.index.catalogue.filters import (
    OWN_FIELDS,
    Equals,
    Every,
    Exists,
    Filter,
    Ordered,
    Some,
    Without,
)
from citespan.index.types import Scalar

Clause: TypeAlias = tuple[str, list[str | int | float]]

_COLUMNS = {f"${name}": f"r.{name}" for name in OWN_FIELDS} | {"$id": "d.id"}
_KINDS = {str: "('text')", bool: "('true', 'false')", int: "('integer', 'real')"}
# The entries of the metadata, with a row for each value of a list. An empty list stays one row: no
# condition looks for its kind.
_VALUES = (
    "SELECT m.key, coalesce(e.type, m.type) kind, coalesce(e.atom, m.atom) atom"
    " FROM json_each(r.metadata) m"
    " LEFT JOIN json_each(CASE m.type WHEN 'array' THEN m.value ELSE '[]' END) e"
)


def where(filters: Filter) -> Clause:
    """Return the condition over `documents d` and `revisions r`, and the values of its marks."""
    match filters:
        case Every(inner):
            return _joined(inner, " AND ", "1")
        case Some(inner):
            return _joined(inner, " OR ", "0")
        case Without(other):
            text, values = where(other)
            return f"NOT {text}", values
        case Exists(field) if field in _COLUMNS:
            return f"({_COLUMNS[field]} IS NOT NULL)", []
        case Exists(field):
            return _entry(field, "1", [])
        case Ordered(field, operator, value):
            return _compared(field, operator, [value])
        case Equals(field, values):
            kinds = ([v for v in values if _kind(v) is kind] for kind in (str, bool, int))
            clauses = [_compared(field, "IN", group) for group in kinds if group]
            if None in values:
                clauses.append(_null(field))
            return _together(clauses, " OR ", "0")


def _joined(filters: tuple[Filter, ...], word: str, none: str) -> Clause:
    return _together([where(one) for one in filters], word, none)


def _together(clauses: list[Clause], word: str, none: str) -> Clause:
    if not clauses:
        return f"({none})", []
    values = [value for _, inner in clauses for value in inner]
    return f"({word.join(text for text, _ in clauses)})", values


def _compared(field: str, operator: str, values: list[Scalar]) -> Clause:
    """Return a comparison with values of one kind."""
    kind = _kind(values[0])
    marks = f"({', '.join('?' * len(values))})" if operator == "IN" else "?"
    plain = [_plain(value) for value in values]
    if field in _COLUMNS:
        if kind is not str:
            return "(0)", []
        return f"coalesce({_COLUMNS[field]} {operator} {marks}, 0)", plain
    return _entry(field, f"kind IN {_KINDS[kind]} AND atom {operator} {marks}", plain)


def _null(field: str) -> Clause:
    if field in _COLUMNS:
        return f"({_COLUMNS[field]} IS NULL)", []
    return _entry(field, "kind = 'null'", [])


def _entry(field: str, condition: str, values: list[str | int | float]) -> Clause:
    text = f"EXISTS (SELECT 1 FROM ({_VALUES}) WHERE key = ? AND {condition})"  # noqa: S608
    return text, [field, *values]


def _kind(value: Scalar) -> type:
    """Return the kind of a value: text, truth value or number (`int`, also for floats)."""
    return int if isinstance(value, float) else type(value)


def _plain(value: Scalar) -> str | int | float:
    return int(value or 0) if value is None or isinstance(value, bool) else value
