"""Questions that turned: right in one run and wrong in another."""

from dataclasses import dataclass
from pathlib import Path

from citespan.evals.compare import Difference, compare
from citespan.evals.report import fault_of, worst_first
from citespan.evals.review.runs import questions_of, run_named, scores_of
from citespan.evals.runs.records import read_run


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedQuestion:
    """A question whose fault is another one, or has gone, or is new; None for no fault."""

    question_id: str
    question: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """What differs between two runs of the same questions; `questions` has the worst first."""

    differences: tuple[Difference, ...]
    questions: tuple[TurnedQuestion, ...]


def turned(data: Path, before: str, after: str) -> Turned:
    """Compare two runs of a data folder.

    Raises:
        RunError: a run is not there, or damaged.
        NotComparable: they are not of the same questions.
    """
    folders = run_named(data, before), run_named(data, after)
    old, new = map(read_run, folders)
    differences = compare(old, new)
    then = {row.question_id: fault_of(row) for row in scores_of(old)}
    rows, words = scores_of(new), questions_of(folders[1])
    found = [
        TurnedQuestion(
            question_id=row.question_id, question=words[row.question_id],
            before=then[row.question_id], after=fault_of(row),
        )
        for row in (rows[at] for at in worst_first(rows))
        if then.get(row.question_id) != fault_of(row)
    ]  # fmt: skip
    return Turned(differences=tuple(differences), questions=tuple(found))
