"""One question with its response, and values that several measures need of both. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from citespan.evals.metrics import answers, citations, ranking, spans
from citespan.evals.metrics.abstention import Judgement
from citespan.evals.metrics.citations import CitedShares
from citespan.evals.metrics.intervals import Places, places
from citespan.evals.metrics.pointers import pointer_problem
from citespan.evals.metrics.spans import SpanScores
from citespan.evals.types import Question, Response, SourceDocument

READ = 2_000  # characters of passages, about 500 tokens
FIRST = 5  # passages
RIGHT = 0.5  # the lowest answer score that counts as right


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question, the response to it, and the documents that both point into."""

    question: Question
    response: Response
    documents: Mapping[str, SourceDocument]

    @cached_property
    def accepted(self) -> tuple[str, ...]:
        """Accepted answers that are not blank; none for an unanswerable question."""
        if not self.question.answerable:
            return ()
        return tuple(answer for answer in self.question.answers if answers.normalised(answer))

    @cached_property
    def prediction(self) -> str:
        """The answer's text; empty for an abstention."""
        return self.response.text if self.response.answered else ""

    @cached_property
    def gold(self) -> Places:
        """Gold characters, of answerable questions and others."""
        return places(self.question.spans)

    @cached_property
    def evidence(self) -> Places:
        """Gold characters to be cited: those of an answerable question."""
        return self.gold if self.question.answerable else {}

    @cached_property
    def grades(self) -> Mapping[str, int]:
        """Relevant documents; those of the gold spans if none are graded."""
        return self.question.relevant or dict.fromkeys(self.gold, 1)

    @cached_property
    def gold_documents(self) -> frozenset[str]:
        """Documents of gold spans, or graded as relevant."""
        graded = (name for name, grade in self.question.relevant.items() if grade > 0)
        return frozenset((*self.gold, *graded))

    @cached_property
    def ranked(self) -> list[str]:
        """Documents as retrieved, best first."""
        return ranking.ranked_documents(self.response.passages)

    @cached_property
    def cited(self) -> Places:
        """Characters that an answer cites; an abstention cites nothing."""
        return places(self.response.citations) if self.response.answered else {}

    @cached_property
    def cited_shares(self) -> CitedShares | None:
        """Cited characters against the evidence, if there is any."""
        return citations.cited_shares(self.cited, self.evidence) if self.evidence else None

    @cached_property
    def problems(self) -> tuple[str, ...]:
        """Description of each untrue citation; c1 is the first."""
        found = (
            (number, pointer_problem(citation, self.documents))
            for number, citation in enumerate(self.response.citations, start=1)
        )
        return tuple(f"c{number}: {problem}" for number, problem in found if problem)

    @cached_property
    def read(self) -> SpanScores | None:
        """Span scores of the first `READ` characters retrieved."""
        return self.read_at(READ)

    @cached_property
    def first(self) -> SpanScores | None:
        """Span scores of the first `FIRST` passages."""
        return spans.span_scores(self.response.passages[:FIRST], self.gold) if self.gold else None

    def read_at(self, characters: int) -> SpanScores | None:
        """Return span scores of the first characters retrieved."""
        if not self.gold:
            return None
        read = spans.read_characters(self.response.passages, characters)
        return spans.span_scores(read, self.gold)

    @cached_property
    def supported(self) -> list[tuple[str, str]]:
        """Each part of the answer with the text that it cites; without parts, the whole."""
        said = self.response
        if not said.parts:
            return [(said.text, citations.cited_text(places(said.citations), self.documents))]
        known = range(len(said.citations))
        return [
            (
                said.text[max(0, part.start) : max(0, part.end)],
                citations.cited_text(
                    places(said.citations[at] for at in part.citations if at in known),
                    self.documents,
                ),
            )
            for part in said.parts
        ]

    @cached_property
    def answer_score(self) -> float | None:
        """Rightness of the answer to an answerable question, in [0, 1]; None without gold.

        The first gold that exists decides: whether the answer contains an accepted answer, the
        share of the facts it contains, or the share of the evidence it cites.
        """
        if not (self.question.answerable and self.response.answered):
            return None
        if self.accepted:
            return float(answers.contains(self.prediction, self.accepted))
        if self.question.facts:
            return answers.fact_recall(self.prediction, self.question.facts)
        return self.cited_shares.recall if self.cited_shares else None

    @cached_property
    def judgement(self) -> Judgement | None:
        """Whether it was answered rightly; None if there is no gold to judge by."""
        if self.question.answerable and not (self.accepted or self.question.facts or self.evidence):
            return None
        score = self.answer_score
        return Judgement(
            answered=self.response.answered,
            confidence=self.response.confidence,
            right=score is not None and score >= RIGHT,
        )
