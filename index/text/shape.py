"""The shape of a text that the chunker follows: headings, rows and lines, and its end."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from citespan.index.types import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Where a text has headings and lines that stay whole; all are code points.

    headings: the start and the level, from 1 for the highest, of each heading, ascending.
    lined: ranges, ascending, whose lines are not divided into sentences: rows of a table, or code.
        No chunk crosses the start or the end of one.
    end: where the text ends that is to be cut.
    """

    headings: Sequence[tuple[int, int]] = ()
    lined: Sequence[Span] = ()
    end: int = sys.maxsize


PLAIN = Shape()
