"""Figures for people, in a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from evals.bench.figures import Figure

_UNITS = {"bytes": (1e6, "MB"), "bytes/chunk": (1e3, "kB/chunk")}


def print_figures(figures: Sequence[Figure], console: Console) -> None:
    """Each figure with its baseline and ratio; green where citespan does better."""
    table = Table(box=None)
    for heading in ("", "citespan", "baseline", "", "times", "least–most"):
        table.add_column(heading, justify="right" if heading else "left", overflow="fold")
    for row in figures:
        size, unit = _UNITS.get(row.unit, (1, row.unit))
        table.add_row(
            row.name,
            f"{_short(row.value / size)} {unit}",
            _short(row.baseline_value / size),
            row.baseline,
            f"{row.times_baseline:.2f}",
            f"{row.times_spread[0]:.2f}–{row.times_spread[1]:.2f}",
            style="green" if row.is_better else None,
        )
    console.print(table, highlight=False)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
