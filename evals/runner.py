"""A run: ask every question, score every answer."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from evals.dataset import Question, load_questions
from evals.metrics import evidence_precision, evidence_recall, mean, overlaps
from index import Span
from qa import Answer, Service, Settings, Status, open_service, seeds_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One question's result; `recall`, `precision`, `overlap` are of answerable questions."""

    id: str
    question: str
    answerable: bool
    topic: str | None
    status: str
    reason: str | None
    cited: tuple[Span, ...]
    valid_pointers: int
    recall: float | None
    precision: float | None
    overlap: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Means over questions; None where there is nothing to take a mean of.

    pointer_validity: citations whose quote is what the stored text has at their offsets, in code
        points and in UTF-16; must be 1.
    evidence_overlap: answerable questions of which a citation touches a gold span.
    evidence_recall, evidence_precision: in characters over answerable questions; an abstention
        counts 0 in the first and is left out of the second.
    over_abstention: answerable questions that were not answered.
    right_abstention_on_topic, right_abstention_off_topic: unanswerable ones that were not.
    """

    questions: int
    citations: int
    pointer_validity: float
    evidence_overlap: float | None
    evidence_recall: float | None
    evidence_precision: float | None
    over_abstention: float | None
    right_abstention_on_topic: float | None
    right_abstention_off_topic: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run's metrics and what they were taken from."""

    dataset: str
    metrics: Metrics
    questions: tuple[Scored, ...]


def run_seed(settings: Settings) -> Report:
    """Score the seed's own questions on a corpus that holds the seed alone."""
    models = {"models": str(settings.models_path())}
    with tempfile.TemporaryDirectory(prefix="citespan-eval-") as folder:
        alone = msgspec.structs.replace(
            settings, data=msgspec.structs.replace(settings.data, path=folder, **models)
        )
        with open_service(settings=alone) as service:
            card = json.loads((seeds_folder() / "seed.json").read_text(encoding="utf-8"))
            text = service.corpus.get(card["id"]).text
            questions = load_questions(seeds_folder() / card["questions"]["file"], text)
            return run_questions("seed", service, questions)


def run_questions(dataset: str, service: Service, questions: Sequence[Question]) -> Report:
    """Ask and score each question; gold spans are of the one document there is."""
    scored = tuple(_score(service, question) for question in questions)
    return Report(dataset=dataset, metrics=summarise(scored), questions=scored)


def summarise(scored: Sequence[Scored]) -> Metrics:
    """The metrics of a run's questions."""
    answerable = [row for row in scored if row.answerable]
    answered = [row for row in answerable if row.status != Status.ABSTAINED]
    citations = sum(len(row.cited) for row in scored)
    return Metrics(
        questions=len(scored),
        citations=citations,
        pointer_validity=sum(row.valid_pointers for row in scored) / citations if citations else 1,
        evidence_overlap=mean([float(row.overlap or False) for row in answerable]),
        evidence_recall=mean([row.recall or 0.0 for row in answerable]),
        evidence_precision=mean([row.precision or 0.0 for row in answered]),
        over_abstention=_abstained(answerable),
        right_abstention_on_topic=_abstained([row for row in scored if row.topic == "on"]),
        right_abstention_off_topic=_abstained([row for row in scored if row.topic == "off"]),
    )


def _score(service: Service, question: Question) -> Scored:
    answer = service.ask(question.question)
    cited = tuple(citation.span for citation in answer.citations)
    gold = question.gold()
    return Scored(
        id=question.id,
        question=question.question,
        answerable=question.answerable,
        topic=question.topic,
        status=answer.status,
        reason=answer.abstention.reason if answer.abstention else None,
        cited=cited,
        valid_pointers=_valid_pointers(service, answer),
        recall=evidence_recall(cited, gold) if gold else None,
        precision=evidence_precision(cited, gold) if gold else None,
        overlap=overlaps(cited, gold) if gold else None,
    )


def _valid_pointers(service: Service, answer: Answer) -> int:
    """Citations that hold when looked up anew, without the checks that made them."""
    valid = 0
    for citation in answer.citations:
        text = service.corpus.get(citation.document.id, citation.document.revision).text
        units = text.encode("utf-16-le")[2 * citation.utf16.start : 2 * citation.utf16.end]
        same = text[citation.span.start : citation.span.end] == citation.quote
        valid += same and units.decode("utf-16-le") == citation.quote
    return valid


def _abstained(rows: Sequence[Scored]) -> float | None:
    return mean([float(row.status == Status.ABSTAINED) for row in rows])
