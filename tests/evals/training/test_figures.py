"""Measures, calibration and the card: values by hand or by brute force."""

from dataclasses import replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

import msgspec
import numpy as np
import pytest

from citespan.evals.training.config import Config
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.examples import Example
from citespan.evals.training.model.measures import Judged, auroc, ranks, spearman, summary
from citespan.evals.training.preparation import PreparationReport
from citespan.evals.training.release.calibration import (
    RISKS,
    calibrate,
    decide,
    expected_calibration_error,
    isotonic,
    probabilities,
    threshold,
)
from citespan.evals.training.release.card import evaluation_card
from citespan.evals.training.release.decisions import conditioned, near_best
from citespan.evals.training.release.domains import DomainAnswer
from citespan.evals.training.release.export import write_manifest
from citespan.index.errors import ModelUnavailable
from citespan.index.types import Span
from citespan.qa.errors import ConfigError
from citespan.qa.evidence.decision import AnswerThreshold
from citespan.qa.evidence.model.manifest import (
    Calibration,
    EvidenceManifest,
    read_evidence_manifest,
)
from citespan.qa.evidence.protocol import Floats, best_span


def judged(answerable: float, label: int, **more: Any) -> Judged:
    values: dict[str, Any] = {
        "early": answerable, "relevance": answerable, "margin": 0.0,
        "span_f1": 1.0 if label == 1 else None, "kept": 1, "missed": 1, "extra": 2, **more,
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
        start, end = np.array([9, 9, 0, 1, 5, 9.0]), np.array([9, 9, 4, 2, 0, 9.0])
        # tokens 2 to 4 are the passage: 3 to 3 gives 3, 4 to 4 gives 5, 2 to 2 gives 4
        assert best_span(start, end, 2) == (4, 4, 5.0)

    def test_the_best_span_is_that_of_brute_force(self) -> None:
        rng = np.random.default_rng(0)
        for _ in range(50):
            start, end = rng.normal(0, 9, (2, 70))
            sums = {
                (i, j): start[i] + end[j] for i in range(7, 69) for j in range(i, min(i + 40, 69))
            }
            first, last = max(sums, key=lambda place: sums[place])
            assert best_span(start, end, 7) == (first, last, pytest.approx(sums[first, last]))

    def test_a_pair_without_a_passage_has_no_answer(self) -> None:
        logits = np.array([2.0, 9, 9])
        assert best_span(logits, logits, 2) == (0, 0, 4.0)

    def test_unlabelled_pairs_count_for_nothing_but_their_rank(self) -> None:
        rows = [judged(2, 1, early=3.0), judged(-2, 0), judged(9, -1), judged(0, -1, early=9.0)]
        figures = summary(rows, np.array([1.0, 0.0, 2.0, np.nan]))
        assert figures["answerable_auroc"] == 1
        assert figures["evidence_precision"] == pytest.approx(1 / 3)
        assert figures["evidence_recall"] == pytest.approx(1 / 2)
        assert figures["evidence_f1"] == pytest.approx(0.4)
        assert figures["relevance_rank"] == pytest.approx(1)
        assert figures["early_rank"] == pytest.approx(1)
        again = summary(rows, np.array([1.0, 0.0, 2.0, 3.0]))
        # ranks 3, 1, 4, 2 against 2, 1, 3, 4: Σd² is 1 + 0 + 1 + 4
        assert again["relevance_rank"] == pytest.approx(1 - 6 * 6 / (4 * 15))
        # ranks 2, 1, 3.5, 3.5 against the same
        early, teacher = np.array([2, 1, 3.5, 3.5]), np.array([2, 1, 3, 4])
        assert again["early_rank"] == pytest.approx(np.corrcoef(early, teacher)[0, 1])


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


def wilson_upper(wrong: int, count: int) -> float:
    """The share so large that as few wrong ones are a 1 in 20 event, by bisection."""
    z = NormalDist().inv_cdf(0.95)
    low, high = wrong / count, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        likely = middle - wrong / count < z * (middle * (1 - middle) / count) ** 0.5
        low, high = (middle, high) if likely else (low, middle)
    return low


def least_threshold(chances: Floats, right: Floats, risk: float) -> float | None:
    """By the definition: the least of all cuts that keep the risk."""
    kept = [
        float(cut)
        for cut in set(chances)
        if wilson_upper(int((right[chances >= cut] == 0).sum()), int((chances >= cut).sum()))
        <= risk
    ]
    return min(kept, default=None)


class TestDecision:
    def test_the_threshold_is_that_of_brute_force(self) -> None:
        found: list[float | None] = []
        for seed in range(60):
            rng = np.random.default_rng(seed)
            chances = np.round(rng.random(int(rng.integers(1, 400))), int(rng.integers(1, 4)))
            right = (rng.random(len(chances)) < chances).astype(np.float64)
            risk = float(rng.choice(RISKS))
            found.append(threshold(chances, right, risk))
            assert found[-1] == least_threshold(chances, right, risk)
        assert 10 < found.count(None) < 50

    def test_few_examples_prove_nothing(self) -> None:
        chances = np.array([0.9, 0.8, 0.7])
        assert threshold(chances, np.ones(3), 0.05) is None
        assert threshold(np.full(200, 0.9), np.ones(200), 0.05) == 0.9
        half = np.tile([1.0, 0.0], 100)
        assert threshold(np.full(200, 0.9), half, 0.2) is None  # no cut between equals

    def questions(self, seed: int) -> tuple[Floats, Floats]:
        """Chances that are too sure: log odds of .5 * logit - 1 are true."""
        rng = np.random.default_rng(seed)
        logits = rng.normal(1, 3, 6000)
        right = rng.random(6000) < 1 / (1 + np.exp(1 - 0.5 * logits))
        return 1 / (1 + np.exp(-logits)), right.astype(np.float64)

    def test_a_confidence_is_how_often_it_is_right(self) -> None:
        decision = decide(*self.questions(0), 0.4)
        assert decision.scale == pytest.approx(0.5, abs=0.05)
        assert decision.bias == pytest.approx(-1, abs=0.1)
        assert decision.least == 0.4
        # logit of .9 is ln 9
        assert decision.confidence(0.9) == pytest.approx(1 / (1 + np.e / 3), abs=0.02)
        chances, right = self.questions(1)
        confidences = np.array([decision.confidence(float(chance)) for chance in chances])
        assert expected_calibration_error(confidences, right) < 0.03
        assert expected_calibration_error(chances, right) > 0.15

    def test_thresholds_keep_their_risk_on_other_questions(self) -> None:
        decision = decide(*self.questions(0), 0.4)
        chances, right = self.questions(1)
        confidences = np.array([decision.confidence(float(chance)) for chance in chances])
        assert set(decision.thresholds) == {f"{risk:g}" for risk in RISKS}
        answered: list[float] = []
        for risk in (risk for risk in RISKS if decision.thresholds[f"{risk:g}"] is not None):
            said = confidences >= decision.at_risk(risk).least
            assert 1 - right[said].mean() <= risk + 0.01
            answered.append(float(said.mean()))
        assert answered == sorted(answered)  # more risk, more answers
        assert len(set(answered)) > 3

    def test_thresholds_are_of_confidences(self) -> None:
        chances, right = self.questions(0)
        decision = decide(chances[:500], right[:500], 0.4)
        confidences = np.array([decision.confidence(float(chance)) for chance in chances[:500]])
        least = least_threshold(confidences, right[:500], 0.3)
        assert least is not None
        assert decision.thresholds["0.3"] == least
        again = msgspec.json.decode(msgspec.json.encode(decision), type=AnswerThreshold)
        assert again.at_risk(0.3).least == least  # to the last bit: it is met by a question

    def test_where_nothing_is_right_no_risk_can_be_kept(self) -> None:
        decision = decide(np.linspace(0, 1, 200), np.zeros(200), 0.4)
        assert set(decision.thresholds.values()) == {None}
        assert decision.confidence(1.0) < 0.05
        with pytest.raises(ConfigError, match="no risk"):
            decision.at_risk(0.4)


class TestLeast:
    @staticmethod
    def rows(*given: tuple[float, bool, bool]) -> list[DomainAnswer]:
        return [
            DomainAnswer(chance=chance, answerable=answerable, answered=True, right=right, f1=0.0)
            for chance, answerable, right in given
        ]

    def test_a_right_answer_counts_and_so_does_a_right_refusal(self) -> None:
        rows = self.rows((0.9, True, True), (0.8, True, False), (0.2, False, False))
        assert conditioned(rows, AnswerThreshold(), 0.0) == pytest.approx(1 / 3)
        assert conditioned(rows, AnswerThreshold(), 0.5) == pytest.approx(2 / 3)
        assert conditioned(rows, AnswerThreshold(), 0.95) == pytest.approx(1 / 3)

    def test_each_domain_counts_as_much(self) -> None:
        many = self.rows(*[(0.4, True, True)] * 50, (0.9, True, True))
        few = self.rows((0.6, False, False), (0.9, True, True))
        assert near_best([many, few], AnswerThreshold()) == (0.1, 0.4)
        wrong = self.rows((0.6, False, False))
        assert near_best([many, few, wrong, wrong], AnswerThreshold()) == (0.61, 0.89)

    def test_all_that_are_as_good_are_told(self) -> None:
        rows = self.rows((0.205, False, False), (0.695, True, True))
        assert near_best([rows], AnswerThreshold()) == (0.21, 0.69)


class TestManifest:
    MANIFEST = EvidenceManifest(
        label="L", run="r", start="ce", max_tokens=64, question_tokens=16,
        files={"part-4.onnx": "a"}, parity={"start": 0.99},
    )  # fmt: skip

    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        write_manifest(tmp_path, self.MANIFEST)
        assert read_evidence_manifest(tmp_path) == self.MANIFEST
        rows, groups = sample(200)
        whole = msgspec.structs.replace(
            self.MANIFEST,
            calibration=calibrate(rows, groups)[0],
            decision=AnswerThreshold(scale=0.3, thresholds={"0.1": None, "0.2": 0.7}),
        )
        write_manifest(tmp_path, whole)
        assert read_evidence_manifest(tmp_path) == whole

    def test_a_folder_without_one_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match="no exported evidence model"):
            read_evidence_manifest(tmp_path)
        (tmp_path / "manifest.json").write_text('{"label": "L"}')
        with pytest.raises(ModelUnavailable, match="missing required field `run`"):
            read_evidence_manifest(tmp_path)


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
        label="L", run="r", start="ce", max_tokens=64, question_tokens=16, files={},
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
