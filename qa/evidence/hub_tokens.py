"""A hub model with outputs for each token; a pair that is too long is split into windows."""

import importlib
import threading
from typing import Any, NamedTuple

import numpy as np

from citespan.index.errors import ModelUnavailable
from citespan.index.types import Span
from citespan.qa.evidence.protocol import Floats

_MAX_TOKENS = 512
_OVERLAP = 64  # tokens that neighbouring windows of a long passage share


class Window(NamedTuple):
    """The outputs for a pair by name, (tokens, …), and the spans of its tokens in the text.

    `first` and `last` are tokens of the passage.
    """

    outputs: dict[str, Floats]
    offsets: list[Span]
    first: int
    last: int


class TokenModel:
    """A model with outputs for each token; a pair that is too long is split into windows."""

    def __init__(self, kind: Any, model: str, device: str | None, outputs: tuple[str, ...]) -> None:
        import torch

        self._outputs = outputs
        fastest = "cuda" if torch.cuda.is_available() else "cpu"
        self._name = model
        self._device = torch.device(device or fastest)
        self._model: Any = kind.from_pretrained(model).to(self._device).eval()
        self._tokenizer: Any = transformers().AutoTokenizer.from_pretrained(model, use_fast=True)
        check_words(self._tokenizer, model)
        if not self._tokenizer.is_fast:
            raise ModelUnavailable(
                f"the tokenizer of {model!r} gives no offsets; use a model with a fast tokenizer"
            )
        places = getattr(self._model.config, "max_position_embeddings", None) or 0
        limits = (self._tokenizer.model_max_length, places, _MAX_TOKENS)
        self._max_tokens = min(limit for limit in limits if limit > 0)
        self._reading = threading.Lock()

    @property
    def labels(self) -> int:
        return int(self._model.config.num_labels)

    def windows(self, question: str, text: str) -> list[Window]:
        """Run the model on one pair: with padding, passages would change each other's figures."""
        import torch

        with self._reading:  # the tokenizer is not safe for several threads
            question, room = self._cut(question)
            encoded = self._tokenizer(
                question,
                text,
                truncation="only_second",
                max_length=self._max_tokens,
                stride=min(_OVERLAP, room // 2),
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
            )
            windows: list[Window] = []
            for number, ids in enumerate(encoded["input_ids"]):
                feed = {
                    name: torch.tensor([encoded[name][number]], device=self._device)
                    for name in self._tokenizer.model_input_names
                }
                with torch.no_grad():
                    outputs = self._model(**feed)
                sequence = encoded.sequence_ids(number)
                inside = [at for at in range(len(ids)) if sequence[at] == 1]
                if not inside:
                    continue
                windows.append(
                    Window(
                        {
                            name: numbers(
                                outputs[name][0].float().cpu().numpy().astype(np.float64),
                                self._name,
                            )
                            for name in self._outputs
                        },
                        [Span(*offset) for offset in encoded["offset_mapping"][number]],
                        inside[0],
                        inside[-1],
                    )
                )
        return windows

    def _cut(self, question: str) -> tuple[str, int]:
        """Return the question in at most half the tokens, and the tokens left for a passage."""
        offsets: list[tuple[int, int]] = self._tokenizer(
            question,
            add_special_tokens=False,
            return_offsets_mapping=True,
        )["offset_mapping"][-(self._max_tokens // 2) :]
        special = self._tokenizer.num_special_tokens_to_add(pair=True)
        cut = question[offsets[0][0] :] if offsets else question
        return cut, self._max_tokens - len(offsets) - special


def transformers() -> Any:
    """Import transformers only where it is used: it loads torch, and its types are partial."""
    return importlib.import_module("transformers")


def check_words(tokenizer: Any, model: str) -> None:
    """Raise ModelUnavailable for the empty tokenizer that transformers makes of missing files."""
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        raise ModelUnavailable(f"cannot load the evidence model {model!r}: it has no tokenizer")


def numbers(logits: Floats, model: str) -> Floats:
    """Return the logits, or raise ModelUnavailable if one is not a number."""
    if np.isnan(logits).any():
        raise ModelUnavailable(f"the evidence model {model!r} computes nan instead of a logit")
    return logits
