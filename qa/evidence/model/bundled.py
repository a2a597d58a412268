"""Our own evidence model as int8 ONNX: no torch; one pair a call, so that results never vary."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from citespan.index.errors import ModelUnavailable
from citespan.index.runtime import Session, check_file, open_session, parallel_map
from citespan.index.types import Span
from citespan.qa.evidence.model.manifest import (
    MULTILINGUAL,
    TOKENIZER,
    Calibration,
    LayerCut,
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
    """The outputs for one pair.

    early is (rankings,); evidence, start and end are (tokens,); claim is (3,), empty without that
    head.
    """

    early: Floats
    relevance: float
    answerable: float
    evidence: Floats
    start: Floats
    end: Floats
    claim: Floats


class Seen(NamedTuple):
    """A pair that some parts of the model have processed.

    early is the ranking after each of them, and states (1, tokens, hidden) is what the next part
    continues from.
    """

    encoding: Encoding
    early: tuple[float, ...]
    states: NDArray[np.float32]


class ExportedModel:
    """The parts of an exported model.

    Raises:
        ModelUnavailable: a file is missing or was changed.
    """

    def __init__(self, folder: Path) -> None:
        self.manifest = read_evidence_manifest(folder)
        for name, expected in self.manifest.files.items():
            check_file(folder / name, expected)
        *early, deep = (open_session(folder / name) for name in self.manifest.parts)
        self._early: Sequence[Session] = early
        self._deep: Session = deep
        self.tokenizer = PairTokenizer(
            folder / TOKENIZER, self.manifest.max_tokens, self.manifest.question_tokens
        )

    @property
    def cuts(self) -> tuple[LayerCut | None, ...]:
        """What continues after each ranking but the last; None: everything."""
        count = len(self._early) - 1
        return (*self.manifest.cuts, *[None] * count)[:count]

    def begun(self, encoding: Encoding) -> Seen:
        """Return a pair that the first part has processed."""
        return self._ranked(encoding, (), "input_ids", np.array([encoding.ids], dtype=np.int64))

    def advanced(self, seen: Seen) -> Seen:
        """Return a pair that one more part with a ranking has processed."""
        return self._ranked(seen.encoding, seen.early, "states", seen.states)

    def deep(self, seen: Seen) -> RowLogits:
        """Return all outputs for a pair, which all other parts process now."""
        while len(seen.early) < len(self._early):
            seen = self.advanced(seen)
        relevance, answerable, *rows = self._deep.run(None, {"states": seen.states})
        evidence, start, end, *claim = (row[0].astype(np.float64) for row in rows)
        return RowLogits(
            np.array(seen.early), float(relevance[0]), float(answerable[0]), evidence, start, end,
            claim[0] if claim else np.empty(0),
        )  # fmt: skip

    def logits(self, encoding: Encoding) -> RowLogits:
        """Return all outputs for a pair that no part has processed yet."""
        return self.deep(self.begun(encoding))

    def _ranked(
        self, encoding: Encoding, early: tuple[float, ...], name: str, values: NDArray[Any]
    ) -> Seen:
        types = np.array([encoding.type_ids], dtype=np.int64)
        logits, states = self._early[len(early)].run(None, {name: values, "token_type_ids": types})
        return Seen(encoding, (*early, float(logits[0])), states)


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
        """Return a look at each passage, in order.

        After each ranking the most relevant continue, so the layers behind it rank fewer.
        """

        def begun(passage: Titled) -> _Look:
            text, lead = pair_texts(passage.title, passage.text)
            windows = [
                _Window(span.start - lead, self._model.begun(encoding))
                for span, encoding in self._model.tokenizer.windowed(question, text)
            ]
            return _Look(self._model, self._calibration, windows)

        looks = parallel_map(begun, passages)
        continuing = looks
        for cut in self._model.cuts:
            if cut:
                places = cut.places([look.relevance for look in continuing])
                continuing = [continuing[at] for at in places]
            parallel_map(_Look.advance, continuing)
        return list(looks)

    @property
    def is_polyglot(self) -> bool:
        """Whether the model reads many languages."""
        return self._model.manifest.start == MULTILINGUAL

    def is_word(self, word: str) -> bool:
        """Return whether the vocabulary has a string of small letters as one word."""
        return self._model.tokenizer.is_word(word)


class _Window(NamedTuple):
    """A part of a passage; `shift` from the offsets of its characters to the passage's."""

    shift: int
    seen: Seen


@dataclass(slots=True)
class _Look:
    model: ExportedModel
    calibration: Calibration
    windows: Sequence[_Window]

    @property
    def relevance(self) -> float:
        return max(window.seen.early[-1] for window in self.windows)

    def advance(self) -> None:
        self.windows = [_Window(shift, self.model.advanced(seen)) for shift, seen in self.windows]

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
        logits, encoding = self.model.deep(window.seen), window.seen.encoding
        shift, offsets = window.shift, encoding.offsets  # each access builds the list
        second, end = second_text(encoding)
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
