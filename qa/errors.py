"""Everything answering refuses, as types with facts.

QAError
├── InvalidQuestion      the question cannot be asked as given
├── UngroundedCitation   a citation does not match the stored text (never sent)
├── CollectionNotFound   there is no collection of that name
├── CollectionExists     the name of a new collection is taken
├── InvalidCollection    a collection cannot have that name or setting; `place` says which
├── ReindexRunning       a collection's chunks are being made anew
├── NoEarlierChunks      a collection was not reindexed: there is nothing to go back to
├── NotReady             the service is still warming up, or closed
└── ConfigError          settings that cannot be used
"""


class QAError(Exception):
    """Root of everything `qa` raises on purpose."""


class InvalidQuestion(QAError):
    """The question is empty, too long, or not valid text."""


class UngroundedCitation(QAError):
    """A citation whose quote is not what the stored text has at its offsets."""


class CollectionNotFound(QAError):
    """No collection has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no collection {name!r}")
        self.name = name


class CollectionExists(QAError):
    """A new collection needs a name of its own."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a collection {name!r} already")
        self.name = name


class InvalidCollection(QAError):
    """A name or setting that a collection cannot have."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place} {why}")
        self.place = place
        self.why = why


class ReindexRunning(QAError):
    """Chunks are made anew once at a time; `job_id` names the job, if it is one."""

    def __init__(self, name: str, job_id: str | None = None) -> None:
        by = f" by {job_id}; wait for it, or cancel it" if job_id else "; try it again"
        super().__init__(f"the chunks of collection {name!r} are being made anew{by}")
        self.name = name
        self.job_id = job_id


class NoEarlierChunks(QAError):
    """There is nothing to go back to."""

    def __init__(self) -> None:
        super().__init__("there are no earlier chunks to go back to")


class NotReady(QAError):
    """The service cannot answer yet, or no longer."""


class ConfigError(QAError):
    """A setting is unknown, of the wrong type, or out of range; the message names it."""
