"""The configuration of a training run; a TOML file may change any of it."""

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from citespan.evals.training.errors import TrainingError
from citespan.qa.evidence.model import LayerCut

Start = Literal["minilm", "ce", "shipped", "multilingual"]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class DataConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The selection of examples.

    Each of the `…_questions` is the limit for one source; `misleading_questions` are those of SQuAD
    2.0 that people wrote so that their paragraph does not answer them. `claims` is the limit of
    claims, and `guides` that of pairs made of guides. `everyday` is that of pairs of written
    questions. `abroad` is that of those in other languages, or about documents in them.

    The five rates are the negatives made for each question that has an answer. `keywords` is the
    share of questions asked as keywords, `requests` of those asked as requests. `yes_no` is the
    share of questions turned into whether their answer is right, if their words allow it. `both` is
    the share of questions that are asked together with another one too.

    `titles` is the share of passages shown with a title. Of those, `file_names` are shown with a
    file's name instead, and `other_titles` with another document's, if the question does not name
    its own. `elsewhere` is the share of questions, among those whose subject only the title names,
    that are asked of the passage under another title too. `renamed` is the share that is asked of
    the passage about another name too. `removed` is the share, among those that people typed into a
    search box, that is asked of the passage without its evidence too.

    `layouts` is the share of passages laid out as lists, below headings or next to tables; `tables`
    the share of documents whose names fill a made table. `chunks` and `neighbours` are the shares
    of positive passages cut as the index cuts them, and of two neighbouring paragraphs; the rest
    are whole paragraphs. `development_times` is how often each question about a development article
    that trains is included. The `held_*` shares are of articles; `held_elsewhere` is each of the
    two for the small sources, so that they can calibrate and report.
    """

    squad_questions: int = 20_000
    misleading_questions: int = 0
    nq_questions: int = 4_000
    fairytale_questions: int = 1_000
    subjqa_questions: int = 2_000
    selqa_questions: int = 0
    boolq_questions: int = 0
    condaqa_questions: int = 0
    policyqa_questions: int = 0
    covidqa_questions: int = 0
    jaquad_questions: int = 0
    pquad_questions: int = 0
    iapp_questions: int = 0
    drcd_questions: int = 0
    cmrc_questions: int = 0
    norquad_questions: int = 0
    arcd_questions: int = 0
    faquad_questions: int = 0
    claims: int = 0
    guides: int = 0
    everyday: int = 0
    abroad: int = 0
    development_times: int = 3
    synthetic: Share = 0.6
    article: Share = 0.15
    retrieved: Share = 0.2
    random: Share = 0.05
    swapped: Share = 0.55
    keywords: Share = 0.1
    requests: Share = 0.0
    yes_no: Share = 0.0
    both: Share = 0.08
    layouts: Share = 0.12
    tables: Share = 0.4
    titles: Share = 0.5
    file_names: Share = 0.0
    other_titles: Share = 0.0
    elsewhere: Share = 0.0
    renamed: Share = 0.0
    removed: Share = 0.0
    chunks: Share = 0.4
    neighbours: Share = 0.15
    chunk_tokens: Positive = 150
    passage_tokens: Positive = 300
    held_for_calibration: Share = 0.03
    held_for_report: Share = 0.03
    held_elsewhere: Share = 0.15

    def limits(self) -> dict[str, int]:
        """Return the limits of questions by source, for the sources that have any."""
        found = {
            field.removesuffix("_questions"): int(getattr(self, field))
            for field in self.__struct_fields__
            if field.endswith("_questions")
        }
        return {source: limit for source, limit in found.items() if limit}


class ModelConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The encoder.

    `start` is all-MiniLM-L6-v2, the 12-layer cross-encoder, the evidence model that citespan ships,
    or multilingual-e5-small. `layers` are those taken from the cross-encoder, counted from 0;
    `ranked_after` are the layers before each ranking of the passages, 0 after the embeddings. The
    layers behind the last ranking read the passages that remain.
    `frozen_layers` of them, and all embeddings if it is not 0, do not change: a later round of
    training is a quarter faster with the early ones frozen. `weights` is the `model.safetensors` of
    an earlier round to continue from. If `adapter_rank` is not 0, the product of two matrices of
    this rank is learned for each matrix of the layers, which does not change itself.
    """

    start: Start = "ce"
    weights: str = ""
    layers: tuple[int, ...] = tuple(range(12))
    ranked_after: tuple[Annotated[int, msgspec.Meta(ge=0)], ...] = (0, 2, 4)
    max_tokens: Annotated[int, msgspec.Meta(ge=16, le=512)] = 384
    question_tokens: Positive = 64
    dropout: Share = 0.0
    frozen_embeddings: bool = True
    frozen_layers: Annotated[int, msgspec.Meta(ge=0)] = 0
    adapter_rank: Annotated[int, msgspec.Meta(ge=0)] = 0


class LossConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weights of the terms.

    `early` is the weight of the rankings, which follow the teacher if the teacher has a score and
    the model's own `relevance` otherwise. `evidence_positives` is the weight of evidence tokens
    in the balanced evidence term. `teacher_scale` divides the teacher's logits (some -11 to 11) in
    the squared error. `twins` is the weight of the margin between a question and its unanswerable
    twin, of `margin` logits; `claim` that of claims. `ranked` is the weight of the relevance that
    follows the labels where the teacher has no score.
    """

    early: float = 0.5
    relevance: float = 0.5
    evidence: float = 1.0
    span: float = 1.0
    answerable: float = 1.0
    twins: float = 0.0
    claim: float = 0.0
    ranked: float = 0.0
    margin: Annotated[float, msgspec.Meta(ge=0)] = 2.0
    evidence_positives: Share = 0.4
    teacher_scale: Annotated[float, msgspec.Meta(gt=0)] = 4.0


class ScheduleConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The order and pace of the examples; `batch_tokens` counts padding.

    If `epochs` is below 1, the last examples are left out; 0 trains nothing but the rankings. The
    final weights are the mean of those after every tenth step of the last `averaged` share of the
    steps (0: the last weights).
    """

    epochs: Annotated[float, msgspec.Meta(ge=0)] = 0.8
    batch_tokens: Positive = 4_500
    learning_rate: float = 1e-4
    head_learning_rate: float = 5e-4
    warmup: Share = 0.06
    weight_decay: float = 0.01
    clip: float = 1.0
    averaged: Share = 0.0
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    threads: int = 0
    device: str = ""
    log_every_steps: Positive = 50
    evaluate_every_steps: Positive = 1_000
    evaluate_examples: Positive = 800
    checkpoint_minutes: float = 5.0


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole run; the teacher scores `taught` pairs of each part.

    `judged` pairs calibrate the exported model, and as many others are reported. `kept` is the
    share of the weights that training began with in those that are exported. `evidence` is added to
    the logit of each token's evidence, so that one limit serves all models. `least` is the least
    confidence of an answer by default; `near_best` says which are as good (decision 120). `cuts`
    say which passages each ranking but the last leaves, and `gap` which of the last are read.
    `lists` is the file of lists in the data's folder that teaches the rankings; without a name they
    stay as they are.
    """

    seed: int = 20_261_124
    label: str = "citespan-evidence"
    taught: Positive = 10_000
    judged: Positive = 3_000
    kept: Share = 0.0
    evidence: float = 0.0
    least: Share = 0.46
    lists: str = ""
    cuts: tuple[LayerCut, ...] = ()
    gap: Annotated[float, msgspec.Meta(gt=0)] = 4.0
    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    loss: LossConfig = LossConfig()
    schedule: ScheduleConfig = ScheduleConfig()


def load_config(path: Path | None) -> Config:
    """Read the configuration in a TOML file; fields that it does not name keep their default.

    Raises:
        TrainingError: it cannot be read, or names something unknown.
    """
    if path is None:
        return Config()
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Config)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.MsgspecError) as error:
        raise TrainingError(f"configuration {path}: {error}") from error


def fingerprint(*parts: object) -> str:
    """Return sixteen hex digits that change with any part: sections, file hashes, names."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]
