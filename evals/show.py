"""Reports for people, in a terminal."""

from dataclasses import fields

from rich.console import Console
from rich.table import Table

from evals.runner import Metrics, Report, Scored


def print_report(report: Report, console: Console | None = None) -> None:
    """The metrics, then every question that went wrong."""
    console = console or Console()
    table = Table(title=f"citespan on {report.dataset}", show_header=False)
    for field in fields(Metrics):
        value = getattr(report.metrics, field.name)
        shown = "–" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
        table.add_row(field.name.replace("_", " "), shown)
    console.print(table)
    for row in report.questions:
        if fault := _fault(row):
            console.print(f"{row.id}  {fault}: {row.question}", markup=False, highlight=False)


def _fault(row: Scored) -> str | None:
    if row.valid_pointers < len(row.cited):
        return "untrue pointer"
    if row.answerable and row.reason:
        return f"not answered ({row.reason})"
    if row.answerable and not row.overlap:
        return "wrong evidence"
    if not row.answerable and not row.reason:
        return "answered, though the document does not say"
    return None
