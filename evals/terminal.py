"""Runs and comparisons for people, in a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.compare import Difference
from evals.faults import fault_of
from evals.measures import MEASURES
from evals.results import Estimate, Run
from qa.show import shown

_HEADLINES = (
    "span_recall@2000chars",
    "ndcg@10",
    "answer_in_passage@5",
    "answer_score",
    "citation_recall",
    "citation_precision",
    "citation_overlap",
    "pointer_validity",
    "false_answer_rate",
    "over_abstention_rate",
    "conditioned_score",
)
_COLUMNS = {"top passage": "top passage", "hybrid": "hybrid", "bm25": "BM25"}
_MOST = 20


def print_run(run: Run, *, full: bool = False, console: Console | None = None) -> None:
    """The subject's measures with intervals beside some reference rows, then what went wrong."""
    console = console or Console()
    subject = run.info.subject
    others = [name for name in _COLUMNS if name != subject]
    table = Table(title=Text(f"{subject} on {shown(run.dataset.card.name)}"), box=None)
    for heading in ("", subject, "95 %", *(_COLUMNS[name] for name in others)):
        table.add_column(heading, justify="right" if heading else "left", overflow="fold")
    names = [measure.name for measure in MEASURES] if full else list(_HEADLINES)
    for name in names:
        mine = run.scores[subject].estimates[name]
        rest = [_value(run.scores[other].estimates[name]) for other in others]
        table.add_row(name, _value(mine), _interval(mine), *rest)
    console.print(table)
    counts = run.scores[subject].counts
    untrue = sum(len(row.problems) for row in run.scores[subject].questions)
    console.print(
        f"{counts['total']} questions: {counts['scored']} scored, {counts['failed']} failed,"
        f" {counts['skipped']} skipped; {counts['citations']} citations,"
        f" {untrue} untrue",
        highlight=False,
    )
    _print_faults(run, console)


def print_differences(found: Sequence[Difference], console: Console | None = None) -> None:
    """What differs between two runs, with p adjusted after Holm."""
    console = console or Console()
    table = Table(box=None)
    for heading in ("", "before", "after", "n", "p", ""):
        table.add_column(heading, justify="right" if heading else "left")
    for d in found:
        verdict = "worse" if d.is_worse else "better" if d.change > 0 and d.adjusted < 0.05 else ""
        numbers = (f"{d.before:.3f}", f"{d.after:.3f}", str(d.n), f"{d.adjusted:.3f}")
        table.add_row(d.measure, *numbers, verdict)
    console.print(table)


def _print_faults(run: Run, console: Console) -> None:
    rows = run.scores[run.info.subject].questions
    found = [
        (fault, question.text, row)
        for question, row in zip(run.dataset.questions, rows, strict=True)
        if (fault := fault_of(row))
    ]
    for fault, text, row in found[:_MOST]:
        console.print(Text(f"{shown(row.question_id)}  {fault}: {shown(text)}"), soft_wrap=True)
        for line in (*row.problems, *((row.error,) if row.error else ())):
            console.print(Text(f"    {shown(line)}"), soft_wrap=True)
    if len(found) > _MOST:
        console.print(f"and {len(found) - _MOST} more: see junit.xml or per_question.jsonl")


def _value(estimate: Estimate) -> str:
    return "–" if estimate.value is None else f"{estimate.value:.3f}"


def _interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{estimate.low:.2f}–{estimate.high:.2f}"
