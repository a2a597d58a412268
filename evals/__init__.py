"""Measuring: data sets, metrics, runs."""

from evals.results import Estimate, Scores
from evals.scoring import score
from evals.types import (
    AnswerPart,
    Card,
    CitedSpan,
    Dataset,
    Fact,
    GoldSpan,
    Question,
    Region,
    Response,
    RetrievedSpan,
    SourceDocument,
    Status,
)

__all__ = (
    "AnswerPart",
    "Card",
    "CitedSpan",
    "Dataset",
    "Estimate",
    "Fact",
    "GoldSpan",
    "Question",
    "Region",
    "Response",
    "RetrievedSpan",
    "Scores",
    "SourceDocument",
    "Status",
    "score",
)
