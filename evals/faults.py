"""What went wrong with a question, in one word."""

from enum import StrEnum

from evals.cases import RIGHT
from evals.results import Outcome, QuestionScore


class Fault(StrEnum):
    """The worst thing that went wrong, worst first."""

    UNTRUE_POINTER = "untrue pointer"
    FAILED = "failed"
    FALSE_ANSWER = "answered, though the documents do not say"
    OVER_ABSTENTION = "not answered, though the documents say"
    WRONG_EVIDENCE = "wrong evidence"
    WRONG_ANSWER = "wrong answer"


def fault_of(row: QuestionScore) -> Fault | None:
    """What went wrong; None if nothing did, or the question was left out."""
    values = row.values
    checks = {
        Fault.UNTRUE_POINTER: bool(row.problems),
        Fault.FAILED: row.outcome is Outcome.FAILED,
        Fault.FALSE_ANSWER: values.get("false_answer_rate") == 1,
        Fault.OVER_ABSTENTION: values.get("over_abstention_rate") == 1,
        Fault.WRONG_EVIDENCE: values.get("citation_overlap") == 0,
        Fault.WRONG_ANSWER: _is_wrong(values.get("answer_score")),
    }
    if row.outcome is Outcome.SKIPPED:
        return None
    return next((fault for fault, there in checks.items() if there), None)


def _is_wrong(score: float | None) -> bool:
    return score is not None and score < RIGHT
