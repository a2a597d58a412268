"""What went wrong with a question, in one word."""

from enum import StrEnum

from evals.measures import RIGHT
from evals.results import Outcome, QuestionScore
from evals.types import Question


class Fault(StrEnum):
    """The worst thing that went wrong, worst first."""

    UNTRUE_POINTER = "untrue pointer"
    FAILED = "failed"
    FALSE_ANSWER = "answered, though the documents do not say"
    OVER_ABSTENTION = "not answered, though the documents say"
    WRONG_EVIDENCE = "wrong evidence"
    WRONG_ANSWER = "wrong answer"


def fault_of(question: Question, row: QuestionScore) -> Fault | None:
    """What went wrong; None if nothing did, or the question was left out."""
    values = row.values
    checks = {
        Fault.UNTRUE_POINTER: bool(row.problems),
        Fault.FAILED: row.outcome is Outcome.FAILED,
        Fault.FALSE_ANSWER: values.get("false_answer_rate") == 1,
        Fault.OVER_ABSTENTION: values.get("over_abstention_rate") == 1,
        Fault.WRONG_EVIDENCE: values.get("citation_overlap") == 0,
        Fault.WRONG_ANSWER: question.answerable and (values.get("answer_score") or 0) < RIGHT,
    }
    if row.outcome is Outcome.SKIPPED:
        return None
    return next((fault for fault, there in checks.items() if there), None)
