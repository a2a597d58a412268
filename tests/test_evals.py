"""The first evaluation: metrics by hand, the data set's checks, and planted faults."""

import dataclasses
import json
from pathlib import Path

import pytest

from evals.dataset import load_questions
from evals.errors import DatasetError
from evals.gates import SEED_GATE, failures
from evals.metrics import evidence_precision, evidence_recall, overlaps
from evals.runner import Report, run_questions, run_seed
from index import Span
from qa import Answer, Service, Settings, load_settings, open_service


@pytest.fixture(scope="module")
def settings(models_folder: Path) -> Settings:
    return load_settings(environ={}, flags={"data": {"models": str(models_folder)}})


@pytest.fixture(scope="module")
def report(settings: Settings) -> Report:
    return run_seed(settings)


def test_metrics_by_hand():
    gold = [Span(10, 20), Span(30, 40)]
    cited = [Span(0, 15), Span(12, 32)]  # covers 0-32: 32 characters, 12 of them gold
    assert evidence_recall(cited, gold) == 12 / 20
    assert evidence_precision(cited, gold) == 12 / 32
    assert overlaps(cited, gold)
    assert not overlaps([Span(20, 30)], gold)
    assert evidence_precision([], gold) == 0
    with pytest.raises(ValueError, match="gold"):
        evidence_recall(cited, [])


def test_the_seed_passes_its_gate(report: Report):
    assert failures(report.metrics, SEED_GATE) == []
    assert report.metrics.questions == len(report.questions) == 56


def test_the_same_run_twice_is_the_same(report: Report, settings: Settings):
    assert run_seed(settings) == report


class _Shifted(Service):
    """Answers whose citations point one character too far."""

    def ask(self, question: str, *, top_k: int | None = None) -> Answer:
        answer = super().ask(question, top_k=top_k)
        shifted = [
            dataclasses.replace(c, span=Span(c.span.start + 1, c.span.end + 1))
            for c in answer.citations
        ]
        return dataclasses.replace(answer, citations=tuple(shifted))


def test_untrue_pointers_fail_the_gate(settings: Settings, tmp_path: Path):
    with open_service(tmp_path, settings=settings) as service:
        service.__class__ = _Shifted
        text = service.corpus.get("seed").text
        file = Path(__file__).parent.parent / "seeds/questions.jsonl"
        metrics = run_questions("seed", service, load_questions(file, text)[:5]).metrics
    assert metrics.pointer_validity == 0
    assert any("pointer_validity" in line for line in failures(metrics, SEED_GATE))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spans": [{"start": 0, "end": 5, "text": "there"}]}, r"line 2: the text at \[0, 5\)"),
        ({"id": "a"}, "line 2: the id 'a' comes twice"),
        ({"spans": []}, "line 2: an answerable question needs a span"),
        ({"answerable": False, "spans": []}, "line 2: an unanswerable question needs a topic"),
        ({"colour": "red"}, "line 2: .*colour"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(
    change: dict[str, object], message: str, tmp_path: Path
):
    good: dict[str, object] = {
        "id": "a",
        "question": "Who?",
        "answerable": True,
        "answers": ["Hello"],
        "spans": [{"start": 0, "end": 5, "text": "Hello"}],
    }
    file = tmp_path / "questions.jsonl"
    lines = [good, {**good, "id": "b", **change}]
    file.write_text("\n".join(json.dumps(line) for line in lines))
    with pytest.raises(DatasetError, match=message):
        load_questions(file, "Hello, world")
