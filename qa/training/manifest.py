"""What lies beside the exported model: its files' hashes, and what its outputs mean."""

from pathlib import Path

import msgspec
import numpy as np
from tokenizers import Encoding

from index.onnx import OnnxModel
from qa.training.encoding import PairTokenizer
from qa.training.errors import TrainingError
from qa.training.examples import write_file
from qa.training.measures import RowLogits

MANIFEST = "manifest.json"


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """From logits to the probability that the passage holds the answer.

    The probability is the logistic function of `answerable` * logit + `margin` * (best span's
    logits less no answer's) + `bias`; where there are `knots`, that sum is looked up among them
    instead, linearly between neighbours, and `levels` are the probabilities.

    thresholds: by risk, the least probability from which at most that share of the passages said
        to answer does not, with 95 % confidence on the examples it was chosen on; null: no
        threshold keeps that risk. `answerable_share` is how many of those examples answer.
    """

    method: str
    answerable: float
    margin: float
    bias: float
    knots: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()
    thresholds: dict[str, float | None] = {}
    examples: int = 0
    answerable_share: float = 0.0

    def probability(self, answerable: float, margin: float) -> float:
        """The probability for one pair's logits."""
        place = self.answerable * answerable + self.margin * margin + self.bias
        if self.knots:
            return float(np.interp(place, self.knots, self.levels))
        return float(1 / (1 + np.exp(-np.clip(place, -500, 500))))


class EvidenceManifest(msgspec.Struct, frozen=True, kw_only=True):
    """`run` names configuration and data; `parity` how far int8 is from fp32."""

    label: str
    run: str
    start: str
    max_tokens: int
    question_tokens: int
    files: dict[str, str]
    parity: dict[str, float]
    calibration: Calibration | None = None


def read_evidence_manifest(folder: Path) -> EvidenceManifest:
    """The manifest of an exported evidence model.

    Raises:
        TrainingError: there is none, or it cannot be read.
    """
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=EvidenceManifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise TrainingError(f"no exported model in {folder}: {error}") from error


def write_manifest(folder: Path, manifest: EvidenceManifest) -> None:
    """Replace the manifest."""
    write_file(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


class ExportedModel:
    """The exported model on one pair at a time, so that batch mates change nothing. No torch.

    Raises:
        ModelUnavailable: a file is missing or was changed.
        TrainingError: there is no manifest.
    """

    def __init__(self, folder: Path) -> None:
        self.manifest = read_evidence_manifest(folder)
        self._model = OnnxModel(folder, self.manifest.files, self.manifest.max_tokens)
        self.tokenizer = PairTokenizer(
            folder / "tokenizer.json", self.manifest.max_tokens, self.manifest.question_tokens
        )

    def logits(self, encoding: Encoding) -> RowLogits:
        """All outputs for one pair."""
        outputs = self._model.outputs(encoding)
        return RowLogits(
            relevance=float(outputs["relevance"]),
            answerable=float(outputs["answerable"]),
            evidence=outputs["evidence"].astype(np.float64),
            start=outputs["start"].astype(np.float64),
            end=outputs["end"].astype(np.float64),
        )
