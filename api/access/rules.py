"""Who may use which route: each route names its rule, and each role has some of them."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any


class Rule(StrEnum):
    """What a caller needs to use a route."""

    OPEN = "open"  # nothing
    ASK = "ask"
    WRITE = "write"
    ADMIN = "admin"
    SCRAPE = "scrape"


class Role(StrEnum):
    """What a caller may do: ask and read, also write, also administrate; or only read metrics."""

    ASK = "ask"
    WRITE = "write"
    ADMIN = "admin"
    SCRAPE = "scrape"


OPEN, ASK, WRITE, ADMIN, SCRAPE = Rule
RULE = "rule"  # the name in `opt` under which a route has its rule
GRANTS = {
    Role.ASK: frozenset({OPEN, ASK}),
    Role.WRITE: frozenset({OPEN, ASK, WRITE}),
    Role.ADMIN: frozenset({OPEN, ASK, WRITE, ADMIN, SCRAPE}),
    Role.SCRAPE: frozenset({OPEN, SCRAPE}),
}


def rule_of(handler: Any) -> Rule:
    """Return the rule of a route's handler; there is no default.

    Raises:
        LookupError: the route names none.
    """
    try:
        return Rule(handler.opt[RULE])
    except KeyError:
        raise LookupError(f"the route {sorted(handler.paths)} names no rule") from None


def ruled(routes: Iterable[Any]) -> dict[tuple[str, str], Rule]:
    """Return the rule of each method and path of an application's routes.

    Raises:
        LookupError: a route names none.
    """
    found: dict[tuple[str, str], Rule] = {}
    for route in routes:
        handlers: dict[str, Any] = getattr(route, "route_handler_map", None) or {}
        of_method = [(method, one[0]) for method, one in handlers.items()] or [
            ("POST", route.route_handler)
        ]
        for method, handler in of_method:
            if method != "OPTIONS":
                found[method, route.path_format] = rule_of(handler)
    return found
