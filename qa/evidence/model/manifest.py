"""What lies beside an exported evidence model: its files' hashes, and what its outputs mean."""

from pathlib import Path

import msgspec
import numpy as np

from citespan.index.errors import ModelUnavailable
from citespan.qa.evidence.decision import AnswerThreshold

MANIFEST = "manifest.json"
SHALLOW, DEEP, TOKENIZER = "shallow.onnx", "deep.onnx", "tokenizer.json"


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """From logits to the probability that the passage holds the answer.

    The probability is the logistic function of `answerable` * logit + `margin` * (best span's
    logits less no answer's) + `bias`; where there are `knots`, that sum is looked up among them
    instead, linearly between neighbours, and `levels` are the probabilities.

    `examples` is how many pairs it was fitted on, `answerable_share` how many of those answer.
    """

    method: str
    answerable: float
    margin: float
    bias: float
    knots: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()
    examples: int = 0
    answerable_share: float = 0.0

    def probability(self, answerable: float, margin: float) -> float:
        """The probability for one pair's logits."""
        place = self.answerable * answerable + self.margin * margin + self.bias
        if self.knots:
            return float(np.interp(place, self.knots, self.levels))
        return float(1 / (1 + np.exp(-np.clip(place, -500, 500))))


class EvidenceManifest(msgspec.Struct, frozen=True, kw_only=True):
    """`run` names configuration and data; `parity` how far int8 is from fp32.

    `decision` is for whole answers from a corpus, as `calibration` for single passages.
    """

    label: str
    run: str
    start: str
    max_tokens: int
    question_tokens: int
    files: dict[str, str]
    parity: dict[str, float]
    calibration: Calibration | None = None
    decision: AnswerThreshold = AnswerThreshold()


def read_evidence_manifest(folder: Path) -> EvidenceManifest:
    """The manifest of an exported evidence model.

    Raises:
        ModelUnavailable: there is none, or it cannot be read.
    """
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=EvidenceManifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelUnavailable(f"no exported evidence model in {folder}: {error}") from error
