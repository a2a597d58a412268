"""Other evidence models, by hub id or folder: the architecture decides how a model reads.

A cross-encoder reads sentence by sentence. An extractive question answerer points to an answer,
and the sentence around that answer is the evidence. A token classifier marks evidence itself.
None of them reads titles.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from citespan.index.errors import ModelUnavailable
from citespan.index.text import sentences, strip
from citespan.index.types import Span
from citespan.qa.evidence.hub_tokens import TokenModel, check_words, numbers, transformers
from citespan.qa.evidence.protocol import Look, Mark, Reader, Reading, Titled, best_span

_FAR = 500.0  # logits beyond it change no probability


def open_reader(model: str, device: str | None = None) -> Reader:
    """Return the reader for a model of the hub, or in a folder, by its architecture.

    Args:
        model: hub id or folder.
        device: as torch names it; None is CUDA if available, else the CPU.

    Raises:
        ModelUnavailable: the model cannot be loaded, or is of none of the three kinds.
    """
    try:
        from safetensors import SafetensorError
    except ImportError as error:
        raise ModelUnavailable(
            f"the evidence model {model!r} needs torch and sentence-transformers, which this"
            " installation leaves out; install citespan with all its dependencies"
        ) from error
    try:
        config: Any = transformers().AutoConfig.from_pretrained(model)
        architecture = str((config.architectures or [""])[0])
        for kind, reader in _READERS.items():
            if architecture.endswith(kind):
                return reader(model, device)
    except (
        OSError, ValueError, RuntimeError, AssertionError, ImportError, SafetensorError,
    ) as error:  # fmt: skip
        raise ModelUnavailable(f"cannot load the evidence model {model!r}: {error}") from error
    raise ModelUnavailable(
        f"the evidence model {model!r} is a {architecture or 'model of no named architecture'};"
        f" one that ends in {', '.join(_READERS)} is needed"
    )


class CrossEncoderReader:
    """Any sentence-transformers CrossEncoder with one output.

    A sentence's evidence is the logistic function of the mean of its own logit and its passage's.
    A sentence by itself often lacks the names that the question uses.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        from sentence_transformers import CrossEncoder

        self._name = model
        self._model: Any = CrossEncoder(model, device=device)
        check_words(self._model.tokenizer, model)
        self._predicting = threading.Lock()
        if self._model.num_labels != 1:
            raise ModelUnavailable(
                f"the cross-encoder {model!r} has {self._model.num_labels} outputs; one is needed"
            )

    def look(self, question: str, passages: Sequence[Titled]) -> list[Look]:
        """Return a look at each passage, in order; reading a passage scores its sentences."""
        scores = self.score(question, [passage.text for passage in passages])

        def reader(passage: Titled, score: float) -> Callable[[], Reading]:
            return lambda: self._read(question, passage.text, score)

        return [
            _Look(score, reader(passage, score))
            for passage, score in zip(passages, scores, strict=True)
        ]

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a raw logit for each text; higher is better."""
        from torch.nn import Identity

        if not texts:
            return []
        pairs = [(question, text) for text in texts]
        with self._predicting:  # the tokenizer is not safe for several threads
            logits = self._model.predict(
                pairs, batch_size=1, activation_fn=Identity(), show_progress_bar=False
            )
        return [float(logit) for logit in numbers(logits, self._name)]

    def _read(self, question: str, text: str, score: float) -> Reading:
        spans = sentences(text, Span(0, len(text)))
        logits = self.score(question, [span.of(text) for span in spans])
        return Reading(
            relevance=score,
            probability=_logistic(score),
            marks=tuple(
                Mark(span, _logistic((logit + score) / 2))
                for span, logit in zip(spans, logits, strict=True)
            ),
            answer=None,
        )


class AnswerReader:
    """Any extractive question answerer, as for SQuAD 2.0; the first token stands for no answer."""

    def __init__(self, model: str, device: str | None = None) -> None:
        self._model = TokenModel(
            transformers().AutoModelForQuestionAnswering,
            model,
            device,
            ("start_logits", "end_logits"),
        )

    def look(self, question: str, passages: Sequence[Titled]) -> list[Look]:
        """Read each passage, and return the looks in order."""
        return [_Look.done(self._read(question, passage.text)) for passage in passages]

    def _read(self, question: str, text: str) -> Reading:
        margin, answer = float("-inf"), Span(0, 0)
        for window in self._model.windows(question, text):
            start, end = window.outputs["start_logits"], window.outputs["end_logits"]
            # best_span excludes the last token, which is [SEP]
            low, high = window.first, window.last + 2
            i, j, both = best_span(start[:high], end[:high], low)
            if both - float(start[0] + end[0]) > margin:
                margin = both - float(start[0] + end[0])
                # some tokenizers count the space before a word as a part of the word
                answer = strip(text, Span(window.offsets[i].start, window.offsets[j].end))
        chance = _logistic(margin)
        return Reading(
            relevance=max(margin, -_FAR),
            probability=chance,
            marks=tuple(
                Mark(span, chance if span.overlap(answer) else 0.0)
                for span in sentences(text, Span(0, len(text)))
            ),
            answer=answer or None,
        )


class TokenReader:
    """Any token classifier with two labels, the second of which is evidence."""

    def __init__(self, model: str, device: str | None = None) -> None:
        self._model = TokenModel(
            transformers().AutoModelForTokenClassification, model, device, ("logits",)
        )
        if self._model.labels != 2:
            raise ModelUnavailable(
                f"the token classifier {model!r} has {self._model.labels} labels; two are needed"
            )

    def look(self, question: str, passages: Sequence[Titled]) -> list[Look]:
        """Read each passage, and return the looks in order."""
        return [_Look.done(self._read(question, passage.text)) for passage in passages]

    def _read(self, question: str, text: str) -> Reading:
        marks: dict[Span, Mark] = {}
        for window in self._model.windows(question, text):
            logits = window.outputs["logits"]
            for at in range(window.first, window.last + 1):
                chance = _logistic(float(logits[at, 1] - logits[at, 0]))
                span = window.offsets[at]
                if len(span) and (span not in marks or marks[span].evidence < chance):
                    marks[span] = Mark(span, chance)
        read = tuple(sorted(marks.values()))
        best = max(
            (
                float(np.mean(inside))
                for sentence in sentences(text, Span(0, len(text)))
                if (inside := [mark.evidence for mark in read if mark.span.overlap(sentence)])
            ),
            default=0.0,
        )
        bounded = min(max(best, 1e-6), 1 - 1e-6)
        relevance = float(np.log(bounded / (1 - bounded)))
        return Reading(relevance=relevance, probability=best, marks=read, answer=None)


_READERS: dict[str, Callable[[str, str | None], Reader]] = {
    "ForSequenceClassification": CrossEncoderReader,
    "ForQuestionAnswering": AnswerReader,
    "ForTokenClassification": TokenReader,
}


@dataclass(frozen=True, slots=True)
class _Look:
    relevance: float
    read: Callable[[], Reading]

    @classmethod
    def done(cls, reading: Reading) -> "_Look":
        return cls(reading.relevance, lambda: reading)


def _logistic(logit: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(logit, -_FAR, _FAR))))
