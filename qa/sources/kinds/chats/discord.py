"""An export of Discord, as DiscordChatExporter writes it in JSON: a file a channel or a thread.

A channel may be in several files, some messages even twice.
Source: https://github.com/Tyrrrz/DiscordChatExporter
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

import msgspec

from citespan.qa.sources.kinds.chats.files import ExportFiles
from citespan.qa.sources.kinds.chats.source import Channel, ChatMessage

_SAID = {"Default", "Reply"}  # all others report events


class _Named(msgspec.Struct, frozen=True):
    id: str = "0"
    name: str = ""
    nickname: str | None = None


class _Attached(msgspec.Struct, frozen=True, rename="camel"):
    file_name: str = ""


class _Channel(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
    type: str = ""
    category: str | None = None


class _Head(msgspec.Struct, frozen=True):
    guild: _Named
    channel: _Channel


class _Message(msgspec.Struct, frozen=True):
    id: str
    timestamp: datetime
    author: _Named = _Named()
    type: str = "Default"
    content: str = ""
    attachments: list[_Attached] = []


class _Export(_Head, frozen=True):
    messages: list[_Message] = []


class DiscordExport:
    """The channels and messages of an export.

    Args:
        files: the files.
    """

    def __init__(self, files: ExportFiles) -> None:
        self._files = files
        self._heads: dict[str, _Head] = {}
        self._places: defaultdict[str, list[str]] = defaultdict(list)

    def channels(self) -> Iterator[Channel]:
        """Yield the channels, as `ChatExport.channels`."""
        self._places.clear()
        for name in self._files.names():
            head = self._files.read(name, _Head)
            self._heads[head.channel.id] = head
            self._places[head.channel.id].append(name)
        if not self._places:
            raise ValueError("it has no JSON file of DiscordChatExporter")
        for key in self._places:
            channel = self._heads[key].channel
            is_thread = "Thread" in channel.type
            above = f"#{channel.category}: " if is_thread and channel.category else "#"
            title = f"{above}{channel.name or key}"
            yield Channel(key=key, name=channel.name or key, title=title, is_thread=is_thread)

    def messages(self, channel: Channel) -> Iterator[ChatMessage]:
        """Yield the messages of a channel, as `ChatExport.messages`."""
        found: dict[str, _Message] = {}
        for name in self._places[channel.key]:
            found |= {one.id: one for one in self._files.read(name, _Export).messages}
        guild = self._heads[channel.key].guild.id
        place = f"https://discord.com/channels/{guild if guild != '0' else '@me'}/{channel.key}"
        for one in found.values():
            attached = [f"[{file.file_name}]" for file in one.attachments if file.file_name]
            text = " ".join([one.content, *attached]).strip()
            if text and one.type in _SAID:
                yield ChatMessage(
                    at=one.timestamp.timestamp(),
                    name=one.author.nickname or one.author.name or "unknown",
                    text=text,
                    uri=f"{place}/{one.id}",
                    id=one.id,
                )
