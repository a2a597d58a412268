"""Comparison of a collection before and after a reindex, on the same questions."""

from citespan.evals.compare.differences import Difference, compare
from citespan.evals.errors import NotComparable
from citespan.evals.runs.records import DatasetRef, QuestionRecord, RunRecord, SystemRecord
from citespan.evals.runs.runner import Track
from citespan.evals.runs.systems import System
from citespan.evals.scoring import score
from citespan.evals.types import Dataset
from citespan.index import Corpus
from citespan.index.errors import DocumentNotFound


def check_holds(corpus: Corpus, dataset: Dataset) -> None:
    """Check that a corpus holds a data set's documents.

    Raises:
        NotComparable: it lacks one, or holds it with another text.
    """
    for document in dataset.documents.values():
        try:
            stored = corpus.get(document.id)
        except DocumentNotFound as error:
            raise NotComparable(f"the collection lacks {document.id!r} of the data set") from error
        if stored.text != document.text:
            raise NotComparable(f"the collection holds {document.id!r} with another text")


def compared(dataset: Dataset, before: System, after: System, track: Track) -> list[Difference]:
    """Compare the answers of two systems on the gate's measures."""
    return compare(
        _record(dataset, before, "Before", track), _record(dataset, after, "After", track)
    )


def _record(dataset: Dataset, system: System, label: str, track: Track) -> RunRecord:
    questions = track(dataset.questions, label, len(dataset.questions))
    scores = score(dataset, [system.respond(question) for question in questions], resamples=0)
    clusters = {question.id: question.cluster for question in dataset.questions}
    return RunRecord(
        dataset=DatasetRef.of(dataset),
        subject=label,
        result=SystemRecord.of(scores),
        questions={
            row.question_id: QuestionRecord(
                question_id=row.question_id,
                cluster=clusters[row.question_id],
                outcome=row.outcome,
                values=row.values,
                problems=row.problems,
                error=None,
            )
            for row in scores.questions
        },
    )
