"""Runs: systems are asked, and their responses stored and scored."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.runs.systems import CitespanSystem

__all__ = ("CitespanSystem",)

__getattr__ = names_of(
    __name__,
    {
        "CitespanSystem": "citespan.evals.runs.systems",
    },
)
