"""The steps on one work folder, each continuing from the results in it."""

import shutil
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from citespan.evals.datasets import Part
from citespan.evals.training.config import Config
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.examples import Example, read_examples, write_file
from citespan.evals.training.model.averaging import between
from citespan.evals.training.model.checkpoint import read_tensors, write_tensors
from citespan.evals.training.model.curves import read_curves
from citespan.evals.training.model.encoding import EncodedSet, encode_set
from citespan.evals.training.model.loop import Trainer
from citespan.evals.training.model.measures import Judged
from citespan.evals.training.model.model import EvidenceModel, model_from
from citespan.evals.training.model.stored import RANKINGS, read_weights
from citespan.evals.training.model.teacher import taught, teach
from citespan.evals.training.model.weights import starting_weights, tokenizer_file
from citespan.evals.training.preparation import (
    PARTS,
    PreparationReport,
    examples_path,
    prepare,
)
from citespan.evals.training.ranking import read_lists, train_rankings
from citespan.evals.training.release import (
    LEARNED,
    calibrate,
    decided,
    evaluation_card,
    export_model,
    judged_pairs,
    write_manifest,
)
from citespan.qa.evidence.model import (
    EvidenceManifest,
    ExportedModel,
    pair_texts,
    read_evidence_manifest,
)

Stop = Callable[[], bool]
Notify = Callable[[str], None]

_PARITY_PAIRS = 32


class Work:
    """A run's folder.

    Args:
        data: the folder that has `train/`, and the evaluation sets to exclude.
        folder: for all results. Those that runs share (examples, teacher's scores, token arrays)
            are at its top, weights and logs in a folder named after the model's start.
        config: the run.
        notify: called with a message after each step.
    """

    def __init__(self, data: Path, folder: Path, config: Config, notify: Notify) -> None:
        self._data, self._folder, self._config, self._notify = data, folder, config, notify
        self._run = folder / config.model.start
        self._exported = self._run / "exported"

    def prepare(self) -> None:
        report = prepare(self._data, self._folder, self._config)
        counts = {part: sum(kinds.values()) for part, kinds in report.examples.items()}
        self._notify(f"examples: {counts}, articles: {report.groups}, left out: {report.dropped}")

    def teach(self) -> None:
        for part in PARTS:
            limit = self._config.taught
            scores = teach(self._examples(part), self._folder / "teacher", limit)
            self._notify(
                f"teacher's scores of {part}: {np.isfinite(scores).sum()} of {len(scores)}"
            )

    def train(self, stop: Stop) -> bool:
        """Train; return whether the training was completed."""
        started = time.monotonic()
        model = self._model()
        model.load_state_dict(self._begun(model))
        trainer = Trainer(
            self._run, model, self._pairs("train"), self._pairs("calibrate"), self._config
        )
        done = trainer.train(stop)
        minutes = (time.monotonic() - started) / 60
        self._notify(f"trained for {minutes:.1f} minutes" + ("" if done else ", to be continued"))
        return done

    def rank(self) -> None:
        if not self._config.lists:
            self._notify("the rankings stay as they are: the configuration names no lists")
            return
        lists = read_lists(self._data / self._config.lists)
        model, run = self._trained()
        unranked = self._run / "unranked" / "exported"
        self._export(model, unranked, run)
        train_rankings(model, ExportedModel(unranked), lists, self._config.seed)
        shutil.rmtree(unranked.parent)
        rankings = {f"rankings.{name}": one for name, one in model.rankings.state_dict().items()}
        write_tensors(self._run / RANKINGS, rankings, {"run": run})
        self._notify(f"rankings trained with {len(lists)} lists")

    def export(self) -> None:
        model, run = self._trained()
        path = self._run / RANKINGS
        if path.exists():
            tensors, notes = read_tensors(path)
            if notes.get("run") != run:
                raise TrainingError(f"{path} is of other weights; run the step `rank` again")
            model.load_state_dict(tensors, strict=False)
        manifest = self._export(model, self._exported, run)
        self._notify(f"exported to {self._exported}; against fp32: {manifest.parity}")

    def calibrate(self) -> None:
        pairs, judged = self._judged("calibrate")
        known = [
            (row, pair.group) for pair, row in zip(pairs, judged, strict=True) if row.label >= 0
        ]
        calibration, losses = calibrate([row for row, _ in known], [group for _, group in known])
        calibration = msgspec.structs.replace(calibration, evidence=self._config.evidence)
        manifest = read_evidence_manifest(self._exported)
        self._write(msgspec.structs.replace(manifest, calibration=calibration))
        self._notify(f"calibrated by {calibration.method}; log losses: {losses}")

    def decide(self) -> None:
        least, gap = self._config.least, self._config.gap
        decision, near, scores = decided(self._data, self._exported, self._folder, least, gap)
        manifest = read_evidence_manifest(self._exported)
        self._write(msgspec.structs.replace(manifest, decision=decision))
        self._notify(f"decided: {decision}; as good: {near}; conditioned scores: {scores}")

    def card(self) -> None:
        pairs, judged = self._judged("report")
        folder = self._folder / "teacher"
        teacher = taught(self._examples("report"), folder, len(pairs)).astype(np.float64)
        text = evaluation_card(
            read_evidence_manifest(self._exported),
            self._config,
            msgspec.json.decode(
                (self._folder / "prepare.json").read_bytes(), type=PreparationReport
            ),
            read_curves(self._run / "curves.jsonl"),
            pairs,
            judged,
            teacher,
        )
        write_file(self._exported / "CARD.md", text.encode())
        self._notify(f"card: {self._exported / 'CARD.md'}")

    def _trained(self) -> tuple[EvidenceModel, str]:
        """Return the model with the trained weights and the share kept, and the run's name."""
        model = self._model()
        tensors, notes = read_weights(self._run / "model.safetensors", model)
        if kept := self._config.kept:
            tensors = between(self._begun(model), tensors, kept)
        model.load_state_dict(tensors)
        return model, notes.get("run", "")

    def _export(self, model: EvidenceModel, folder: Path, run: str) -> EvidenceManifest:
        rows = islice(read_examples(self._examples("calibrate")), _PARITY_PAIRS)
        pairs = [(row.question, pair_texts(row.title, row.passage)[0]) for row in rows]
        tokenizer = tokenizer_file(self._config.model, self._folder)
        return export_model(model, folder, tokenizer, pairs, self._config, run)

    def _write(self, manifest: EvidenceManifest) -> None:
        """Replace the manifest, and that of what is shipped of the model if it is a part."""
        write_manifest(self._exported, manifest)
        learned = self._exported.with_name(LEARNED)
        if learned.exists():
            files = read_evidence_manifest(learned).files
            write_manifest(learned, msgspec.structs.replace(manifest, files=files))

    def _judged(self, part: Part) -> tuple[list[Example], list[Judged]]:
        path, config = self._examples(part), self._config
        return judged_pairs(path, self._exported, self._folder, config.model, config.judged)

    def _examples(self, part: Part) -> Path:
        path = examples_path(self._folder, part)
        if not path.exists():
            raise TrainingError(f"there is no {path}; run the step `prepare` first")
        return path

    def _pairs(self, part: Part) -> tuple[EncodedSet, NDArray[np.float32]]:
        path, model = self._examples(part), self._config.model
        tokenizer = tokenizer_file(model, self._folder)
        encoded = encode_set(path, self._folder / "encoded", tokenizer, model)
        return encoded, taught(path, self._folder / "teacher", len(encoded))

    def _begun(self, model: EvidenceModel) -> Mapping[str, Tensor]:
        """Return the weights that training begins with."""
        path = self._config.model.weights
        return read_weights(Path(path), model, ranked=True)[0] if path else model.state_dict()

    def _model(self) -> EvidenceModel:
        return model_from(
            starting_weights(self._config.model), self._config.model, seed=self._config.seed
        )
