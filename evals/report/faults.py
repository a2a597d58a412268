"""The fault of a question: its kind, and a sentence about it. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from citespan.evals.metrics.cases import RIGHT
from citespan.evals.report.text import clipped
from citespan.evals.results import QuestionOutcome, QuestionScore


class Fault(StrEnum):
    """The worst fault of a question, worst first."""

    UNTRUE_POINTER = "untrue citation"
    FAILED = "failed"
    FALSE_ANSWER = "answered though unanswerable"
    OVER_ABSTENTION = "abstained though answerable"
    WRONG_EVIDENCE = "wrong evidence"
    WRONG_ANSWER = "wrong answer"


MEANINGS: Mapping[Fault, str] = {
    Fault.UNTRUE_POINTER: "A citation does not match the text where it points.",
    Fault.FAILED: "The system gave an error instead of an answer.",
    Fault.FALSE_ANSWER: "It answered, but the documents do not say.",
    Fault.OVER_ABSTENTION: "It gave no answer, but the documents say.",
    Fault.WRONG_EVIDENCE: "No citation touches the text that shows the answer.",
    Fault.WRONG_ANSWER: "It does not say the answer, or less than half of it.",
}


def fault_of(row: QuestionScore) -> Fault | None:
    """Return the fault of a question; None if it has none, or was left out."""
    values = row.values
    checks = {
        Fault.UNTRUE_POINTER: bool(row.problems),
        Fault.FAILED: row.outcome is QuestionOutcome.FAILED,
        Fault.FALSE_ANSWER: values.get("false_answer_rate") == 1,
        Fault.OVER_ABSTENTION: values.get("over_abstention_rate") == 1,
        Fault.WRONG_EVIDENCE: values.get("citation_overlap") == 0,
        Fault.WRONG_ANSWER: _is_wrong(values.get("answer_score")),
    }
    if row.outcome is QuestionOutcome.SKIPPED:
        return None
    return next((fault for fault, there in checks.items() if there), None)


def worst_first(rows: Sequence[QuestionScore]) -> list[int]:
    """Return positions of the questions that were asked: by fault, then the lowest score first."""
    order = [*Fault, None]

    def badness(position: int) -> tuple[int, float, int]:
        score = rows[position].values.get("conditioned_score")
        return order.index(fault_of(rows[position])), 1.0 if score is None else score, position

    asked = (at for at, row in enumerate(rows) if row.outcome is not QuestionOutcome.SKIPPED)
    return sorted(asked, key=badness)


def sentence_of(row: QuestionScore) -> str:
    """Return a sentence for people about the outcome of a question."""
    if row.outcome is QuestionOutcome.SKIPPED:
        return "It was not asked in this run."
    match fault_of(row):
        case Fault.UNTRUE_POINTER:
            count = len(row.problems)
            several = f"{count} citations do not match the text where they point."
            return several if count > 1 else MEANINGS[Fault.UNTRUE_POINTER]
        case Fault.FAILED:
            return f"The system gave an error: {clipped(row.error or 'no reason given', 200)}"
        case Fault.FALSE_ANSWER:
            return MEANINGS[Fault.FALSE_ANSWER]
        case Fault.OVER_ABSTENTION:
            return f"It gave no answer, but the documents say{_retrieved(row)}."
        case Fault.WRONG_EVIDENCE:
            return f"No citation touches the gold{_retrieved(row)}."
        case Fault.WRONG_ANSWER:
            return _wrong_answer(row)
        case None:
            return _fine(row)


def _retrieved(row: QuestionScore) -> str:
    """Return whether the evidence was retrieved, so that it could be cited."""
    seen = row.values.get("span_recall@5")
    if seen is None:
        return ""
    parts = {0.0: "; none of the gold", 1.0: "; all of the gold"}
    return f"{parts.get(seen, '; part of the gold')} was in the first five passages"


def _wrong_answer(row: QuestionScore) -> str:
    if row.values.get("answer_contained") == 0:
        return "What it said contains no accepted answer."
    score = row.values.get("answer_score") or 0.0
    if row.values.get("fact_recall") is not None:
        return f"It stated {score:.0%} of the facts of a full answer."
    return f"It cited {score:.0%} of the gold."


def _fine(row: QuestionScore) -> str:
    values = row.values
    if values.get("false_answer_rate") == 0:
        return "Nothing went wrong: it gave no answer, and the documents do not say."
    found: list[str] = []
    if values.get("answer_score") is not None:
        found.append("the answer is right")
    if values.get("citation_overlap"):
        found.append("a citation touches the gold")
    if not found:
        return "Nothing is known to be wrong; there is no gold to judge the answer by."
    return f"Nothing went wrong: {' and '.join(found)}."


def _is_wrong(score: float | None) -> bool:
    return score is not None and score < RIGHT
