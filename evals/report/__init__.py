"""Runs as pages, tables and lines for people."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.report.faults import fault_of, sentence_of, worst_first
    from citespan.evals.report.html import render_html
    from citespan.evals.report.junit import render_junit
    from citespan.evals.report.tables import HEADLINE, interval, number, with_interval
    from citespan.evals.report.text import clipped, visible

__all__ = (
    "HEADLINE",
    "clipped",
    "fault_of",
    "interval",
    "number",
    "render_html",
    "render_junit",
    "sentence_of",
    "visible",
    "with_interval",
    "worst_first",
)

__getattr__ = names_of(
    __name__,
    {
        "HEADLINE": "citespan.evals.report.tables",
        "clipped": "citespan.evals.report.text",
        "fault_of": "citespan.evals.report.faults",
        "interval": "citespan.evals.report.tables",
        "number": "citespan.evals.report.tables",
        "render_html": "citespan.evals.report.html",
        "render_junit": "citespan.evals.report.junit",
        "sentence_of": "citespan.evals.report.faults",
        "visible": "citespan.evals.report.text",
        "with_interval": "citespan.evals.report.tables",
        "worst_first": "citespan.evals.report.faults",
    },
)
