"""An export of Slack: a folder of files a channel, a file a day.

Source: https://slack.com/help/articles/220556107
"""

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import msgspec

from citespan.qa.sources.kinds.chats.files import ExportFiles
from citespan.qa.sources.kinds.chats.source import Channel, ChatMessage

_CHANNELS = ("channels.json", "groups.json", "mpims.json", "dms.json")
_LINK = re.compile(r"<([^<>|\s]+)(?:\|([^<>]*))?>")


class _Message(msgspec.Struct, frozen=True):
    ts: str = ""
    user: str = ""
    username: str = ""
    text: str = ""
    thread_ts: str = ""


class _Named(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
    real_name: str = ""
    profile: dict[str, Any] = {}


class SlackExport:
    """The channels and messages of an export.

    Args:
        files: the files.
        link: the address of the workspace, such as https://example.slack.com, for citations.
    """

    def __init__(self, files: ExportFiles, link: str) -> None:
        self._files, self._link = files, link.rstrip("/")
        self._ids: dict[str, str] = {}
        self._names: Mapping[str, str] | None = None

    def channels(self) -> Iterator[Channel]:
        """Yield the channels, as `ChatExport.channels`."""
        found = [one for file in _CHANNELS for one in self._listed(file)]
        if not found:
            raise ValueError("it has no channels.json")
        self._ids = {one.name or one.id: one.id for one in found}
        if any(PurePath(name).name != name for name in self._ids):
            raise ValueError("the name of a channel is a path")
        for name in self._ids:
            yield Channel(key=name, name=name, title=f"#{name}")

    def messages(self, channel: Channel) -> Iterator[ChatMessage]:
        """Yield the messages of a channel, as `ChatExport.messages`."""
        for file in self._files.names():
            folder, _, name = file.rpartition("/")
            if folder == channel.key and "/" not in name:
                for one in self._files.read(file, list[_Message]):
                    if one.ts and one.text:
                        yield self._message(self._ids[channel.key], one)

    def _message(self, channel: str, one: _Message) -> ChatMessage:
        place = f"{channel}/p{one.ts.replace('.', '')}"
        return ChatMessage(
            at=float(one.ts),
            name=self._people().get(one.user) or one.username or one.user or "unknown",
            text=self._plain(one.text),
            uri=f"{self._link}/archives/{place}" if self._link else f"slack:{place}",
            id=one.ts,
            reply_to=one.thread_ts,
        )

    def _listed(self, file: str) -> list[_Named]:
        return self._files.read(file, list[_Named]) if file in self._files.names() else []

    def _people(self) -> Mapping[str, str]:
        if self._names is None:
            self._names = {
                one.id: str(one.profile.get("display_name") or one.real_name or one.name)
                for one in self._listed("users.json")
            }
        return self._names

    def _plain(self, text: str) -> str:
        def named(match: re.Match[str]) -> str:
            target, label = match[1], match[2] or ""
            if target.startswith("@"):
                return f"@{self._people().get(target[1:], label or target[1:])}"
            if target.startswith(("#", "!")):
                return f"{target[0]}{label or target[1:]}"
            return f"{label} ({target})" if label else target

        return html.unescape(_LINK.sub(named, text))
