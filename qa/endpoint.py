"""Messages of a conversation, as language models take them."""

from typing import Literal

import msgspec


class Message(msgspec.Struct, frozen=True):
    """What one side of a conversation says."""

    role: Literal["system", "user", "assistant"]
    content: str
