"""What goes to a language model and comes back from it. Pure."""

from typing import Literal

import msgspec


class Message(msgspec.Struct, frozen=True):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Usage(msgspec.Struct, frozen=True):
    """Tokens by the endpoint's own count."""

    prompt_tokens: int
    completion_tokens: int


class Ending(msgspec.Struct):
    """How an answer ended: the protocol's finish reason, and the token counts if there were any."""

    reason: str | None = None
    usage: Usage | None = None
