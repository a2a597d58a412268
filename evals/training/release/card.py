"""Step 7: the evaluation card, Markdown, from the part that nothing was chosen on."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from citespan.evals.training.config import Config
from citespan.evals.training.examples import Example
from citespan.evals.training.model.measures import Judged, auroc, summary
from citespan.evals.training.preparation import PreparationReport
from citespan.evals.training.release.calibration import (
    expected_calibration_error,
    probabilities,
)
from citespan.qa.evidence.model import EvidenceManifest
from citespan.qa.evidence.protocol import Floats

_RESAMPLES = 1000
_ERRORS = 20


def evaluation_card(
    manifest: EvidenceManifest,
    config: Config,
    prepared: PreparationReport,
    curves: Sequence[dict[str, Any]],
    pairs: Sequence[Example],
    judged: Sequence[Judged],
    teacher: Floats,
) -> str:
    """Return the card of an exported, calibrated model.

    Args:
        manifest: with its calibration.
        config: of the run.
        prepared: the report on the examples.
        curves: the log of the run.
        pairs: the reporting part.
        judged: the model's outputs for each pair.
        teacher: its logit for each.
    """
    sections = [
        f"# {manifest.label}",
        f"Run `{manifest.run}`, started from `{manifest.start}`"
        + (" and the weights of an earlier round" if config.model.weights else "")
        + f", seed {config.seed};"
        f" {sum(prepared.examples['train'].values())} training pairs,"
        f" {config.schedule.epochs} epochs. Figures below are of the exported int8 model on"
        f" {len(pairs)} pairs of {prepared.groups['report']} articles that took no part in"
        " training or calibration. They are of single pairs, on tokens; what users get is"
        " measured by `citespan eval`.",
        "## Figures",
        _figures(pairs, judged, teacher),
        "## By kind of negative: AUROC against all answerable pairs",
        _by_kind(pairs, judged),
        "## Calibration",
        _calibration(manifest, judged),
        "## Against fp32 (correlation of outputs)",
        _table(["output", "r"], [[name, f"{r:.4f}"] for name, r in manifest.parity.items()]),
        "## Held-out curve during training",
        _curve(curves),
        "## Training pairs",
        _table(
            ["kind", *prepared.examples],
            [
                [kind, *(str(part.get(kind, 0)) for part in prepared.examples.values())]
                for kind in prepared.examples["train"]
            ],
        ),
        "Left out: " + "; ".join(f"{why} {n}" for why, n in prepared.dropped.items()) + ".",
        f"## The {_ERRORS} surest mistakes, to be read and sorted",
        _mistakes(manifest, pairs, judged),
    ]
    return "\n\n".join(sections) + "\n"


def _figures(pairs: Sequence[Example], judged: Sequence[Judged], teacher: Floats) -> str:
    whole = summary(judged, teacher)
    groups: dict[str, list[int]] = {}
    for number, pair in enumerate(pairs):
        groups.setdefault(pair.group, []).append(number)
    names, rng = sorted(groups), np.random.default_rng(0)
    drawn: dict[str, list[float]] = {}
    for _ in range(_RESAMPLES):  # whole articles, as their pairs are alike
        chosen = rng.integers(len(names), size=len(names))
        numbers = [number for place in chosen for number in groups[names[place]]]
        again = summary([judged[number] for number in numbers], teacher[numbers])
        for name, value in again.items():
            if value is not None:
                drawn.setdefault(name, []).append(value)
    rows = [[name, _number(value), _interval(drawn.get(name, []))] for name, value in whole.items()]
    known = [(row, score) for row, score in zip(judged, teacher, strict=True) if row.label >= 0]
    labels = np.array([row.label for row, _ in known])
    rival = auroc(np.array([score for _, score in known]), labels)
    rows.append(["teacher's answerable_auroc", _number(rival), ""])
    return _table(["figure", "value", "95 % interval over articles"], rows)


def _by_kind(pairs: Sequence[Example], judged: Sequence[Judged]) -> str:
    both = list(zip(pairs, judged, strict=True))
    positives = [row for _, row in both if row.label == 1]
    rows: list[list[str]] = []
    for kind in sorted({f"{pair.source} {pair.kind}" for pair, row in both if row.label == 0}):
        negatives = [
            row for pair, row in both if row.label == 0 and f"{pair.source} {pair.kind}" == kind
        ]
        mixed = positives + negatives
        scores = np.array([row.answerable for row in mixed])
        labels = np.array([row.label for row in mixed])
        rows.append([kind, str(len(negatives)), _number(auroc(scores, labels))])
    return _table(["kind", "pairs", "AUROC"], rows)


def _calibration(manifest: EvidenceManifest, judged: Sequence[Judged]) -> str:
    calibration = manifest.calibration
    known = [row for row in judged if row.label >= 0]
    if calibration is None or not known:
        return "None."
    chances = probabilities(calibration, known)
    labels = np.array([float(row.label) for row in known])
    error = expected_calibration_error(chances, labels)
    brier = float(np.mean((chances - labels) ** 2))
    return (
        f"{calibration.method}, on {calibration.examples} pairs of which"
        f" {calibration.answerable_share:.0%} answer; here {labels.mean():.0%} do. Expected"
        f" calibration error {error:.3f} (15 bins of equal size), Brier score {brier:.3f}."
    )


def _curve(curves: Sequence[dict[str, Any]]) -> str:
    held = [line for line in curves if "held" in line]
    if not held:
        return "None."
    names = list(held[0]["held"])
    rows = [[str(line["step"]), *(_number(line["held"][name]) for name in names)] for line in held]
    return _table(["step", *names], rows)


def _mistakes(
    manifest: EvidenceManifest, pairs: Sequence[Example], judged: Sequence[Judged]
) -> str:
    calibration = manifest.calibration
    if calibration is None:
        return "None."
    wrong = [
        (abs(calibration.probability(row.answerable, row.margin) - row.label), pair, row)
        for pair, row in zip(pairs, judged, strict=True)
        if row.label >= 0
    ]
    wrong.sort(key=lambda entry: (-entry[0], entry[1].id))
    return _table(
        ["pair", "question", "holds the answer", "probability"],
        [
            [pair.id, pair.question, "yes" if row.label else "no", f"{abs(row.label - off):.3f}"]
            for off, pair, row in wrong[:_ERRORS]
        ],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |"
        for line in lines
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(values: Sequence[float]) -> str:
    if not values:
        return "-"
    low, high = np.quantile(values, [0.025, 0.975])
    return f"[{low:.3f}, {high:.3f}]"
