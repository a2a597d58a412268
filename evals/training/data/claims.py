"""Claims with the sentences that support or refute them, as examples."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.random import Generator

from citespan.evals.training.data.rows import read_objects
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.examples import Claim, Example
from citespan.index.types import Span

FILE = "train2/claims/claims.jsonl.gz"
_WITHOUT = 0.2  # share of the claims with distractors that are shown with only these
_MOST = 6  # distractors shown


class ClaimRow(msgspec.Struct, frozen=True):
    """A claim, and sentences: those it was judged by, and others of their page."""

    id: str
    source: str
    title: str
    claim: str
    label: Claim
    evidence: list[str]
    distractors: list[str] = []

    @property
    def group(self) -> str:
        """The page, or else the number of the premise that people changed."""
        return self.title or f"{self.source.split('_')[0]}-{self.id.rpartition('-')[2]}"


def read_claims(folder: Path, limit: int, seed: int) -> Iterator[Example]:
    """Read up to `limit` claims, a sample that a larger limit only adds to.

    Raises:
        TrainingError: the file is missing, or a line is not a claim.
    """
    rows: list[ClaimRow] = []
    for value in read_objects(folder / FILE):
        try:
            rows.append(msgspec.convert(value, ClaimRow))
        except msgspec.ValidationError as error:
            raise TrainingError(f"{FILE}: {error}") from error
    rows.sort(key=lambda row: hashlib.sha256(f"{seed} {row.id}".encode()).digest())
    for row in rows[:limit]:
        yield claim_example(row, np.random.default_rng([seed, zlib.crc32(row.id.encode())]))


def claim_example(row: ClaimRow, rng: Generator) -> Example:
    """Return a claim with its sentences among others of its page, in a drawn order."""
    others = [text for text in row.distractors if text][:_MOST]
    alone = bool(others) and rng.random() < _WITHOUT
    label: Claim = "neither" if alone else row.label
    sentences = [(text, not alone) for text in ([] if alone else row.evidence)]
    sentences += [(text, False) for text in others]
    passage, evidence = _joined(sentences, rng)
    return Example(
        id=f"claims:{row.id}",
        source="claims",
        group=row.group,
        kind=label,
        question=row.claim,
        title=row.title if rng.random() < 0.5 else "",
        passage=passage,
        answerable=None,
        evidence=() if label == "neither" else evidence,
        claim=label,
    )


def _joined(sentences: Sequence[tuple[str, bool]], rng: Generator) -> tuple[str, tuple[Span, ...]]:
    text, found = "", list[Span]()
    for place in rng.permutation(len(sentences)):
        sentence, judged = sentences[int(place)]
        text += " " if text else ""
        if judged:
            found.append(Span(len(text), len(text) + len(sentence)))
        text += sentence
    return text, tuple(found)
