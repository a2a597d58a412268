"""Step 3: the training loop. It stops and continues at any step, with the same result."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import Progress

from citespan.evals.training.config import Config, ScheduleConfig, fingerprint
from citespan.evals.training.model.averaging import Average
from citespan.evals.training.model.batches import collate, plan
from citespan.evals.training.model.checkpoint import (
    load_checkpoint,
    save_checkpoint,
    write_tensors,
)
from citespan.evals.training.model.curves import CurveLog
from citespan.evals.training.model.encoding import EncodedSet
from citespan.evals.training.model.losses import Batch, loss_terms, total_loss
from citespan.evals.training.model.measures import Judged, judge, summary
from citespan.evals.training.model.model import EvidenceModel, Outputs
from citespan.qa.evidence.model import RowLogits

_HEADS = ("rankings.", "relevance.", "answerable.", "tokens.", "claim.")
_AVERAGED_STEPS = 10  # steps between two weights of the mean


class Trainer:
    """A trainer of a model on an encoded set.

    Args:
        work: the folder for checkpoint, curves and the final weights.
        model: with its starting weights.
        train: the examples and the teacher's logit of each.
        held: examples for the curves, and the teacher's logit of each.
        config: the run.
    """

    def __init__(
        self,
        work: Path,
        model: EvidenceModel,
        train: tuple[EncodedSet, NDArray[np.float32]],
        held: tuple[EncodedSet, NDArray[np.float32]],
        config: Config,
    ) -> None:
        self._work, self._config, self._schedule = work, config, config.schedule
        self._train, self._held = train, held
        self._device = device_of(config.schedule)
        self._model = model.to(self._device)
        self._optimizer = _optimizer(self._model, config.schedule)
        self._rates = [float(group["lr"]) for group in self._optimizer.param_groups]
        self._bf16 = has_bf16(config.schedule, self._device)
        epochs = [
            plan(train[0].lengths, train[0].twin, config.schedule.batch_tokens, config.seed, epoch)
            for epoch in range(math.ceil(config.schedule.epochs))
        ]
        whole = [rows for epoch in epochs for rows in epoch]
        self._batches = whole[: round(len(whole) * config.schedule.epochs / max(1, len(epochs)))]
        self.steps = len(self._batches)
        self._average = Average()
        self._averaged_from = round(self.steps * (1 - config.schedule.averaged))
        sums = [int(train[0].bounds[-1]), float(np.nansum(train[1])), len(train[0])]
        # the intervals of logs and checkpoints change no result, and may change between sittings
        schedule = config.schedule
        self.run = fingerprint(
            "train-2", config.seed, config.model, config.loss, sums, schedule.epochs,
            schedule.batch_tokens, schedule.learning_rate, schedule.head_learning_rate,
            schedule.warmup, schedule.weight_decay, schedule.clip, schedule.averaged,
        )  # fmt: skip

    def train(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Continue until all is done, or until `stop` returns true after a step.

        Returns:
            Whether all is done.

        Raises:
            TrainingError: the checkpoint is of another run.
        """
        done = self._begin()
        curves = CurveLog(self._work / "curves.jsonl", done)
        meter, saved = _Meter(), time.monotonic()
        with Progress(transient=True) as progress:
            bar = progress.add_task("train", total=self.steps, completed=done)
            while done < self.steps and not stop():
                rows = self._batches[done]
                meter.add(self._step(rows, done), len(rows))
                done += 1
                if done > self._averaged_from and done % _AVERAGED_STEPS == 0:
                    self._average.add(self._model)
                progress.update(bar, completed=done)
                self._note(done, curves, meter)
                if time.monotonic() - saved > 60 * self._schedule.checkpoint_minutes:
                    self._save(done)
                    saved = time.monotonic()
        self._save(done)
        if done < self.steps:
            return False
        weights = {n: t.contiguous() for n, t in self._average.weights(self._model).items()}
        write_tensors(self._work / "model.safetensors", weights, {"run": self.run})
        return True

    def _begin(self) -> int:
        cast(Any, torch).manual_seed(self._config.seed)
        if self._schedule.threads:
            torch.set_num_threads(self._schedule.threads)
        path = self._work / "checkpoint.safetensors"
        self._work.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return load_checkpoint(path, self._model, self._optimizer, self._average, self.run)
        return 0

    def _save(self, done: int) -> None:
        path = self._work / "checkpoint.safetensors"
        save_checkpoint(path, self._model, self._optimizer, self._average, done, self.run)

    def _step(self, rows: NDArray[np.int64], done: int) -> dict[str, float]:
        self._model.train()
        factor = rate_factor(done, self.steps, self._schedule.warmup)
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor
        batch = collate(*self._train, rows).to(self._device)
        terms = loss_terms(self._forward(batch), batch, self._config.loss)
        self._optimizer.zero_grad(set_to_none=True)
        loss = total_loss(terms, self._config.loss)
        cast(Any, loss).backward()
        learning = [weight for weight in self._model.parameters() if weight.requires_grad]
        torch.nn.utils.clip_grad_norm_(learning, self._schedule.clip)
        cast(Any, self._optimizer).step()
        return {"loss": loss.item(), **{name: term.item() for name, term in terms.items()}}

    def _forward(self, batch: Batch) -> Outputs:
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=self._bf16):
            return self._model(batch.ids, batch.mask, batch.types)

    def _note(self, done: int, curves: CurveLog, meter: "_Meter") -> None:
        if done % self._schedule.log_every_steps == 0 or done == self.steps:
            rate = self._rates[0] * rate_factor(done, self.steps, self._schedule.warmup)
            curves.add(done, {"rate": rate, **meter.taken()})
        if done % self._schedule.evaluate_every_steps == 0 or done == self.steps:
            curves.add(done, {"held": self.evaluate()})

    def evaluate(self) -> dict[str, float | None]:
        """Return the figures on the first held-out examples; the model does not change."""
        encoded, teacher = self._held
        count = min(len(encoded), self._schedule.evaluate_examples)
        order = np.argsort(encoded.lengths[:count], kind="stable")
        judged: list[Judged | None] = [None] * count
        self._model.eval()
        with torch.no_grad():
            for start in range(0, count, 32):
                rows = order[start : start + 32]
                batch = collate(encoded, teacher, rows).to(self._device)
                outputs = self._forward(batch)
                for line, row in enumerate(rows):
                    size = int(encoded.lengths[row])
                    judged[row] = judge(encoded, int(row), _row_logits(outputs, line, size))
        found = [row for row in judged if row is not None]
        return summary(found, teacher[:count].astype(np.float64))


class _Meter:
    """Means of the terms since they were last read, and the speed."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}
        self._examples, self._since = 0, time.monotonic()

    def add(self, terms: dict[str, float], examples: int) -> None:
        for name, value in terms.items():
            self._values.setdefault(name, []).append(value)
        self._examples += examples

    def taken(self) -> dict[str, float]:
        now = time.monotonic()
        means = {name: math.fsum(values) / len(values) for name, values in self._values.items()}
        means["examples_per_s"] = self._examples / max(1e-9, now - self._since)
        self._values, self._examples, self._since = {}, 0, now
        return means


def rate_factor(step: int, steps: int, warmup: float) -> float:
    """Return a factor: linear to 1 over the warm-up's share of the steps, then linear to 0."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return max(0.0, (steps - step) / max(1, steps - rising))


def device_of(schedule: ScheduleConfig) -> torch.device:
    """Return the device named, or CUDA if there is one, or the CPU."""
    return torch.device(schedule.device or ("cuda" if torch.cuda.is_available() else "cpu"))


def has_bf16(schedule: ScheduleConfig, device: torch.device) -> bool:
    """Return whether products are in bf16: as configured, or if the hardware has it."""
    if schedule.precision != "auto":
        return schedule.precision == "bf16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    # without the instructions bf16 is emulated, slower than fp32
    check: Any = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return bool(check())


def _optimizer(model: EvidenceModel, schedule: ScheduleConfig) -> torch.optim.Optimizer:
    groups: list[dict[str, Any]] = [
        {"params": [], "lr": rate, "weight_decay": decay}
        for rate in (schedule.learning_rate, schedule.head_learning_rate)
        for decay in (schedule.weight_decay, 0.0)
    ]
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            groups[2 * name.startswith(_HEADS) + (weight.ndim < 2)]["params"].append(weight)
    return torch.optim.AdamW([group for group in groups if group["params"]], fused=True)


def _row_logits(outputs: Outputs, line: int, size: int) -> RowLogits:
    def row(tensor: torch.Tensor) -> Any:
        return tensor[line, :size].double().cpu().numpy()

    return RowLogits(
        early=outputs.early[line].double().cpu().numpy(),
        relevance=float(outputs.relevance[line]),
        answerable=float(outputs.answerable[line]),
        evidence=row(outputs.evidence),
        start=row(outputs.start),
        end=row(outputs.end),
        claim=outputs.claim[line].double().cpu().numpy(),
    )
