"""The measures by name, in the order of reports: what is measured, and on which questions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from evals.metrics import answers, citations, ranking, spans
from evals.metrics.spans import Place
from evals.types import Question, Response, SourceDocument
from index import Span

Group: TypeAlias = Literal["retrieval", "answers", "citations", "abstention"]
HEADLINE = "span_recall@2000chars"
RIGHT = 0.5  # the answer score from which an answer counts as right


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question, what was said to it, and the documents; with what many measures need."""

    question: Question
    response: Response
    documents: Mapping[str, SourceDocument]

    @cached_property
    def gold(self) -> list[Place]:
        return [Place(gold.document_id, gold.span) for gold in self.question.spans]

    @cached_property
    def cited(self) -> list[Place]:
        """The citations that are spans at all."""
        return [
            Place(cited.document_id, Span(cited.start, cited.end))
            for cited in self.response.citations
            if 0 <= cited.start < cited.end
        ]

    @cached_property
    def retrieved(self) -> list[Place]:
        return [
            Place(passage.document_id, Span(passage.start, passage.end))
            for passage in self.response.passages
            if 0 <= passage.start < passage.end
        ]

    @cached_property
    def ranked(self) -> list[str]:
        """The documents of the passages, best first, each once."""
        return list(dict.fromkeys(place.document_id for place in self.retrieved))

    @cached_property
    def grades(self) -> Mapping[str, int]:
        """The judged documents; where none are, those of the gold spans."""
        return self.question.relevant or {place.document_id: 1 for place in self.gold}

    @cached_property
    def problems(self) -> list[str]:
        """What is untrue about the pointers, in words."""
        found = [
            (at, citations.pointer_problem(cited, self.documents))
            for at, cited in enumerate(self.response.citations, start=1)
        ]
        return [f"citation {at}: {problem}" for at, problem in found if problem]

    def quoted(self, numbers: tuple[int, ...] | None = None) -> str:
        """The text of the citations with these positions, or of all."""
        chosen = range(len(self.cited)) if numbers is None else numbers
        return "\n".join(
            document.text[place.span.start : place.span.end]
            for place in (self.cited[at] for at in chosen if at < len(self.cited))
            if (document := self.documents.get(place.document_id))
        )


Value: TypeAlias = float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number for each question; `of` gives None where it does not apply."""

    name: str
    title: str
    group: Group
    of: Callable[[Case], Value]
    higher_is_better: bool = True

    @property
    def worst(self) -> float:
        """What a failed question gets."""
        return 0.0 if self.higher_is_better else 1.0


def _ranked(metric: Callable[..., float], k: int) -> Callable[[Case], Value]:
    def of(case: Case) -> Value:
        if not any(grade > 0 for grade in case.grades.values()):
            return None
        return metric(case.ranked, case.grades, k)

    return of


def _first(metric: Callable[..., float], k: int) -> Callable[[Case], Value]:
    return lambda case: metric(case.retrieved[:k], case.gold) if case.gold else None


def _read(metric: Callable[..., float], budget: int) -> Callable[[Case], Value]:
    def of(case: Case) -> Value:
        return metric(spans.within(case.retrieved, budget), case.gold) if case.gold else None

    return of


def _answer_in_passage(k: int) -> Callable[[Case], Value]:
    def holds(case: Case, place: Place) -> bool:
        document = case.documents.get(place.document_id)
        text = document.text[place.span.start : place.span.end] if document else ""
        return any(
            gold.document_id == place.document_id
            and (
                place.span.start <= gold.span.start <= gold.span.end <= place.span.end
                or any(answer in text for answer in case.question.answers)
            )
            for gold in case.gold
        )

    return lambda case: (
        float(any(holds(case, place) for place in case.retrieved[:k])) if case.gold else None
    )


def _said(metric: Callable[[str, tuple[str, ...]], float], who: str) -> Callable[[Case], Value]:
    def of(case: Case) -> Value:
        question = case.question
        if question.answerable and (who == "unanswerable" or not question.answers):
            return None
        if not question.answerable and who == "answerable":
            return None
        return metric(case.response.text, question.answers)

    return of


def _contained(case: Case) -> Value:
    if not case.question.answers:
        return None
    return answers.contained(case.response.text, case.question.answers)


def _rouge_l(case: Case) -> Value:
    if not case.question.references:
        return None
    return answers.rouge_l(case.response.text, case.question.references)


def _fact_recall(case: Case) -> Value:
    facts = case.question.facts
    if not facts:
        return None
    said = [answers.contained(case.response.text, (fact.text, *fact.aliases)) for fact in facts]
    return sum(said) / len(facts)


def _answer_score(case: Case) -> Value:
    """Of an answerable question: containment, else facts, else gold characters cited."""
    if not case.question.answerable:
        return None
    for score in (_contained, _fact_recall, _citation_recall):
        if (value := score(case)) is not None:
            return value if case.response.answered else 0.0
    return None


def _conditioned(case: Case) -> Value:
    if case.question.answerable:
        return _answer_score(case)
    return float(not case.response.answered)


def is_right(case: Case) -> bool | None:
    """Whether an answer is right; an answer to an unanswerable question is not. None: no gold."""
    if not case.question.answerable:
        return False
    score = _answer_score(case)
    return None if score is None else score >= RIGHT


def _of_answered(metric: Callable[[Case], Value]) -> Callable[[Case], Value]:
    return lambda case: metric(case) if case.response.answered else None


def _valid(case: Case) -> Value:
    total = len(case.response.citations)
    return 1 - len(case.problems) / total if total else None


def _coverage(case: Case) -> Value:
    return citations.coverage(case.response.text, case.response.parts, case.response.citations)


def _citation_recall(case: Case) -> Value:
    return spans.recall(case.cited, case.gold) if case.gold else None


def _citation_precision(case: Case) -> Value:
    return citations.gold_share(case.cited, case.gold) if case.gold else None


def _citation_f1(case: Case) -> Value:
    if not case.gold:
        return None
    found = spans.recall(case.cited, case.gold)
    pure = citations.gold_share(case.cited, case.gold)
    return 2 * found * pure / (found + pure) if found + pure else 0.0


def _overlap(case: Case) -> Value:
    if not case.gold:
        return None
    return float(spans.shared(spans.covered(case.cited), spans.covered(case.gold)) > 0)


def _right_document(case: Case) -> Value:
    relevant = {name for name, grade in case.grades.items() if grade > 0}
    if not relevant or not case.cited:
        return None
    return sum(place.document_id in relevant for place in case.cited) / len(case.cited)


def _answer_in_citations(case: Case) -> Value:
    if not case.question.answers:
        return None
    return answers.contained(case.quoted(), case.question.answers)


def _lexical_support(case: Case) -> Value:
    """Over the parts, by their characters; without parts, the text on all citations."""
    text = case.response.text
    if not text.strip():
        return None
    parts = [
        (text[part.start : part.end], case.quoted(part.citations)) for part in case.response.parts
    ] or [(text, case.quoted())]
    total = sum(len(claim) for claim, _ in parts)
    held = sum(len(claim) * citations.lexical_support(claim, shown) for claim, shown in parts)
    return held / total if total else None


def _minimality(case: Case) -> Value:
    return citations.minimality(case.cited, case.gold) if case.gold and case.cited else None


def _abstained(
    *, answerable: bool, right: bool, topic: str | None = None
) -> Callable[[Case], Value]:
    """The share of such questions that were answered, or, if that is right, that were not."""

    def of(case: Case) -> Value:
        question = case.question
        if question.answerable != answerable or (topic and question.topic != topic):
            return None
        abstained = not case.response.answered
        return float(abstained == (right or answerable))

    return of


def _brier(case: Case) -> Value:
    """(confidence - right)² of an answer; Brier 1950."""
    right, confidence = is_right(case), case.response.confidence
    if right is None or confidence is None or not case.response.answered:
        return None
    return (confidence - right) ** 2


def _measures() -> tuple[Measure, ...]:
    retrieval = [
        ("ndcg@10", "nDCG, 10 documents", _ranked(ranking.ndcg_at, 10)),
        ("recall@5", "Recall, 5 documents", _ranked(ranking.recall_at, 5)),
        ("recall@10", "Recall, 10 documents", _ranked(ranking.recall_at, 10)),
        ("mrr@10", "Reciprocal rank, 10 documents", _ranked(ranking.reciprocal_rank_at, 10)),
        ("map@10", "Average precision, 10 documents", _ranked(ranking.average_precision_at, 10)),
        (HEADLINE, "Gold characters in the first 2,000 read", _read(spans.recall, 2000)),
        ("span_precision@2000chars", "Gold share of those read", _read(spans.precision, 2000)),
        ("span_iou@2000chars", "Intersection over union, 2,000 read", _read(spans.iou, 2000)),
        ("span_recall@5", "Gold characters in 5 passages", _first(spans.recall, 5)),
        ("span_precision@5", "Gold share of 5 passages", _first(spans.precision, 5)),
        ("span_iou@5", "Intersection over union, 5 passages", _first(spans.iou, 5)),
        ("answer_in_passage@1", "Answer in the first passage", _answer_in_passage(1)),
        ("answer_in_passage@5", "Answer in the first 5 passages", _answer_in_passage(5)),
    ]
    said = [
        ("exact_match", "SQuAD exact match", _said(answers.exact_match, "all")),
        ("f1", "SQuAD F1", _said(answers.f1, "all")),
        ("exact_match_answerable", "of answerable", _said(answers.exact_match, "answerable")),
        ("f1_answerable", "F1 of answerable", _said(answers.f1, "answerable")),
        ("exact_match_unanswerable", "of unanswerable", _said(answers.exact_match, "unanswerable")),
        ("answer_contained", "Accepted answer in the answer", _contained),
        ("rouge_l", "ROUGE-L F1", _rouge_l),
        ("fact_recall", "Required facts said", _fact_recall),
        ("answer_score", "Answer score", _answer_score),
        ("conditioned_score", "Score with right abstentions", _conditioned),
    ]
    cited = [
        ("pointer_validity", "True pointers", _valid),
        ("citation_coverage", "Answer text with a citation", _of_answered(_coverage)),
        ("citation_recall", "Gold characters cited", _citation_recall),
        ("citation_precision", "Cited characters that are gold", _of_answered(_citation_precision)),
        ("citation_f1", "F1 of the two", _citation_f1),
        ("citation_overlap", "A citation touches the gold", _overlap),
        ("citation_document_precision", "Citations of the right document", _right_document),
        ("answer_in_citations", "Accepted answer in a citation", _answer_in_citations),
        ("lexical_support", "Words of the answer in its citations", _of_answered(_lexical_support)),
        ("minimality", "Citations that are needed", _minimality),
    ]
    refused = [
        ("right_abstention_on_topic", "Refused, on the topic", "on"),
        ("right_abstention_off_topic", "Refused, off the topic", "off"),
    ]
    return (
        *(Measure(name=n, title=t, group="retrieval", of=f) for n, t, f in retrieval),
        *(Measure(name=n, title=t, group="answers", of=f) for n, t, f in said),
        *(Measure(name=n, title=t, group="citations", of=f) for n, t, f in cited),
        Measure(
            name="false_answer_rate",
            title="Unanswerable but answered",
            group="abstention",
            of=_abstained(answerable=False, right=False),
            higher_is_better=False,
        ),
        Measure(
            name="over_abstention_rate",
            title="Answerable but refused",
            group="abstention",
            of=_abstained(answerable=True, right=False),
            higher_is_better=False,
        ),
        *(
            Measure(
                name=n,
                title=t,
                group="abstention",
                of=_abstained(answerable=False, right=True, topic=topic),
            )
            for n, t, topic in refused
        ),
        Measure(
            name="brier",
            title="Brier score of the confidence",
            group="abstention",
            of=_brier,
            higher_is_better=False,
        ),
    )


MEASURES = _measures()
