"""Metrics applied to one question and its response; None where one does not apply. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from citespan.evals.metrics import abstention, answers, citations, spans, support
from citespan.evals.metrics.cases import Case
from citespan.evals.metrics.citations import CitedShares
from citespan.evals.metrics.spans import SpanScores

Value: TypeAlias = float | None
Of: TypeAlias = Callable[[Case], Value]


def ranked(at: Callable[[int, Sequence[str], Mapping[str, int]], float], k: int) -> Of:
    """Return a ranking metric at k, of questions with relevant documents."""

    def of(case: Case) -> Value:
        if not any(grade > 0 for grade in case.grades.values()):
            return None
        return at(k, case.ranked, case.grades)

    return of


def read(field: Callable[[SpanScores], float]) -> Of:
    """Return a span score of the first 2,000 characters retrieved, of questions with gold spans."""
    return lambda case: field(case.read) if case.read else None


def first(field: Callable[[SpanScores], float]) -> Of:
    """Return a span score of the first passages, of questions with gold spans."""
    return lambda case: field(case.first) if case.first else None


def shown(k: int) -> Of:
    """Return whether the first k passages show the answer, of questions with gold for that."""

    def of(case: Case) -> Value:
        if not (case.evidence or (case.accepted and case.gold_documents)):
            return None
        return float(
            spans.answer_in_passages(
                k,
                case.response.passages,
                case.question.spans,
                case.accepted,
                case.gold_documents,
                case.documents,
            )
        )

    return of


def squad(
    score: Callable[[str, Sequence[str]], float],
    only: Literal["answerable", "unanswerable"] | None = None,
) -> Of:
    """Return a SQuAD score of all questions that SQuAD's script can score.

    only: restricts it to the answerable questions, or to the others.
    """

    def of(case: Case) -> Value:
        answerable = case.question.answerable
        kind = "answerable" if answerable else "unanswerable"
        if only not in (None, kind) or (answerable and not case.accepted):
            return None
        return score(case.prediction, case.accepted)

    return of


def answer_contained(case: Case) -> Value:
    """Return the score of answerable questions with accepted answers; abstentions contain none."""
    return float(answers.contains(case.prediction, case.accepted)) if case.accepted else None


def rouge_l(case: Case) -> Value:
    """Return the score of answerable questions against the nearest full answer; 0 if abstained.

    If no full answers are known, the accepted short ones are used.
    """
    known = case.question.references or case.accepted
    return answers.rouge_l(case.prediction, known) if case.question.answerable else None


def fact_recall(case: Case) -> Value:
    """Return the score of answerable questions with facts; an abstention states none."""
    if not (case.question.answerable and case.question.facts):
        return None
    return answers.fact_recall(case.prediction, case.question.facts)


def conditioned_score(case: Case) -> Value:
    """Return the answer score of answerable questions (0 if abstained); 1 for other abstentions."""
    if case.judgement is None:
        return None
    if not case.question.answerable:
        return float(not case.response.answered)
    return case.answer_score or 0.0


def pointer_validity(case: Case) -> Value:
    """Return the share of the citations that hold, abstentions' included, if there are any."""
    total = len(case.response.citations)
    return 1 - len(case.problems) / total if total else None


def pointers(case: Case) -> float:
    """Return the number of citations, which weights pointer validity."""
    return float(len(case.response.citations))


def coverage(case: Case) -> Value:
    """Return the share of the characters of an answer that rest on a citation."""
    response = case.response
    if not response.answered:
        return None
    return citations.coverage(response.text, response.parts, len(response.citations))


def cited(field: Callable[[CitedShares], float], *, abstaining: bool = True) -> Of:
    """Return a share of cited against gold characters, of answerable questions with gold spans."""

    def of(case: Case) -> Value:
        shares = case.cited_shares if abstaining or case.response.answered else None
        return field(shares) if shares else None

    return of


def document_precision(case: Case) -> Value:
    """Return the score of answers to answerable questions with gold documents."""
    judged = case.question.answerable and case.gold_documents and case.response.answered
    if not judged:
        return None
    return citations.document_precision(case.response.citations, case.gold_documents)


def answer_in_citations(case: Case) -> Value:
    """Return the score of answerable questions with accepted answers; abstentions cite none."""
    if not case.accepted:
        return None
    return float(citations.answer_in_citations(case.cited, case.accepted, case.documents))


def lexical_support(case: Case) -> Value:
    """Return the score of answers, part by part."""
    return support.mean_support(case.supported) if case.response.answered else None


def minimality(case: Case) -> Value:
    """Return the score of answers with citations to answerable questions with gold spans."""
    if not (case.evidence and case.response.answered):
        return None
    return citations.minimality(case.response.citations, case.evidence)


def citations_per_answer(case: Case) -> Value:
    """Return the number of citations of an answer."""
    return float(len(case.response.citations)) if case.response.answered else None


def false_answer(case: Case) -> Value:
    """Return whether an unanswerable question was answered."""
    return None if case.question.answerable else float(case.response.answered)


def over_abstention(case: Case) -> Value:
    """Return whether an answerable question was not answered."""
    return float(not case.response.answered) if case.question.answerable else None


def right_abstention(topic: str) -> Of:
    """Return whether unanswerable questions on or off topic were not answered."""

    def of(case: Case) -> Value:
        asked = not case.question.answerable and case.question.topic == topic
        return float(not case.response.answered) if asked else None

    return of


def brier(case: Case) -> Value:
    """Return the score of answers with a confidence that can be judged."""
    return abstention.brier(case.judgement) if case.judgement else None
