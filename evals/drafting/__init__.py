"""Draft questions from documents, without a model, for a person to accept."""

from evals.drafting.acceptance import accept_drafts
from evals.drafting.files import Gathered, gather, loader, paths_from
from evals.drafting.making import make_drafts
from evals.drafting.reading import read_drafts
from evals.drafting.types import Acceptance, Draft, DraftedDocument, DraftFile, DraftKind, Swap
from evals.drafting.writing import write_drafts

__all__ = (
    "Acceptance",
    "Draft",
    "DraftFile",
    "DraftKind",
    "DraftedDocument",
    "Gathered",
    "Swap",
    "accept_drafts",
    "gather",
    "loader",
    "make_drafts",
    "paths_from",
    "read_drafts",
    "write_drafts",
)
