"""Who may do what: keys, tokens, roles, and the rule of each route."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.access.gate import Gate, rights_of
    from citespan.api.access.keyfile import KeyFile
    from citespan.api.access.keyring import Keyring
    from citespan.api.access.rules import ADMIN, ASK, GRANTS, OPEN, RULE, SCRAPE, WRITE, Role, ruled
    from citespan.api.access.tokens import ProviderTokens

__all__ = (
    "ADMIN",
    "ASK",
    "GRANTS",
    "Gate",
    "KeyFile",
    "Keyring",
    "OPEN",
    "ProviderTokens",
    "RULE",
    "Role",
    "SCRAPE",
    "WRITE",
    "rights_of",
    "ruled",
)

__getattr__ = names_of(
    __name__,
    {
        "ADMIN": "citespan.api.access.rules",
        "ASK": "citespan.api.access.rules",
        "GRANTS": "citespan.api.access.rules",
        "Gate": "citespan.api.access.gate",
        "KeyFile": "citespan.api.access.keyfile",
        "Keyring": "citespan.api.access.keyring",
        "OPEN": "citespan.api.access.rules",
        "RULE": "citespan.api.access.rules",
        "Role": "citespan.api.access.rules",
        "SCRAPE": "citespan.api.access.rules",
        "ProviderTokens": "citespan.api.access.tokens",
        "WRITE": "citespan.api.access.rules",
        "rights_of": "citespan.api.access.gate",
        "ruled": "citespan.api.access.rules",
    },
)
