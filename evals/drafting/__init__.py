"""Questions drafted from documents, for a person to review."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.drafting.acceptance import accept_drafts
    from citespan.evals.drafting.files import gather, loader, paths_from
    from citespan.evals.drafting.making import make_drafts
    from citespan.evals.drafting.writing import write_drafts

__all__ = (
    "accept_drafts",
    "gather",
    "loader",
    "make_drafts",
    "paths_from",
    "write_drafts",
)

__getattr__ = names_of(
    __name__,
    {
        "accept_drafts": "citespan.evals.drafting.acceptance",
        "gather": "citespan.evals.drafting.files",
        "loader": "citespan.evals.drafting.files",
        "make_drafts": "citespan.evals.drafting.making",
        "paths_from": "citespan.evals.drafting.files",
        "write_drafts": "citespan.evals.drafting.writing",
    },
)
