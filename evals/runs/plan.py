"""What a run measures, and with which settings."""

from citespan.qa import Settings
from typing import Literal, TypeAlias
from dataclasses import dataclass

Subject: TypeAlias = Literal["citespan", "hybrid", "bm25", "dense"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run does.

    subject: what is measured: citespan, or its retrieval alone, which copies the top passage.
    against: the URL of a citespan server to ask instead; upload: store what it lacks there.
    limit: ask so many questions, drawn with `seed`; the others are skipped.
    """

    settings: Settings
    subject: Subject = "citespan"
    against: str | None = None
    upload: bool = False
    limit: int | None = None
    seed: int = 0
    resamples: int = 10_000
