"""Measures, calibration and the card: values by hand or by brute force."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from index.types import Span
from qa.training.calibration import (
    calibrate,
    expected_calibration_error,
    isotonic,
    probabilities,
    threshold,
)
from qa.training.card import evaluation_card
from qa.training.config import Config
from qa.training.errors import TrainingError
from qa.training.examples import Example
from qa.training.manifest import Calibration, EvidenceManifest
from qa.training.measures import Judged, RowLogits, auroc, best_span, ranks, spearman, summary
from qa.training.preparation import PreparationReport


def judged(answerable: float, label: int, **more: Any) -> Judged:
    values: dict[str, Any] = {
        "relevance": answerable, "margin": 0.0, "span_f1": 1.0 if label == 1 else None,
        "kept": 1, "missed": 1, "extra": 2, **more,
    }  # fmt: skip
    return Judged(answerable=answerable, label=label, **values)


def sample(count: int, *, overconfident: float = 1.0) -> tuple[list[Judged], list[str]]:
    """Pairs whose true log odds are their logit over `overconfident`, from ten articles."""
    rng = np.random.default_rng(0)
    odds = rng.normal(0, 2, count)
    labels = rng.random(count) < 1 / (1 + np.exp(-odds))
    rows = [
        judged(float(z) * overconfident, int(y), margin=float(rng.normal()))
        for z, y in zip(odds, labels, strict=True)
    ]
    return rows, [str(number % 10) for number in range(count)]


class TestMeasures:
    def test_auroc_is_the_share_of_pairs_in_order(self) -> None:
        rng = np.random.default_rng(0)
        scores, labels = rng.integers(0, 8, 60).astype(np.float64), rng.integers(0, 2, 60)
        pairs = [(a > b) + 0.5 * (a == b) for a in scores[labels == 1] for b in scores[labels == 0]]
        assert auroc(scores, labels) == pytest.approx(float(np.mean(pairs)))
        assert auroc(scores, np.ones(60, dtype=np.int64)) is None

    def test_ties_share_their_rank(self) -> None:
        assert list(ranks(np.array([3.0, 1.0, 3.0, 2.0]))) == [3.5, 1, 3.5, 2]
        assert spearman(np.array([1.0, 2.0, 9.0]), np.array([1.0, 4.0, 5.0])) == pytest.approx(1)
        assert spearman(np.array([1.0, 1.0]), np.array([1.0, 2.0])) is None

    def test_the_best_span_does_not_end_before_it_starts(self) -> None:
        logits = RowLogits(
            relevance=0, answerable=0, evidence=np.zeros(6),
            start=np.array([9, 9, 0, 1, 5, 9.0]), end=np.array([9, 9, 4, 2, 0, 9.0]),
        )  # fmt: skip
        # tokens 2 to 4 are the passage: 3 to 3 gives 3, 4 to 4 gives 5, 2 to 2 gives 4
        assert best_span(logits, 2) == (4, 4, 5.0)

    def test_unlabelled_pairs_count_for_nothing_but_their_rank(self) -> None:
        rows = [judged(2, 1), judged(-2, 0), judged(9, -1)]
        figures = summary(rows, np.array([1.0, 0.0, 2.0]))
        assert figures["answerable_auroc"] == 1
        assert figures["evidence_precision"] == pytest.approx(1 / 3)
        assert figures["evidence_recall"] == pytest.approx(1 / 2)
        assert figures["evidence_f1"] == pytest.approx(0.4)
        assert figures["relevance_rank"] == pytest.approx(1)


class TestCalibration:
    def test_an_overconfident_model_is_cooled(self) -> None:
        rows, groups = sample(3000, overconfident=3)
        found, losses = calibrate(rows, groups)
        labels = np.array([float(row.label) for row in rows])
        raw = np.array([1 / (1 + np.exp(-row.answerable)) for row in rows])
        assert found.answerable == pytest.approx(1 / 3, rel=0.15)
        assert losses[found.method] == min(losses.values())
        assert expected_calibration_error(probabilities(found, rows), labels) < 0.03
        assert expected_calibration_error(raw, labels) > 0.06

    def test_thresholds_keep_their_risk_on_other_data(self) -> None:
        rows, groups = sample(3000)
        found, _ = calibrate(rows[:1500], groups[:1500])
        chances = probabilities(found, rows[1500:])
        labels = np.array([row.label for row in rows[1500:]])
        for risk, least in found.thresholds.items():
            if least is not None:
                said = chances >= least
                assert 1 - labels[said].mean() <= float(risk) + 0.01
        strict, loose = found.thresholds["0.1"], found.thresholds["0.3"]
        assert strict is not None
        assert loose is not None
        assert loose < strict

    def test_few_examples_prove_nothing(self) -> None:
        chances = np.array([0.9, 0.8, 0.7])
        assert threshold(chances, np.ones(3), 0.05) is None
        assert threshold(np.full(200, 0.9), np.ones(200), 0.05) == 0.9
        half = np.tile([1.0, 0.0], 100)
        assert threshold(np.full(200, 0.9), half, 0.2) is None  # no cut between equals

    def test_isotonic_rises_and_keeps_the_mean(self) -> None:
        knots, levels = isotonic(np.array([1.0, 2, 3, 4]), np.array([0.0, 1, 0, 1]))
        assert knots == (1, 2.5, 4)
        assert levels == (0, 0.5, 1)

    def test_it_needs_both_kinds_from_several_articles(self) -> None:
        rows, groups = sample(100)
        for bad in ([row for row in rows if row.label], rows[:4]):
            with pytest.raises(TrainingError, match="both kinds from at least five articles"):
                calibrate(bad, groups[: len(bad)])

    def test_knots_are_looked_up(self) -> None:
        found = Calibration(
            method="isotonic", answerable=1, margin=1, bias=0, knots=(0, 2), levels=(0.2, 0.6)
        )
        assert found.probability(0.5, 0.5) == pytest.approx(0.4)
        assert found.probability(-9, 0) == pytest.approx(0.2)
        assert msgspec.json.decode(msgspec.json.encode(found), type=Calibration) == found


def test_the_card_says_what_was_measured() -> None:
    rows, groups = sample(200)
    pairs = [
        Example(
            id=f"p{number}", source="squad", group=group, kind="given" if row.label else "article",
            question="Which | one?", title="", passage="It is.", answerable=bool(row.label),
            answers=(Span(0, 2),) if row.label else (),
        )
        for number, (row, group) in enumerate(zip(rows, groups, strict=True))
    ]  # fmt: skip
    calibration, _ = calibrate(rows, groups)
    rows[0] = replace(rows[0], answerable=-99.0, label=1, span_f1=0.0)
    manifest = EvidenceManifest(
        label="L", run="r", start="ce6", max_tokens=64, question_tokens=16, files={},
        parity={"start": 0.99}, calibration=calibration,
    )  # fmt: skip
    report = PreparationReport(
        fingerprint="f", examples={"train": {"squad given": 5}, "report": {}},
        groups={"report": 10}, dropped={"why": 3},
    )  # fmt: skip
    curves = [{"step": 5, "loss": 1.0}, {"step": 10, "held": {"span_f1": 0.5}}]
    teacher = np.arange(200, dtype=np.float64)
    text = evaluation_card(manifest, Config(), report, curves, pairs, rows, teacher)
    assert "| 10 | 0.500 |" in text
    assert "| squad given | 5 | 0 |" in text
    negatives = sum(row.label == 0 for row in rows)
    assert f"| squad article | {negatives} |" in text
    mistakes = text.rsplit("| --- |\n", 1)[1].splitlines()
    assert len(mistakes) == 20
    assert mistakes[0].startswith("| p0 | Which \\| one? | yes | 0.0")
    figure = summary(rows, teacher)["answerable_auroc"] or 0
    assert f"| answerable_auroc | {figure:.3f} | [" in text
