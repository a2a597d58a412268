"""Everything answering refuses, as types with facts.

QAError
├── InvalidQuestion      the question cannot be asked as given
├── UngroundedCitation   a citation does not match the stored text (never sent)
├── CollectionNotFound   there is no collection of that name
│   └── CollectionGone   the one that was meant is gone; another one may have its name
├── CollectionsBusy      too many collections are in use at once
├── TooManyCollections   no more can be made
├── CollectionExists     the name of a new collection is taken
├── InvalidCollection    a collection cannot have that name or setting; `place` says which
├── UntrustedSettings    a backup names models or settings that a client may not choose
├── ModeUnavailable      the service cannot answer in that way
├── ReindexRunning       a collection's chunks are being made anew
├── NoEarlierChunks      a collection was not reindexed: there is nothing to go back to
├── NotReady             the service is still warming up, or closed
├── PromptTooLong        question and rules alone are more than the language model takes
├── EndpointFailed       the language model gave no answer, or not a whole one; `reason` says why
└── ConfigError          settings that cannot be used
"""

from typing import Literal, TypeAlias

EndpointReason: TypeAlias = Literal[
    "unreachable", "timeout", "busy", "failing", "rejected", "refused", "malformed", "cut",
    "cancelled", "open",
]  # fmt: skip

_WHY: dict[EndpointReason, str] = {
    "unreachable": "no connection to the language model could be made",
    "timeout": "the language model took too long",
    "busy": "the language model has too many requests at once",
    "failing": "the language model's server had an error of its own",
    "rejected": "the language model's server did not accept the request; the log has its status",
    "refused": "the language model declined to answer",
    "malformed": "what the language model's server sent could not be read",
    "cut": "the language model's answer broke off",
    "cancelled": "nobody waits for the answer any more",
    "open": "the language model failed several times in a row and is left alone for a while",
}


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


class CollectionGone(CollectionNotFound):
    """The collection that work was sent to is gone, whatever has its name now."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.args = (
            f"the collection {name!r} that this was sent to was deleted or replaced; send it again"
            " to the one that is meant now",
        )


class CollectionsBusy(QAError):
    """As many collections as may be open at once are all in use."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} collections are in use, and no more can be open; try it again")


class TooManyCollections(QAError):
    """There are as many collections as there can be."""

    def __init__(self, most: int) -> None:
        super().__init__(f"there are {most} collections, and no more can be made; delete some")


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


class UntrustedSettings(QAError):
    """A backup holds settings that only whoever runs the service may choose."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the backup sets {what}, which only whoever runs the service may choose; if the backup"
            " is your own, restore it with --trust-settings"
        )


class ModeUnavailable(QAError):
    """Answers of this mode need something that is not set up."""


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


class PromptTooLong(QAError):
    """Not even the question fits into what the language model takes at once, in tokens."""

    def __init__(self, tokens: int, budget: int) -> None:
        super().__init__(f"the question makes a prompt of {tokens} tokens; {budget} are allowed")
        self.tokens = tokens
        self.budget = budget


class EndpointFailed(QAError):
    """The language model failed; the message holds nothing of what its server sent.

    `status` is that of its HTTP response, if that was the failure.
    """

    def __init__(self, reason: EndpointReason, status: int | None = None) -> None:
        super().__init__(_WHY[reason])
        self.reason: EndpointReason = reason
        self.status = status


class ConfigError(QAError):
    """A setting is unknown, of the wrong type, or out of range; the message names it."""
