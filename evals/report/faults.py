"""What went wrong with a question. Pure."""

from enum import StrEnum

from evals.results import Outcome, QuestionScore
from evals.types import Question

# An answer that scores less is called wrong: half of the words, or of the facts, are missing.
_RIGHT_ENOUGH = 0.5


class Fault(StrEnum):
    """Kinds of fault, the worst first."""

    UNTRUE_POINTER = "untrue pointer"
    FAILED = "failed"
    FALSE_ANSWER = "answered though unanswerable"
    OVER_ABSTENTION = "abstained though answerable"
    WRONG_EVIDENCE = "wrong evidence"
    WRONG_ANSWER = "wrong answer"


def fault(question: Question, score: QuestionScore) -> Fault | None:
    """The worst that went wrong; None where nothing did, or the question was skipped."""
    if score.outcome is Outcome.SKIPPED:
        return None
    value = score.values.get
    validity, answered_right = value("pointer_validity"), value("answer_score")
    found = {
        Fault.UNTRUE_POINTER: bool(score.problems) or (validity is not None and validity < 1),
        Fault.FAILED: score.outcome is Outcome.FAILED,
        Fault.FALSE_ANSWER: not question.answerable and value("false_answer_rate") == 1,
        Fault.OVER_ABSTENTION: question.answerable and value("over_abstention_rate") == 1,
        Fault.WRONG_EVIDENCE: bool(question.spans) and value("citation_overlap") == 0,
        Fault.WRONG_ANSWER: answered_right is not None and answered_right < _RIGHT_ENOUGH,
    }
    return next((kind for kind, is_so in found.items() if is_so), None)
