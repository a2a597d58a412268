"""Comparing runs and holding them against a baseline: what may not hide, and what is refused."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from citespan.commands import cli
from citespan.evals.compare.differences import Difference, compare, values_of
from citespan.evals.compare.gates import (
    Baseline,
    committed,
    failures,
    read_baseline,
    write_baseline,
)
from citespan.evals.errors import NotComparable, RunError
from citespan.evals.results import Estimate, QuestionOutcome
from citespan.evals.runs.records import (
    DatasetRef,
    QuestionRecord,
    RunRecord,
    SystemRecord,
    read_run,
)
from citespan.evals.statistics.randomisation import holm, paired_randomisation

DATA = DatasetRef(name="made", sha256="0" * 64, documents=20, questions=8)
SAID = {
    "span_recall@2000chars": 1.0,
    "ndcg@10": 1.0,
    "citation_recall": 1.0,
    "citation_precision": 1.0,
    "citation_overlap": 1.0,
    "citation_document_precision": 1.0,
    "conditioned_score": 1.0,
    "over_abstention_rate": 0.0,
    "pointer_validity": 1.0,
}
OF_CITED = ("citation_precision", "citation_document_precision", "pointer_validity")
ABSTAINED = {
    **SAID, "citation_recall": 0.0, "citation_overlap": 0.0, "conditioned_score": 0.0,
    "over_abstention_rate": 1.0, **dict.fromkeys(OF_CITED),
}  # fmt: skip
REFUSED = {"conditioned_score": 1.0, "false_answer_rate": 0.0}


BASELINE_DAMAGES: list[tuple[Callable[[str], str], str]] = [
    (lambda text: text[:-40], "is no baseline"),
    (lambda text: "", "is no baseline"),
    (lambda text: "[" * 200_000, "is no baseline"),
    (lambda text: text.replace("1.0", "NaN", 1), "is no baseline"),
    (lambda text: text.replace("1.0", "1e999", 1), "is no baseline"),
    (lambda text: text.replace("1.0", "1e300", 1), "is no baseline"),
    (lambda text: text.replace("1.0", "-1.0", 1), "is no baseline"),
    (lambda text: text.replace("1.0", "true", 1), "is no baseline"),
    (lambda text: text.replace("pointer_validity", "pointers"), "'pointers', which is no"),
    (lambda text: text.replace('"ndcg@10"', '"ndcg@9"'), "no values of 'ndcg@10'"),
    (lambda text: text.replace('"u"', '"v"'), "1 only before, 1 only now"),
]
RUN_DAMAGES: list[tuple[str, Callable[[str], str], str]] = [
    ("metrics.json", lambda text: text[:-9], "metrics.json is damaged"),
    ("metrics.json", lambda text: text.replace('"format": 1', '"format": 2'), "format 2"),
    ("metrics.json", lambda text: "[" * 200_000, "metrics.json is damaged"),
    ("metrics.json", lambda text: text.replace('"subject": "', '"subject": "x'), "one run"),
    ("per_question.jsonl", lambda text: text[:-9], "per_question.jsonl is damaged"),
    ("per_question.jsonl", lambda text: "\udcff" + text, "per_question.jsonl is damaged"),
    ("per_question.jsonl", lambda text: text.split("\n", 1)[1], "not of one run"),
    ("per_question.jsonl", lambda text: text.replace('"q1"', '"q0"'), "not of one run"),
    ("per_question.jsonl", lambda text: text.replace("1.0", "1e99", 1), "is damaged"),
    ("per_question.jsonl", lambda text: text.replace("1.0", "NaN", 1), "is damaged"),
    ("per_question.jsonl", lambda text: text.replace('"scored"', '"x"', 1), "is damaged"),
]


def row(name: str, values: Mapping[str, float | None], **more: Any) -> QuestionRecord:
    made = QuestionRecord(
        question_id=name,
        cluster=name,
        outcome=QuestionOutcome.SCORED,
        values=values,
        problems=(),
        error=None,
    )
    return msgspec.structs.replace(made, **more)


def run_of(*rows: QuestionRecord, resampled: str = "questions") -> RunRecord:
    """A run with these questions; what is estimated are plain means."""
    names = {name for one in rows for name in one.values}
    known = {name: [v for one in rows if (v := one.values.get(name)) is not None] for name in names}
    estimates = {
        name: Estimate(value=sum(v) / len(v) if v else None, low=None, high=None, n=len(v))
        for name, v in known.items()
    }
    return RunRecord(
        dataset=DATA,
        subject="made",
        result=SystemRecord(counts={}, resampled=resampled, estimates=estimates),
        questions={one.question_id: one for one in rows},
    )


def answers(n: int, values: Mapping[str, float | None] = SAID, **more: Any) -> list[QuestionRecord]:
    return [row(f"q{number}", values, **more) for number in range(n)]


GOOD = run_of(*answers(7), row("u", REFUSED))


def by_name(found: list[Difference]) -> dict[str, Difference]:
    return {difference.measure: difference for difference in found}


def baseline_of(run: RunRecord, **limits: float) -> Baseline:
    return Baseline(dataset=run.dataset, limits=limits, values=values_of(run))


class TestRandomisation:
    @pytest.mark.parametrize(
        ("differences", "p"),
        [
            ([-1.0, -1.0, -1.0], 2 / 8),  # as extreme: all flipped, and none
            # |1 + 1 - 0.5| = 1.5; of the eight sums 2.5 twice and 1.5 twice are as large
            ([-1.0, -1.0, 0.5], 4 / 8),
            ([0.25] * 4 + [0.0] * 9, 2 / 16),  # pairs without a difference decide nothing
            ([1.0, -1.0], 1.0),
            ([0.0, 0.0], 1.0),
            ([0.1, 0.2, -0.3], 1.0),
            ([], 1.0),
        ],
    )
    def test_by_hand(self, differences: list[float], p: float):
        alone = np.arange(len(differences))
        assert paired_randomisation(np.array(differences), alone) == p

    def test_clusters_are_swapped_whole(self):
        losses = np.array([-1.0, -1.0, -1.0, 1.0, -1.0])
        assert paired_randomisation(losses[:3], np.zeros(3, dtype=np.int64)) == 1
        # sums -2, 0, -1: |3| comes up in two of the four ways of the two that differ
        assert paired_randomisation(losses, np.array([0, 0, 1, 1, 2])) == 2 / 4

    def test_many_are_drawn(self):
        assert paired_randomisation(np.full(40, 0.5), np.arange(40)) == pytest.approx(1 / 10_001)
        # 20 losses of 1 among 30: of 2^30 ways, those with at most 10 or at least 20 of one sign
        mixed = np.array([-1.0] * 20 + [1.0] * 10)
        assert paired_randomisation(mixed, np.arange(30)) == pytest.approx(0.0987, abs=0.01)

    def test_no_order_and_no_side_matters(self):
        random = np.random.default_rng(2)
        losses = random.integers(-3, 4, size=60) / 7 - 0.1
        clusters = random.integers(0, 25, size=60)
        p = paired_randomisation(losses, clusters)
        assert 0.001 < p < 0.9
        for _ in range(5):
            order = random.permutation(60)
            names = random.permutation(25)
            assert paired_randomisation(losses[order], names[clusters[order]]) == p
        assert paired_randomisation(-losses, clusters) == p

    def test_what_sums_to_nothing_draws_nothing(self):
        losses = np.array([0.5, -0.25, 0.125] * 10)
        zeros = np.tile([0.1, 0.2, -0.3], 5)  # 5.6e-17 in one order, 0 in another
        apart = np.arange(30)
        together = np.concatenate((apart, np.repeat(np.arange(30, 35), 3)))
        both = paired_randomisation(np.concatenate((losses, zeros)), together)
        assert both == paired_randomisation(losses, apart)

    def test_holm_by_hand(self):
        # Holm 1979: .01 x 3, then .03 x 2, then .04, which may not fall below its predecessor.
        assert holm({"a": 0.04, "b": 0.01, "c": 0.03}) == {"a": 0.06, "b": 0.03, "c": 0.06}
        assert holm({"a": 0.5, "b": 0.9}) == {"a": 1.0, "b": 1.0}
        assert holm({}) == {}


class TestCompare:
    def test_nothing_changed(self):
        found = compare(GOOD, GOOD)
        assert [difference.measure for difference in found] == list(values_of(GOOD))
        assert {(d.change, d.p, d.is_worse) for d in found} == {(0, 1, False)}

    def test_a_loss_is_proven_over_the_whole_family(self):
        worse = run_of(*answers(7, {**SAID, "ndcg@10": 0.5}), row("u", REFUSED))
        lost = by_name(compare(GOOD, worse))["ndcg@10"]
        assert (lost.before, lost.after, lost.change, lost.n) == (1, 0.5, -0.5, 7)
        assert lost.p == 2 / 2**7
        assert lost.adjusted == 10 * lost.p  # ten measures are compared
        assert not lost.is_worse  # 0.156
        assert lost.changed == ("q0", "q1", "q2", "q3", "q4")
        more = run_of(*answers(9), row("u", REFUSED))
        lower = run_of(*answers(9, {**SAID, "ndcg@10": 0.5}), row("u", REFUSED))
        assert by_name(compare(more, lower))["ndcg@10"].adjusted == 10 * 2 / 2**9
        assert by_name(compare(more, lower))["ndcg@10"].is_worse
        assert not by_name(compare(lower, more))["ndcg@10"].is_worse
        assert by_name(compare(lower, more))["ndcg@10"].change == 0.5

    def test_documents_are_swapped_whole_where_the_run_says_so(self):
        sides = [
            run_of(
                *(row(f"q{n}", {**SAID, "ndcg@10": value}, cluster=f"d{n % 2}") for n in range(9)),
                resampled="documents",
            )
            for value in (1.0, 0.5)
        ]
        assert by_name(compare(*sides))["ndcg@10"].p == 2 / 4

    def test_a_rate_is_better_when_it_falls(self):
        always = run_of(*answers(7), row("u", {"conditioned_score": 0.0, "false_answer_rate": 1.0}))
        assert by_name(compare(GOOD, always))["false_answer_rate"].change == -1
        assert by_name(compare(always, GOOD))["false_answer_rate"].change == 1

    def test_what_has_nothing_to_count_any_more_is_worse(self):
        silent = run_of(*answers(7, ABSTAINED), row("u", REFUSED))
        found = by_name(compare(GOOD, silent))
        for name in ("citation_precision", "citation_document_precision"):
            assert found[name].is_worse
            assert (found[name].before, found[name].after, found[name].n) == (1, 0, 7)
            assert found[name].fault == "nothing is left of it to count"
        assert not found["pointer_validity"].is_worse  # nothing is cited, nothing is untrue
        assert found["over_abstention_rate"].change == -1
        assert not any(d.is_worse for d in compare(silent, GOOD))

    @pytest.mark.parametrize("before", [SAID, ABSTAINED])
    def test_one_untrue_pointer_is_enough(self, before: dict[str, float | None]):
        first, *others = answers(7)
        untrue = row("q0", {**SAID, "pointer_validity": 0.5}, problems=("c1: it is untrue",))
        found = compare(
            run_of(row("q0", before), *others, row("u", REFUSED)),
            run_of(untrue, *others, row("u", REFUSED)),
        )
        pointers = by_name(found)["pointer_validity"]
        assert (pointers.is_worse, pointers.changed, pointers.n) == (True, ("q0",), 8)
        assert pointers.adjusted == 1
        assert not any(d.is_worse for d in found if d is not pointers)
        assert first.values["pointer_validity"] == 1

    def test_a_question_that_fails_now_is_worse_even_if_another_is_mended(self):
        lost: dict[str, float | None] = {name: 0.0 for name in SAID if name not in OF_CITED}
        lost |= {"over_abstention_rate": 1.0}
        failed = {"outcome": QuestionOutcome.FAILED, "error": "burnt down"}
        rows = answers(7)
        one = run_of(row("q0", lost, **failed), *rows[1:], row("u", REFUSED))
        two = run_of(rows[0], row("q1", lost, **failed), *rows[2:], row("u", REFUSED))
        new = by_name(compare(one, two))["failed"]
        assert (new.before, new.after, new.changed) == (0.125, 0.125, ("q1",))
        assert new.is_worse
        assert not by_name(compare(one, GOOD))["failed"].is_worse
        assert not any(d.is_worse for d in compare(one, one))
        assert "failed" not in by_name(compare(GOOD, GOOD))
        assert failures(two, baseline_of(GOOD))[0] == "q1 failed: burnt down"

    def test_other_questions_and_other_data(self):
        skipped = row("u", {}, outcome=QuestionOutcome.SKIPPED)
        fewer = run_of(*answers(7), skipped)
        with pytest.raises(NotComparable, match="asked: 1 only before, 0 only now"):
            compare(GOOD, fewer)
        with pytest.raises(NotComparable, match="asked: 0 only before, 1 only now"):
            compare(fewer, GOOD)
        assert not any(d.change for d in compare(fewer, fewer))
        with pytest.raises(NotComparable, match="skipped 1 question; a gate needs them all"):
            failures(fewer, baseline_of(GOOD))
        other = msgspec.structs.replace(
            GOOD, dataset=msgspec.structs.replace(DATA, sha256="1" * 64, name="other")
        )
        for refused in (lambda: compare(GOOD, other), lambda: failures(other, baseline_of(GOOD))):
            with pytest.raises(
                NotComparable, match="data sets differ: made 000000000000 and other"
            ):
                refused()


class TestGate:
    def test_the_tolerance_is_of_the_common_questions(self):
        held = baseline_of(run_of(*answers(2), row("u", REFUSED)))
        small = run_of(*answers(2, {**SAID, "ndcg@10": 0.95}), row("u", REFUSED))
        assert failures(small, held) == []
        large = run_of(*answers(2, {**SAID, "ndcg@10": 0.94}), row("u", REFUSED))
        assert failures(large, held) == [
            "ndcg@10 went from 1.000 to 0.940 on 2 questions (p = 1.000 after Holm); most in q0, q1"
        ]
        # Precision of what is still cited is worse, though the mean of all that is cited is not.
        low, high = {**SAID, "citation_precision": 0.2}, {**SAID, "citation_precision": 0.9}
        before = run_of(row("q0", low), row("q1", high), row("q2", low))
        after = run_of(row("q0", ABSTAINED), row("q1", {**SAID, "citation_precision": 0.6}),
                       row("q2", ABSTAINED))  # fmt: skip
        lines = failures(after, baseline_of(before))
        assert (
            "citation_precision went from 0.900 to 0.600 on 1 question (p = 1.000 after Holm);"
            " most in q1"
        ) in lines
        assert any(line.startswith("over_abstention_rate went from 0.000") for line in lines)

    def test_limits(self):
        held = baseline_of(GOOD, **{"ndcg@10": 1.0, "over_abstention_rate": 0.0})
        assert failures(GOOD, held) == []
        held = baseline_of(GOOD, citations_per_answer=1.0)
        with pytest.raises(RunError, match="the run has no 'citations_per_answer'"):
            failures(GOOD, held)
        worse = run_of(row("q0", ABSTAINED), *answers(7)[1:], row("u", REFUSED))
        lines = failures(worse, baseline_of(worse, over_abstention_rate=0.1))
        assert lines == [f"over_abstention_rate is {1 / 7}, at most 0.1 is needed; worst in q0"]
        silent = run_of(*answers(7, ABSTAINED), row("u", REFUSED))
        assert failures(silent, baseline_of(silent, pointer_validity=1.0)) == [
            "pointer_validity has nothing to count, at least 1.0 is needed"
        ]

    def test_only_whole_runs_become_a_baseline(self, tmp_path: Path):
        file = tmp_path / "made.json"
        write_baseline(file, GOOD)
        assert read_baseline(file) == baseline_of(GOOD, pointer_validity=1.0)
        for wrong in (
            {"outcome": QuestionOutcome.SKIPPED},
            {"outcome": QuestionOutcome.FAILED, "error": "no"},
        ):
            with pytest.raises(NotComparable, match="1 question"):
                write_baseline(file, run_of(*answers(7), row("u", REFUSED, **wrong)))
        with pytest.raises(RunError, match="cannot be written"):
            write_baseline(tmp_path / "nowhere" / "made.json", GOOD, {})

    @pytest.mark.parametrize(("change", "said"), BASELINE_DAMAGES)
    def test_damaged_baselines(self, change: Callable[[str], str], said: str, tmp_path: Path):
        file = tmp_path / "made.json"
        write_baseline(file, GOOD)
        text = file.read_text()
        assert text != change(text)
        file.write_text(change(text))
        with pytest.raises(RunError, match=said):
            failures(GOOD, read_baseline(file))

    def test_a_data_set_cannot_name_another_file(self):
        assert committed("seed").is_file()
        for name in ("nothing", "../baselines/seed", "", "/etc/passwd"):
            with pytest.raises(RunError, match="comes with citespan; name a file"):
                committed(name)


class TestFolders:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        made = tmp_path / "run"
        made.mkdir()
        metrics = {
            "format": 1,
            "dataset": msgspec.to_builtins(DATA),
            "subject": "made",
            "seed": 0,
            "resamples": 0,
            "systems": {"made": msgspec.to_builtins(GOOD.result)},
        }
        (made / "metrics.json").write_text(json.dumps(metrics))
        lines = [msgspec.json.encode(one) + b"\n" for one in GOOD.questions.values()]
        (made / "per_question.jsonl").write_bytes(b"".join(lines))
        return made

    def test_a_run_is_read_back(self, folder: Path):
        assert read_run(folder) == GOOD

    @pytest.mark.parametrize(("name", "change", "said"), RUN_DAMAGES)
    def test_damaged_runs(self, folder: Path, name: str, change: Callable[[str], str], said: str):
        file = folder / name
        text = file.read_text()
        assert text != change(text)
        file.write_text(change(text), errors="surrogateescape")
        with pytest.raises(RunError, match=said):
            read_run(folder)
        for arguments in (["gate", str(folder)], ["compare", str(folder), str(folder)]):
            done = CliRunner().invoke(cli, ["eval", *arguments])
            assert (done.exit_code, "Traceback" in done.output) == (2, False)

    def test_a_folder_without_a_run(self, folder: Path, tmp_path: Path):
        for arguments in (["gate", str(tmp_path)], ["compare", str(folder), str(tmp_path)]):
            done = CliRunner().invoke(cli, ["eval", *arguments])
            assert done.exit_code == 2
            assert "holds no finished run" in done.output
        (folder / "per_question.jsonl").unlink()
        with pytest.raises(RunError, match=r"per_question\.jsonl is damaged"):
            read_run(folder)
