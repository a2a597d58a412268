"""The parameters of a run: the system to measure, and its settings."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from citespan.qa import Settings

Subject: TypeAlias = Literal["citespan", "hybrid", "bm25", "dense"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The parameters of a run.

    subject: the system: citespan, or only its retrieval, which copies the top passage.
    against: the URL of a citespan server to ask instead; upload: store missing documents there.
    limit: the number of questions to ask, drawn with `seed`; the others are skipped.
    """

    settings: Settings
    subject: Subject = "citespan"
    against: str | None = None
    upload: bool = False
    limit: int | None = None
    seed: int = 0
    resamples: int = 10_000
