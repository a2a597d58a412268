"""Filters as SQL over the current revisions of the catalogue. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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

Value: TypeAlias = object  # as a database takes it
Clause: TypeAlias = tuple[str, list[Value]]

_COLUMNS = {f"${name}": f"r.{name}" for name in OWN_FIELDS} | {"$id": "d.id"}


def _plain(value: Scalar) -> Value:
    return int(value or 0) if value is None or isinstance(value, bool) else value


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database reads the metadata of a revision.

    entries: selects the entries of the metadata of `revisions r` as `key` and `atom`, with a row
        for each value of a list. An empty list stays one row, whose kind no condition looks for.
    kinds: by the kind of a value (str, bool or int, also for floats), the condition that `atom`
        compares with values of that kind; `{}` stands for the comparison.
    null: the condition that `atom` is null.
    value: returns a value as the database compares it with `atom`.
    """

    entries: str
    kinds: Mapping[type, str]
    null: str
    value: Callable[[Scalar], Value] = _plain


SQLITE = Dialect(
    entries=(
        "SELECT m.key, coalesce(e.type, m.type) kind, coalesce(e.atom, m.atom) atom"
        " FROM json_each(r.metadata) m"
        " LEFT JOIN json_each(CASE m.type WHEN 'array' THEN m.value ELSE '[]' END) e"
    ),
    kinds={
        str: "kind IN ('text') AND atom {}",
        bool: "kind IN ('true', 'false') AND atom {}",
        int: "kind IN ('integer', 'real') AND atom {}",
    },
    null="kind = 'null'",
)


def where(filters: Filter, dialect: Dialect = SQLITE) -> Clause:
    """Return the condition over `documents d` and `revisions r`, and the values of its marks."""
    return _Conditions(dialect).of(filters)


@dataclass(frozen=True, slots=True)
class _Conditions:
    """The conditions of a dialect."""

    dialect: Dialect

    def of(self, filters: Filter) -> Clause:
        match filters:
            case Every(inner):
                return _together([self.of(one) for one in inner], " AND ", "1 = 1")
            case Some(inner):
                return _together([self.of(one) for one in inner], " OR ", "1 = 0")
            case Without(other):
                text, values = self.of(other)
                return f"NOT {text}", values
            case Exists(field) if field in _COLUMNS:
                return f"({_COLUMNS[field]} IS NOT NULL)", []
            case Exists(field):
                return self._entry(field, "1 = 1", [])
            case Ordered(field, operator, value):
                return self._compared(field, operator, [value])
            case Equals(field, values):
                kinds = ([v for v in values if _kind(v) is kind] for kind in (str, bool, int))
                clauses = [self._compared(field, "IN", group) for group in kinds if group]
                if None in values:
                    clauses.append(self._null(field))
                return _together(clauses, " OR ", "1 = 0")

    def _compared(self, field: str, operator: str, values: list[Scalar]) -> Clause:
        """Return a comparison with values of one kind."""
        kind = _kind(values[0])
        marks = f"({', '.join('?' * len(values))})" if operator == "IN" else "?"
        if field in _COLUMNS:
            if kind is not str:
                return "(1 = 0)", []
            return f"coalesce({_COLUMNS[field]} {operator} {marks}, 1 = 0)", list(values)
        condition = self.dialect.kinds[kind].format(f"{operator} {marks}")
        return self._entry(field, condition, [self.dialect.value(value) for value in values])

    def _null(self, field: str) -> Clause:
        if field in _COLUMNS:
            return f"({_COLUMNS[field]} IS NULL)", []
        return self._entry(field, self.dialect.null, [])

    def _entry(self, field: str, condition: str, values: list[Value]) -> Clause:
        entries = f"({self.dialect.entries}) AS entry"
        text = f"EXISTS (SELECT 1 FROM {entries} WHERE key = ? AND {condition})"  # noqa: S608
        return text, [field, *values]


def _together(clauses: list[Clause], word: str, none: str) -> Clause:
    if not clauses:
        return f"({none})", []
    values = [value for _, inner in clauses for value in inner]
    return f"({word.join(text for text, _ in clauses)})", values


def _kind(value: Scalar) -> type:
    """Return the kind of a value: text, truth value or number (`int`, also for floats)."""
    return int if isinstance(value, float) else type(value)
