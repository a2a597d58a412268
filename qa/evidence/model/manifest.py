"""The manifest of an exported evidence model: hashes of files, and the meaning of outputs."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from citespan.decoding import from_json
from citespan.index.errors import ModelUnavailable
from citespan.qa.evidence.decision import AnswerThreshold

MANIFEST = "manifest.json"
MULTILINGUAL = "multilingual"  # the start of models that read many languages
TOKENIZER = "tokenizer.json"


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """The map from logits to the probability that the passage holds the answer.

    The probability is the logistic function of `answerable` * logit + `margin` * (best span's
    logits less no answer's) + `bias`. If there are `knots`, that sum is instead looked up among
    them, linearly between neighbours, and `levels` are the probabilities.

    `examples` is the number of pairs in the fit, `answerable_share` the share that answer.
    `evidence` is added to the logit of each token's evidence.
    """

    method: str
    answerable: float
    margin: float
    bias: float
    knots: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()
    examples: int = 0
    answerable_share: float = 0.0
    evidence: float = 0.0

    def probability(self, answerable: float, margin: float) -> float:
        """Return the probability for one pair's logits."""
        place = self.answerable * answerable + self.margin * margin + self.bias
        if self.knots:
            return float(np.interp(place, self.knots, self.levels))
        return float(1 / (1 + np.exp(-np.clip(place, -500, 500))))


class LayerCut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The passages that continue after a ranking: the best `most` without those far below the best.

    `gap` is in logits.
    """

    most: int
    gap: float

    def places(self, relevance: Sequence[float]) -> list[int]:
        """Return the places of the passages that continue, the most relevant first."""
        least = max(relevance, default=0.0) - self.gap
        order = sorted(range(len(relevance)), key=lambda at: -relevance[at])[: self.most]
        return [at for at in order if relevance[at] >= least]


class EvidenceManifest(msgspec.Struct, frozen=True, kw_only=True):
    """Return the manifest of an exported evidence model.

    `run` names configuration and data; `parity` is the distance of int8 from fp32. `decision` is
    for whole answers from a corpus, `calibration` for single passages. `parts` are files of layers,
    in order: all but the last end with a ranking. `cuts` are those after the first rankings,
    in order; after others all passages continue.
    """

    label: str
    run: str
    start: str
    max_tokens: int
    question_tokens: int
    files: dict[str, str]
    parity: dict[str, float]
    parts: tuple[str, ...] = ("shallow.onnx", "deep.onnx")
    cuts: tuple[LayerCut, ...] = ()
    calibration: Calibration | None = None
    decision: AnswerThreshold = AnswerThreshold()


def read_evidence_manifest(folder: Path) -> EvidenceManifest:
    """Return the manifest of an exported evidence model.

    Raises:
        ModelUnavailable: the manifest is missing, or cannot be read.
    """
    try:
        return from_json((folder / MANIFEST).read_bytes(), EvidenceManifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelUnavailable(f"no exported evidence model in {folder}: {error}") from error
