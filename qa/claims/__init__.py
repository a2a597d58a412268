"""The check of sentences against their sources: sentences in, support out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.claims.checking import Checker
    from citespan.qa.claims.sources import Sources
    from citespan.qa.claims.splitting import Claim, Claims

__all__ = (
    "Checker",
    "Claim",
    "Claims",
    "Sources",
)

__getattr__ = names_of(
    __name__,
    {
        "Checker": "citespan.qa.claims.checking",
        "Claim": "citespan.qa.claims.splitting",
        "Claims": "citespan.qa.claims.splitting",
        "Sources": "citespan.qa.claims.sources",
    },
)
