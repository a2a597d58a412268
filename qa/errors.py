"""Everything answering refuses, as types with facts.

QAError
├── InvalidQuestion      the question cannot be asked as given
├── UngroundedCitation   a citation does not match the stored text (never sent)
├── NotReady             the service is still warming up, or closed
└── ConfigError          settings that cannot be used
"""


class QAError(Exception):
    """Root of everything `qa` raises on purpose."""


class InvalidQuestion(QAError):
    """The question is empty, too long, or not valid text."""


class UngroundedCitation(QAError):
    """A citation whose quote is not what the stored text has at its offsets."""


class NotReady(QAError):
    """The service cannot answer yet, or no longer."""


class ConfigError(QAError):
    """A setting is unknown, of the wrong type, or out of range; the message names it."""
