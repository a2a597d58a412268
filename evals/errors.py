"""Everything measuring refuses."""

from qa.errors import QAError


class DatasetError(QAError):
    """A data set cannot be used; the message names the file, the line and the reason."""
