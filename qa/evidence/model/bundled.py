"""Our own evidence model as int8 ONNX: no torch; one pair a call, so that results never vary."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from citespan.index.errors import ModelUnavailable
from citespan.index.runtime import Session, check_file, open_session, parallel_map
from citespan.index.types import Span
from citespan.qa.evidence.model.manifest import (
    DEEP,
    MULTILINGUAL,
    SHALLOW,
    TOKENIZER,
    Calibration,
    read_evidence_manifest,
)
from citespan.qa.evidence.model.pairs import (
    PairTokenizer,
    character_span,
    pair_texts,
    second_text,
)
from citespan.qa.evidence.protocol import Floats, Look, Mark, Reading, Titled, best_span


class RowLogits(NamedTuple):
    """The outputs for one pair: arrays of (tokens,); `claim` is (3,), empty without that head."""

    early: float
    relevance: float
    answerable: float
    evidence: Floats
    start: Floats
    end: Floats
    claim: Floats


class ExportedModel:
    """The two parts of an exported model.

    Raises:
        ModelUnavailable: a file is missing or was changed.
    """

    def __init__(self, folder: Path) -> None:
        self.manifest = read_evidence_manifest(folder)
        for name, expected in self.manifest.files.items():
            check_file(folder / name, expected)
        self._shallow: Session = open_session(folder / SHALLOW)
        self._deep: Session = open_session(folder / DEEP)
        self.tokenizer = PairTokenizer(
            folder / TOKENIZER, self.manifest.max_tokens, self.manifest.question_tokens
        )

    def shallow(self, encoding: Encoding) -> tuple[float, NDArray[np.float32]]:
        """Return the early ranking, and the states from which `deep` continues."""
        early, states = self._shallow.run(
            None,
            {
                "input_ids": np.array([encoding.ids], dtype=np.int64),
                "token_type_ids": np.array([encoding.type_ids], dtype=np.int64),
            },
        )
        return float(early[0]), states

    def deep(self, early: float, states: NDArray[np.float32]) -> RowLogits:
        """Return all outputs for a pair."""
        relevance, answerable, *rows = self._deep.run(None, {"states": states})
        evidence, start, end, *claim = (row[0].astype(np.float64) for row in rows)
        return RowLogits(
            early, float(relevance[0]), float(answerable[0]), evidence, start, end,
            claim[0] if claim else np.empty(0),
        )  # fmt: skip

    def logits(self, encoding: Encoding) -> RowLogits:
        """Return all outputs for a pair that `shallow` has not processed yet."""
        return self.deep(*self.shallow(encoding))


class BundledReader:
    """A reader with the evidence model in a folder.

    Raises:
        ModelUnavailable: a file is missing or was changed.
    """

    def __init__(self, folder: Path) -> None:
        self._model = ExportedModel(folder)
        if self._model.manifest.calibration is None:
            raise ModelUnavailable(
                f"the evidence model in {folder} has not been calibrated; calibrate it first"
            )
        self._calibration = self._model.manifest.calibration

    def look(self, question: str, passages: Sequence[Titled]) -> list[Look]:
        """Return a look at each passage, in order; the first layers have processed the passages."""

        def one(passage: Titled) -> Look:
            text, lead = pair_texts(passage.title, passage.text)
            windows = [
                _Window(encoding, span.start - lead, *self._model.shallow(encoding))
                for span, encoding in self._model.tokenizer.windowed(question, text)
            ]
            return _Look(self._model, self._calibration, windows)

        return parallel_map(one, passages)

    @property
    def is_polyglot(self) -> bool:
        """Whether the model reads many languages."""
        return self._model.manifest.start == MULTILINGUAL

    def is_word(self, word: str) -> bool:
        """Return whether the vocabulary has a string of small letters as one word."""
        return self._model.tokenizer.is_word(word)


class _Window(NamedTuple):
    """A part of a passage; `shift` from the offsets of its characters to the passage's."""

    encoding: Encoding
    shift: int
    early: float
    states: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Look:
    model: ExportedModel
    calibration: Calibration
    windows: Sequence[_Window]

    @property
    def relevance(self) -> float:
        return max(window.early for window in self.windows)

    def read(self) -> Reading:
        readings = [self._read(window) for window in self.windows]
        best = max(readings, key=lambda reading: (reading.probability, reading.relevance))
        marks: dict[Span, Mark] = {}
        for mark in (mark for reading in readings for mark in reading.marks):
            if mark.span not in marks or mark.evidence > marks[mark.span].evidence:
                marks[mark.span] = mark
        return Reading(
            relevance=max(reading.relevance for reading in readings),
            probability=best.probability,
            marks=tuple(sorted(marks.values())),
            answer=best.answer,
        )

    def _read(self, window: _Window) -> Reading:
        logits = self.model.deep(window.early, window.states)
        shift, offsets = window.shift, window.encoding.offsets  # each access builds the list
        second, end = second_text(window.encoding)
        inside = [at for at in range(second, end) if offsets[at][0] + shift >= 0]
        first = inside[0] if inside else end
        start_token, end_token, sum_of_both = best_span(logits.start, logits.end, first)
        margin = sum_of_both - float(logits.start[0] + logits.end[0])
        chances = 1 / (1 + np.exp(-logits.evidence - self.calibration.evidence))
        return Reading(
            relevance=logits.relevance,
            probability=self.calibration.probability(logits.answerable, margin),
            marks=tuple(
                Mark(_moved(character_span(offsets, at, at), shift), float(chances[at]))
                for at in inside
            ),
            answer=_moved(character_span(offsets, start_token, end_token), shift)
            if inside
            else None,
        )


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)
