"""The files that are shipped, from a trained network: calibrated, measured, exported."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.training.release.calibration import calibrate
    from citespan.evals.training.release.card import evaluation_card
    from citespan.evals.training.release.decisions import decided
    from citespan.evals.training.release.domains import (
        DomainAnswer,
        held_questions,
        outcomes,
        read_domains,
        read_languages,
    )
    from citespan.evals.training.release.evaluation import judged_pairs
    from citespan.evals.training.release.export import LEARNED, export_model, write_manifest

__all__ = (
    "DomainAnswer",
    "LEARNED",
    "calibrate",
    "decided",
    "evaluation_card",
    "export_model",
    "held_questions",
    "judged_pairs",
    "outcomes",
    "read_domains",
    "read_languages",
    "write_manifest",
)

__getattr__ = names_of(
    __name__,
    {
        "DomainAnswer": "citespan.evals.training.release.domains",
        "LEARNED": "citespan.evals.training.release.export",
        "calibrate": "citespan.evals.training.release.calibration",
        "decided": "citespan.evals.training.release.decisions",
        "evaluation_card": "citespan.evals.training.release.card",
        "export_model": "citespan.evals.training.release.export",
        "held_questions": "citespan.evals.training.release.domains",
        "judged_pairs": "citespan.evals.training.release.evaluation",
        "outcomes": "citespan.evals.training.release.domains",
        "read_domains": "citespan.evals.training.release.domains",
        "read_languages": "citespan.evals.training.release.domains",
        "write_manifest": "citespan.evals.training.release.export",
    },
)
