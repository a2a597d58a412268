"""What a benchmark run is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from citespan.evals.types import SourceDocument
from citespan.qa import Settings

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure with.

    documents, questions: at least one of each.
    clients: how many ask at once, one figure for each.
    repeats: how often everything is measured, at least 1.
    settings: citespan's; `data.models` holds the exported models.
    work: a folder for what is stored; both systems' indexes lie in it once documents are stored.
    say: told what is being measured.
    """

    documents: tuple[SourceDocument, ...]
    questions: tuple[str, ...]
    clients: tuple[int, ...]
    repeats: int
    settings: Settings
    work: Path
    say: Say

    @property
    def stored(self) -> Path:
        """The data folder that citespan filled."""
        return self.work / "citespan"

    @property
    def naive_stored(self) -> Path:
        """The folder that the naive baseline filled."""
        return self.work / "naive"

    @property
    def characters(self) -> int:
        """Of all documents."""
        return sum(len(document.text) for document in self.documents)
