"""Messages to entries: a thread is one, and so are the other messages of a day in a channel."""

import hashlib
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from citespan.qa.sources.errors import Gone, Incomplete
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.kinds.chats.files import ExportFiles
from citespan.qa.sources.types import Content, SourceEntry

_TITLE = 80  # characters of a message
_FAULTS = (OSError, zipfile.BadZipFile, tarfile.TarError, ValueError, KeyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel, a chat, or a thread that was exported as a channel of its own.

    key: what the export calls it, without a slash.
    name: for filters.
    title: for readers.
    is_thread: whether all its messages are one thread.
    """

    key: str
    name: str
    title: str
    is_thread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """A message.

    at: when it was sent, in seconds since 1970.
    name: who sent it.
    uri: where it is read.
    id: what replies call it.
    reply_to: the id of the message that began its thread; empty if it replies to none.
    """

    at: float
    name: str
    text: str
    uri: str
    id: str
    reply_to: str = ""


class ChatExport(Protocol):
    """An export of one service. Its errors are those of `ExportFiles`."""

    def channels(self) -> Iterable[Channel]:
        """Return the channels; raise ValueError if it is no such export."""
        ...

    def messages(self, channel: Channel) -> Iterable[ChatMessage]:
        """Return the messages of a channel that have a text, in any order."""
        ...


class _Talk(NamedTuple):
    """The messages of one entry as text."""

    entry: SourceEntry
    text: str


class ChatSource:
    """The threads of an export, as "Name, time: text" lines. The version is that of the text.

    Args:
        export: the export.
        files: its files; closed with the source.
        outgoing: the limits.
    """

    whole = True

    def __init__(self, export: ChatExport, files: ExportFiles, outgoing: Outgoing) -> None:
        self._export, self._files, self._limits = export, files, outgoing
        self._channels: dict[str, Channel] = {}
        self._last: tuple[str, dict[str, _Talk]] = ("", {})

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the threads and days, as `DocumentSource.entries`."""
        number = 0
        try:
            self._channels = {one.key: one for one in self._export.channels()}
            for key in sorted(self._channels):
                for talk in self._talks(key).values():
                    number += 1
                    if number > self._limits.max_entries:
                        raise Incomplete(f"more than {number - 1} threads (sources.max_entries)")
                    yield talk.entry
        except _FAULTS as error:
            raise Incomplete(f"the export cannot be read: {error}") from error

    def read(self, entry: SourceEntry, known: str) -> Content | None:  # noqa: ARG002
        """Return the text of a thread or a day, as `DocumentSource.read`."""
        try:
            talk = self._talks(entry.key.partition("/")[0]).get(entry.key)
        except _FAULTS as error:
            raise Gone(f"{entry.key} is no longer there") from error
        if talk is None:
            raise Gone(f"{entry.key} is no longer there")
        return Content(data=talk.text.encode(), name="thread.txt")

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def _talks(self, key: str) -> dict[str, _Talk]:
        if self._last[0] != key:
            found = _talks(self._channels[key], self._export.messages(self._channels[key]))
            self._last = key, {one.entry.key: one for one in found}
        return self._last[1]


def _talks(channel: Channel, messages: Iterable[ChatMessage]) -> Iterator[_Talk]:
    found = list(messages)
    threads = {one.reply_to for one in found if one.reply_to not in {"", one.id}}
    groups: defaultdict[str, list[ChatMessage]] = defaultdict(list)
    for one in found:
        thread = one.reply_to or one.id
        day = "thread" if channel.is_thread else _time(one.at)[:10]
        groups[thread if thread in threads else day].append(one)
    for name, group in groups.items():
        group.sort(key=lambda one: one.at)
        title = f"{channel.title}, {name}"
        if channel.is_thread:
            title = channel.title
        elif name in threads:
            title = f"{channel.title}: {' '.join(group[0].text.split())[:_TITLE]}"
        yield _talk(channel, f"{channel.key}/{name}", title, group)


def _talk(channel: Channel, key: str, title: str, group: list[ChatMessage]) -> _Talk:
    text = "\n\n".join(f"{one.name}, {_time(one.at)}: {one.text}" for one in group)
    entry = SourceEntry(
        key=key,
        uri=group[0].uri,
        version=hashlib.sha256(text.encode()).hexdigest(),
        title=title,
        metadata={"channel": channel.name, "date": _time(group[0].at)[:10]},
    )
    return _Talk(entry, text)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
