"""The errors of answering, as types with facts.

QAError
├── InvalidQuestion      the question is empty, too long or not valid text
├── UngroundedCitation   a citation does not match the stored text (never sent)
├── CollectionNotFound   no collection has that name
│   └── CollectionGone   the collection was deleted; another one may have its name
├── CollectionsBusy      too many collections are in use at once
├── TooManyCollections   the data folder holds the maximum number of collections
├── CollectionExists     the name of a new collection is taken
├── InvalidCollection    a collection cannot have that name or setting; `place` says which
├── UntrustedSettings    a backup names models or settings that a client may not choose
├── NotPermitted         the caller may not do this
├── InvalidLabel         a judgement of an answer contradicts the store, or itself
├── LabelNotFound        no judgement of an answer has that id
├── TooManyLabels        a collection holds the maximum number of judgements
├── ModeUnavailable      the service cannot answer in that mode
├── ReindexRunning       a collection is being reindexed
├── NoEarlierChunks      a collection was not reindexed, so it cannot be rolled back
├── SourceNotFound       no source has that name
├── SourceExists         the name of a new source is taken
├── NotReady             the service is still warming up, or closed
├── PromptTooLong        question and rules exceed the input of the language model
├── EndpointFailed       the language model gave no complete answer; `reason` says why
└── ConfigError          a setting is invalid
"""

from typing import Literal, TypeAlias

EndpointReason: TypeAlias = Literal[
    "unreachable", "timeout", "busy", "failing", "rejected", "refused", "malformed", "cut",
    "cancelled", "open",
]  # fmt: skip

_WHY: dict[EndpointReason, str] = {
    "unreachable": "the service could not connect to the language model",
    "timeout": "the language model took too long",
    "busy": "the language model has too many requests at once",
    "failing": "the language model's server failed with an internal error",
    "rejected": "the language model's server rejected the request; the log has its status",
    "refused": "the language model declined to answer",
    "malformed": "the language model's server sent an invalid response",
    "cut": "the language model's answer broke off",
    "cancelled": "the client no longer waits for the answer",
    "open": "the language model failed several times in a row, so it gets no requests for a while",
}


class QAError(Exception):
    """Root of all errors that `qa` raises on purpose."""


class InvalidQuestion(QAError):
    """The question is empty, too long, or not valid text."""


class UngroundedCitation(QAError):
    """A citation's quote differs from the stored text at its offsets."""


class CollectionNotFound(QAError):
    """No collection has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no collection {name!r}")
        self.name = name


class CollectionGone(CollectionNotFound):
    """The collection that work was sent to was deleted; another one may have its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.args = (
            f"the collection {name!r} was deleted or replaced after this was sent; send it again to"
            " the collection that you mean now",
        )


class CollectionsBusy(QAError):
    """The maximum number of collections is open, and all are in use."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"all {most} collections that can be open at once are in use; try again later"
        )


class TooManyCollections(QAError):
    """The data folder holds the maximum number of collections."""

    def __init__(self, most: int) -> None:
        super().__init__(f"there are {most} collections, the maximum; delete some to create others")


class CollectionExists(QAError):
    """The name of a new collection is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(f"collection {name!r} exists already; choose another name")
        self.name = name


class InvalidCollection(QAError):
    """A collection cannot have this name or setting."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place} {why}")
        self.place = place
        self.why = why


class UntrustedSettings(QAError):
    """A backup holds settings that only the operator of the service may choose."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the backup sets {what}, which only the operator of the service may choose; if the"
            " backup is your own, restore it with --trust-settings"
        )


class NotPermitted(QAError):
    """The caller has no right to do this."""


class InvalidLabel(QAError):
    """A judgement of an answer points to what the store does not say, or lacks something."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place} {why}")
        self.place = place
        self.why = why


class LabelNotFound(QAError):
    """No judgement of an answer has this id."""

    def __init__(self, label_id: str) -> None:
        super().__init__(f"there is no label {label_id!r}")
        self.label_id = label_id


class TooManyLabels(QAError):
    """The collection holds the maximum number of judgements of answers."""

    def __init__(self, most: int) -> None:
        super().__init__(f"there are {most} labels, the maximum; remove some to keep others")


class ModeUnavailable(QAError):
    """Answers of this mode need a language model that is not set up."""


class ReindexRunning(QAError):
    """A collection is already being reindexed; `job_id` names the job, if it is one."""

    def __init__(self, name: str, job_id: str | None = None) -> None:
        by = f" by {job_id}; wait for it, or cancel it" if job_id else "; try again later"
        super().__init__(f"collection {name!r} is being reindexed{by}")
        self.name = name
        self.job_id = job_id


class NoEarlierChunks(QAError):
    """The collection has no earlier chunks."""

    def __init__(self) -> None:
        super().__init__("the collection has no earlier chunks to roll back to")


class SourceNotFound(QAError):
    """No source has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no source {name!r}; `citespan sync list` shows them")
        self.name = name


class SourceExists(QAError):
    """The name of a new source is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(f"source {name!r} exists already; remove it first, or choose another name")
        self.name = name


class NotReady(QAError):
    """The service cannot answer yet, or no longer."""


class PromptTooLong(QAError):
    """The question does not fit into the prompt of the language model, in tokens."""

    def __init__(self, tokens: int, budget: int) -> None:
        super().__init__(
            f"the question needs a prompt of {tokens} tokens, but {budget} are allowed; shorten it"
        )
        self.tokens = tokens
        self.budget = budget


class EndpointFailed(QAError):
    """The language model failed; the message repeats nothing that its server sent.

    `status` is the status of the HTTP response, if the response was the failure.
    """

    def __init__(self, reason: EndpointReason, status: int | None = None) -> None:
        super().__init__(_WHY[reason])
        self.reason: EndpointReason = reason
        self.status = status


class ConfigError(QAError):
    """A setting is unknown, of the wrong type, or out of range; the message names it."""
