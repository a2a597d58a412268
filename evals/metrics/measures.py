"""All measures, in the order that reports show them. Pure.

Retrieval measures apply to questions with relevant documents or gold spans. Answer measures apply
to answerable questions with the gold they need; an abstention counts 0. Citation measures of gold
characters apply to answerable questions with gold spans; an abstention cites nothing. The others
apply to answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from citespan.evals.metrics import answers, applied, ranking
from citespan.evals.metrics.applied import Of
from citespan.evals.metrics.cases import FIRST, READ, Case

Group: TypeAlias = Literal["retrieval", "answers", "citations", "abstention"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """A measure of all questions together; scoring finds its value by its name."""

    name: str
    title: str
    group: Group
    higher_is_better: bool


def _one(_: Case) -> float:
    return 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Aggregate):
    """A measure of each question, and over questions its mean.

    of: None where the measure does not apply. weight: of a question in the mean.
    """

    of: Of
    weight: Callable[[Case], float] = _one


def _measures(group: Group, *rows: tuple[str, str, Of]) -> tuple[Measure, ...]:
    return tuple(
        Measure(name=name, title=title, group=group, higher_is_better=True, of=of)
        for name, title, of in rows
    )


RETRIEVAL = _measures(
    "retrieval",
    ("ndcg@10", "Documents: nDCG@10", applied.ranked(ranking.ndcg_at, 10)),
    ("recall@5", "Documents: recall@5", applied.ranked(ranking.recall_at, 5)),
    ("recall@10", "Documents: recall@10", applied.ranked(ranking.recall_at, 10)),
    ("mrr@10", "Documents: reciprocal rank@10", applied.ranked(ranking.reciprocal_rank, 10)),
    ("map@10", "Documents: average precision@10", applied.ranked(ranking.average_precision, 10)),
    (f"span_recall@{READ}chars", "Gold characters read", applied.read(lambda it: it.recall)),
    (f"span_precision@{READ}chars", "Read characters gold", applied.read(lambda it: it.precision)),
    (f"span_iou@{READ}chars", "Read and gold, IoU", applied.read(lambda it: it.iou)),
    (f"span_recall@{FIRST}", "Gold characters in 5 passages", applied.first(lambda it: it.recall)),
    (
        f"span_precision@{FIRST}",
        "5 passages' characters gold",
        applied.first(lambda it: it.precision),
    ),
    (f"span_iou@{FIRST}", "5 passages and gold, IoU", applied.first(lambda it: it.iou)),
    ("answer_in_passage@1", "Answer in the first passage", applied.shown(1)),
    ("answer_in_passage@5", "Answer in 5 passages", applied.shown(5)),
)

ANSWERS = _measures(
    "answers",
    ("exact_match", "Exact match (SQuAD 2.0)", applied.squad(answers.exact_match)),
    ("f1", "F1 (SQuAD 2.0)", applied.squad(answers.token_f1)),
    (
        "exact_match_answerable",
        "Exact match, answerable",
        applied.squad(answers.exact_match, "answerable"),
    ),
    ("f1_answerable", "F1, answerable", applied.squad(answers.token_f1, "answerable")),
    (
        "exact_match_unanswerable",
        "Exact match, unanswerable",
        applied.squad(answers.exact_match, "unanswerable"),
    ),
    ("answer_contained", "Accepted answer contained", applied.answer_contained),
    ("rouge_l", "ROUGE-L F1", applied.rouge_l),
    ("fact_recall", "Facts stated", applied.fact_recall),
    ("answer_score", "Answers right, of those given", lambda case: case.answer_score),
    ("conditioned_score", "Right answers and abstentions", applied.conditioned_score),
)

CITATIONS = (
    Measure(
        name="pointer_validity",
        title="Citations that hold",
        group="citations",
        higher_is_better=True,
        of=applied.pointer_validity,
        weight=applied.pointers,
    ),
    *_measures(
        "citations",
        ("citation_coverage", "Answer's characters cited", applied.coverage),
        ("citation_recall", "Gold characters cited", applied.cited(lambda it: it.recall)),
        (
            "citation_precision",
            "Cited characters gold",
            applied.cited(lambda it: it.precision, abstaining=False),
        ),
        ("citation_f1", "Cited and gold, F1", applied.cited(lambda it: it.f1)),
        (
            "citation_overlap",
            "A citation touches gold",
            applied.cited(lambda it: float(it.recall > 0)),
        ),
        ("citation_document_precision", "Citations of gold documents", applied.document_precision),
        ("answer_in_citations", "Accepted answer in cited text", applied.answer_in_citations),
        ("lexical_support", "Wording found in cited text", applied.lexical_support),
        ("minimality", "Citations that are needed", applied.minimality),
    ),
    Measure(
        name="citations_per_answer",
        title="Citations of an answer",
        group="citations",
        higher_is_better=False,
        of=applied.citations_per_answer,
    ),
)

ABSTENTION: tuple[Measure | Aggregate, ...] = (
    Measure(
        name="false_answer_rate",
        title="Unanswerable but answered",
        group="abstention",
        higher_is_better=False,
        of=applied.false_answer,
    ),
    Measure(
        name="over_abstention_rate",
        title="Answerable but abstained",
        group="abstention",
        higher_is_better=False,
        of=applied.over_abstention,
    ),
    *_measures(
        "abstention",
        ("right_abstention_on_topic", "Abstained, on topic", applied.right_abstention("on")),
        ("right_abstention_off_topic", "Abstained, off topic", applied.right_abstention("off")),
    ),
    Aggregate(
        name="aurc",
        title="Area under risk-coverage",
        group="abstention",
        higher_is_better=False,
    ),
    *(
        Aggregate(
            name=f"coverage_at_{percent}%_risk",
            title=f"Answered with {percent} % wrong",
            group="abstention",
            higher_is_better=True,
        )
        for percent in (5, 10)
    ),
    Aggregate(name="ece", title="Calibration error", group="abstention", higher_is_better=False),
    Measure(
        name="brier",
        title="Brier score",
        group="abstention",
        higher_is_better=False,
        of=applied.brier,
    ),
)

MEASURES: tuple[Measure | Aggregate, ...] = (*RETRIEVAL, *ANSWERS, *CITATIONS, *ABSTENTION)
BY_NAME = {measure.name: measure for measure in MEASURES}
#: The measures with a value for each question.
MEANS = tuple(measure for measure in MEASURES if isinstance(measure, Measure))
