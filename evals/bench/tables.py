"""Figures for people, in a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from citespan.evals.bench.figures import Figure

_SHORT = {
    "bytes": (1e6, "MB"),
    "bytes/chunk": (1e3, "kB"),
    "chunks/s": (1, "/s"),
    "characters/s": (1, "/s"),
    "questions/s": (1, "/s"),
}


def print_figures(figures: Sequence[Figure], console: Console) -> None:
    """Print each figure but the high percentiles with its baseline; green if citespan is better."""
    console.print("With a baseline of the same run; without the 95th and 99th percentiles.")
    table = Table(box=None, pad_edge=False)
    for heading in ("", "citespan", "baseline", "", "times"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for row in figures:
        if row.name.endswith(("p95", "p99")):
            continue
        size, unit = _SHORT.get(row.unit, (1, row.unit))
        table.add_row(
            row.name,
            f"{_short(row.value / size)} {unit}",
            _short(row.baseline_value / size),
            row.baseline,
            _short(row.times_baseline),
            style="green" if row.is_better else None,
        )
    console.print(table, highlight=False)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
