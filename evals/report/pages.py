"""What the report shows of each question. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from evals.report.excerpts import MOST_PASSAGES, Excerpt, Excerpts
from evals.report.faults import Fault, fault
from evals.results import Outcome, QuestionScore, Run
from evals.types import AnswerPart, CitedSpan, Question, Response

# The page stays usable: browsers open and search this much text at once without a pause.
MOST_BYTES = 12_000_000
SORTED_BY = {
    "score": "conditioned_score",
    "recall": "citation_recall",
    "precision": "citation_precision",
    "retrieval": "span_recall@2000chars",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A part of the answer's text and the numbers of its citations."""

    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A question, what was said to it, and what that rests on.

    position: in the data set, from 1. unshown: how many passages are left out.
    """

    position: int
    question: Question
    score: QuestionScore
    fault: Fault | None
    response: Response
    said: tuple[Said, ...]
    excerpts: tuple[Excerpt, ...]
    unshown: int

    @property
    def anchor(self) -> str:
        """The page's own address in the report."""
        return f"question-{self.position}"

    @property
    def kind(self) -> str:
        """What the list is filtered by: a fault, fine, or skipped."""
        return self.fault or ("skipped" if self.score.outcome is Outcome.SKIPPED else "fine")

    @property
    def keys(self) -> dict[str, str]:
        """What the list is sorted by, as data attributes; empty where there is no value."""
        values = {key: self.score.values.get(name) for key, name in SORTED_BY.items()}
        values["latency"] = self.response.timings_ms.get("total")
        return {key: "" if value is None else f"{value:g}" for key, value in values.items()}

    @property
    def size(self) -> int:
        """Its text in bytes, without the tags around it."""
        shown = [piece.text for excerpt in self.excerpts for piece in excerpt.pieces]
        shown += [self.question.text, *self.question.answers, self.response.text]
        shown += [cited.quote or "" for cited in self.response.citations]
        return sum(len(text.encode("utf-8", "surrogatepass")) for text in shown)


def pages(run: Run, most_bytes: int = MOST_BYTES) -> list[Page]:
    """The questions, the worst first, as many as fit."""
    kept: list[Page] = []
    size = 0
    for position in worst_first(run):
        page = _page(run, position)
        size += page.size
        if size > most_bytes:
            break
        kept.append(page)
    return kept


def worst_first(run: Run) -> list[int]:
    """Positions of the questions, from 0: by fault, then by conditioned score."""

    def badness(position: int) -> tuple[int, float, int]:
        score = scores[position]
        value = score.values.get("conditioned_score")
        rank = _rank(fault(run.dataset.questions[position], score))
        return rank, 1.0 if value is None else value, position

    scores = next(iter(run.scores.values())).questions
    return sorted(range(len(scores)), key=badness)


def _page(run: Run, position: int) -> Page:
    question = run.dataset.questions[position]
    score = next(iter(run.scores.values())).questions[position]
    response = run.responses.get(question.id) or Response(question_id=question.id)
    kind = fault(question, score)
    return Page(
        position=position + 1,
        question=question,
        score=score,
        fault=kind,
        response=response,
        said=tuple(said(response.text, response.parts, response.citations)),
        excerpts=Excerpts(run.dataset, question, response).all(),
        unshown=max(0, len(response.passages) - MOST_PASSAGES),
    )


def said(text: str, parts: Sequence[AnswerPart], citations: Sequence[CitedSpan]) -> list[Said]:
    """The text cut after each part; where there are no parts all citations follow the whole."""
    if not parts:
        return [Said(text=text, numbers=tuple(range(1, len(citations) + 1)))] if text else []
    found: list[Said] = []
    at = 0
    for part in sorted(parts, key=lambda part: part.end):
        numbers = tuple(number + 1 for number in part.citations)
        found.append(Said(text=text[at : part.end], numbers=numbers))
        at = part.end
    return [*found, Said(text=text[at:], numbers=())] if at < len(text) else found


def _rank(kind: Fault | None) -> int:
    order = list(Fault)
    return order.index(kind) if kind else len(order)
