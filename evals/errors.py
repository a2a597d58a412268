"""Everything measuring refuses.

QAError
├── DatasetError     a data set cannot be used
├── ScoringError     responses are not to the questions of a data set
└── RunError         a run cannot be made, read or gone on with
    └── NotComparable    two runs, or a run and a baseline, do not measure the same
"""

from citespan.qa.errors import QAError


class DatasetError(QAError):
    """A data set cannot be used; the message names the file, the line and the reason."""


class ScoringError(QAError):
    """Responses cannot be scored against a data set; the message names the question and why."""


class RunError(QAError):
    """A run cannot be made, read or gone on with; the message says why."""


class NotComparable(RunError):
    """Two runs do not measure the same thing; the message says what differs."""
