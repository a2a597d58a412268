"""The parameters of a benchmark run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from citespan.evals.types import SourceDocument
from citespan.qa import Settings

Notify = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlan:
    """The parameters of a benchmark run.

    documents, questions: at least one of each.
    clients: numbers of concurrent clients, one figure for each.
    repeats: number of repeats of each measurement, at least 1.
    settings: citespan's; `data.models` holds the exported models.
    work: a folder for the stored data; both systems' indexes are in it once documents are stored.
    notify: called with a message at each stage.
    """

    documents: tuple[SourceDocument, ...]
    questions: tuple[str, ...]
    clients: tuple[int, ...]
    repeats: int
    settings: Settings
    work: Path
    notify: Notify

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
        """Number of characters of all documents."""
        return sum(len(document.text) for document in self.documents)
