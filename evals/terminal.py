"""Runs and comparisons for people, in a terminal, in the words of the report."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from citespan.evals.compare import Difference
from citespan.evals.metrics.measures import MEASURES
from citespan.evals.report import (
    HEADLINE,
    clipped,
    fault_of,
    interval,
    number,
    sentence_of,
    visible,
    worst_first,
)
from citespan.evals.results import QuestionScore, Run

_REFERENCES = ("top passage", "hybrid", "bm25")
_MOST = 20  # questions that are named
_MOST_PROBLEMS = 5  # of a question
_LONGEST_ID = 24
_WIDE = 76  # columns that the reference rows and the longest measure name need


def print_run(run: Run, *, full: bool = False, console: Console | None = None) -> None:
    """Print the subject's measures with intervals and some reference rows, then its faults."""
    console = console or Console()
    subject = run.info.subject
    names = [measure.name for measure in MEASURES] if full else HEADLINE
    references = _REFERENCES if console.width >= _WIDE else ()
    console.print(_measures(run, names, references))
    counts = run.scores[subject].counts
    untrue = sum(len(row.problems) for row in run.scores[subject].questions)
    summary = (
        f"{counts['total']:,} questions: {counts['scored']:,} scored, {counts['failed']:,} failed,"
        f" {counts['skipped']:,} left out. {counts['citations']:,} citations, {untrue:,} untrue."
    )
    console.print(Text(f"\n{summary}"))
    _print_faults(run, console)


def print_differences(found: Sequence[Difference], console: Console | None = None) -> None:
    """Print what differs between two runs, with p adjusted after Holm."""
    console = console or Console()
    table = Table(box=None)
    for heading in ("", "before", "after", "n", "p", ""):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=bool(heading))
    for d in found:
        verdict = "worse" if d.is_worse else "better" if d.is_better else ""
        numbers = (f"{d.before:.3f}", f"{d.after:.3f}", str(d.n), f"{d.adjusted:.3f}")
        table.add_row(d.measure, *numbers, verdict)
    console.print(table)


def _measures(run: Run, names: Sequence[str], references: Sequence[str]) -> Table:
    """Return a table of the measures that some system has a value for."""
    subject = run.info.subject
    others = [name for name in references if name != subject and name in run.scores]
    title = Text(f"{subject} on {clipped(visible(run.dataset.card.name), 60)}")
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold")
    for heading in (subject, "95 %", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", min_width=5)
    for name in names:
        if all(scores.estimates[name].value is None for scores in run.scores.values()):
            continue
        mine = run.scores[subject].estimates[name]
        rest = [number(run.scores[other].estimates[name].value) for other in others]
        table.add_row(name, number(mine.value), interval(mine, 2), f"{mine.n:,}", *rest)
    return table


def _print_faults(run: Run, console: Console) -> None:
    """Print how many questions have each kind of fault, and which, the worst first."""
    rows = run.scores[run.info.subject].questions
    faulty = [at for at in worst_first(rows) if fault_of(rows[at])]
    room = _MOST
    for fault, group in groupby(faulty, key=lambda at: fault_of(rows[at])):
        found = list(group)
        console.print(Text(f"\n{len(found):,} {fault}", style="bold"))
        for at in found[:room]:
            _print_question(run.dataset.questions[at].text, rows[at], console)
        room = max(0, room - len(found))
    if (unnamed := len(faulty) - _MOST) > 0:
        console.print(Text(f"\n{unnamed:,} of these are not listed here; open report.html"))


def _print_question(text: str, row: QuestionScore, console: Console) -> None:
    name = clipped(visible(row.question_id), _LONGEST_ID)
    room = max(20, console.width - len(name) - 5)
    console.print(Text(f"  {name}  {clipped(visible(text), room)}"), soft_wrap=True)
    if row.problems or row.error:
        for line in row.problems[:_MOST_PROBLEMS] or (sentence_of(row),):
            console.print(Padding(Text(clipped(visible(line), 300)), (0, 0, 0, 4)))
        if len(row.problems) > _MOST_PROBLEMS:
            console.print(Text(f"    and {len(row.problems) - _MOST_PROBLEMS:,} more"))
