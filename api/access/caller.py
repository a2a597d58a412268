"""The caller of a request, once it is known."""

from dataclasses import dataclass

from citespan.api.access.rules import Role
from citespan.index.corpus import Audience
from citespan.qa.collections import Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A caller with a valid key or token.

    id: never changes, and may be logged: the beginning of the key, or a digest of who has a token.
    name: for people.
    rights: the collections and documents that the caller sees.
    """

    id: str
    name: str
    role: Role
    rights: Rights


def caller(
    caller_id: str,
    name: str,
    role: Role,
    collections: frozenset[str] | None,
    groups: frozenset[str],
) -> Caller:
    """Return a caller; one with the role admin sees all documents of his collections."""
    audience = Audience(groups=groups, everything=role is Role.ADMIN)
    rights = Rights(caller=caller_id, audience=audience, collections=collections)
    return Caller(id=caller_id, name=name, role=role, rights=rights)
