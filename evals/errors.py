"""The errors that evaluations raise.

QAError
├── DatasetError     a data set cannot be used
├── ScoringError     responses do not match the questions of a data set
└── RunError         a run cannot be made, read or continued
    └── NotComparable    two runs, or a run and a baseline, do not measure the same
"""

from citespan.qa.errors import QAError


class DatasetError(QAError):
    """A data set that cannot be used; the message names the file, the line and the reason."""


class ScoringError(QAError):
    """Responses that cannot be scored against a data set; the message says which and why."""


class RunError(QAError):
    """A run that cannot be made, read or continued; the message says why."""


class NotComparable(RunError):
    """Two runs that do not measure the same thing; the message says what differs."""
