"""The errors of sources.

SourceError              what a sync reports about a source, or about one of its entries
├── Incomplete           the listing is not complete, so that nothing may be deleted after it
├── Gone                 an entry is no longer there
└── NotRead              an entry could not be read now
    └── RequestRefused   the guard does not let a request out
"""


class SourceError(Exception):
    """Root of the errors that sources raise; a sync reports them and continues."""


class Incomplete(SourceError):
    """Not all entries of a source could be seen; the message says why."""


class Gone(SourceError):
    """An entry is no longer at the source."""


class NotRead(SourceError):
    """An entry could not be read now; what is stored of it is kept."""


class RequestRefused(NotRead):
    """A request that the guard does not let out; the message says what to allow."""
