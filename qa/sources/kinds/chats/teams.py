"""Exports of Microsoft Teams in JSON, of two kinds.

The personal one, which Microsoft sends on request (and sent for Skype), is `messages.json` in a
TAR archive. Tools that ask Microsoft Graph write lists of its messages, a file or more a channel.
Source: https://learn.microsoft.com/graph/api/resources/chatmessage
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import quote

import msgspec

from citespan.qa.sources.kinds.chats.files import ExportFiles
from citespan.qa.sources.kinds.chats.markup import plain
from citespan.qa.sources.kinds.chats.source import Channel, ChatMessage

_THREAD = ";messageid="  # in the id of a conversation: the message that began the thread


class _Said(msgspec.Struct, frozen=True):
    """A message of the personal export."""

    id: str
    originalarrivaltime: datetime
    conversationid: str = ""
    displayName: str | None = None  # noqa: N815  (as the export has it)
    messagetype: str = ""
    content: str = ""
    sender: str = msgspec.field(default="", name="from")


class _Conversation(msgspec.Struct, frozen=True):
    id: str
    displayName: str | None = None  # noqa: N815
    MessageList: list[_Said] = []


class _Identity(msgspec.Struct, frozen=True, rename="camel"):
    display_name: str | None = None


class _Senders(msgspec.Struct, frozen=True):
    user: _Identity | None = None
    application: _Identity | None = None


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    content: str | None = None
    content_type: str = "text"


class _Place(msgspec.Struct, frozen=True, rename="camel"):
    channel_id: str | None = None


class _Sent(msgspec.Struct, frozen=True, rename="camel"):
    """A message of Graph."""

    id: str
    created_date_time: datetime
    body: _Body = _Body()
    sender: _Senders | None = msgspec.field(default=None, name="from")
    message_type: str = "message"
    reply_to_id: str | None = None
    deleted_date_time: str | None = None
    chat_id: str | None = None
    channel_identity: _Place | None = None
    subject: str | None = None
    web_url: str | None = None
    replies: list["_Sent"] = []


class _Parts(msgspec.Struct, frozen=True):
    """What a file that is no list may be: the personal export, or a page of messages of Graph."""

    conversations: list[_Conversation] = []
    value: list[_Sent] = []
    messages: list[_Sent] = []


class TeamsExport:
    """The channels, chats and messages of an export.

    Args:
        files: the files.
    """

    def __init__(self, files: ExportFiles) -> None:
        self._files = files
        self._places: defaultdict[str, list[str]] = defaultdict(list)

    def channels(self) -> Iterator[Channel]:
        """Yield the channels and chats, as `ChatExport.channels`."""
        self._places.clear()
        titles: dict[str, str] = {}
        for name in self._files.names():
            parts = self._read(name)
            for said in parts.conversations:
                key = said.id.partition(_THREAD)[0]
                self._note(key, name)
                if said.displayName or key not in titles:
                    titles[key] = said.displayName or key
            for sent in parts.value:
                key = _channel_of(sent, name)
                self._note(key, name)
                titles.setdefault(key, PurePosixPath(name).stem)
        if not self._places:
            raise ValueError("it has no messages of Teams")
        for key in self._places:
            yield Channel(key=_safe(key), name=titles[key], title=titles[key])

    def messages(self, channel: Channel) -> Iterator[ChatMessage]:
        """Yield the messages of a channel or chat, as `ChatExport.messages`."""
        found: dict[str, ChatMessage] = {}
        key = next(one for one in self._places if _safe(one) == channel.key)
        for name in self._places[key]:
            parts = self._read(name)
            for talk in parts.conversations:
                if talk.id.partition(_THREAD)[0] == key:
                    found |= {one.id: one for one in map(_said, talk.MessageList) if one}
            sent = (one for one in parts.value if _channel_of(one, name) == key)
            found |= {one.id: one for one in map(_sent, sent) if one}
        yield from found.values()

    def _note(self, key: str, name: str) -> None:
        if name not in self._places[key]:
            self._places[key].append(name)

    def _read(self, name: str) -> _Parts:
        """Return a file; all messages of Graph are in `value`, replies too."""
        read: list[_Sent] | _Parts = self._files.read(name, list[_Sent] | _Parts)
        parts = _Parts(value=read) if isinstance(read, list) else read
        top = [*parts.value, *parts.messages]
        return _Parts(
            conversations=parts.conversations,
            value=[one for root in top for one in (root, *root.replies)],
        )


def _safe(key: str) -> str:
    return quote(key, safe=":@;=")


def _channel_of(message: _Sent, file: str) -> str:
    place = message.channel_identity.channel_id if message.channel_identity else None
    return place or message.chat_id or file


def _said(one: _Said) -> ChatMessage | None:
    if one.messagetype not in {"Text", "RichText", "RichText/Html"}:
        return None  # a call, a picture, a change of members
    text = one.content if one.messagetype == "Text" else plain(one.content)
    conversation, _, root = one.conversationid.partition(_THREAD)
    if not text.strip():
        return None
    return ChatMessage(
        at=one.originalarrivaltime.timestamp(),
        name=one.displayName or one.sender.rpartition(":")[2] or "unknown",
        text=text.strip(),
        uri=f"teams:{_safe(conversation)}/{one.id}",
        id=one.id,
        reply_to=root,
    )


def _sent(one: _Sent) -> ChatMessage | None:
    if one.message_type != "message" or one.deleted_date_time:
        return None
    content = one.body.content or ""
    text = plain(content) if one.body.content_type.lower() == "html" else content.strip()
    text = "\n".join(part for part in (one.subject or "", text) if part)
    if not text:
        return None
    place = f"https://teams.microsoft.com/l/message/{_safe(_channel_of(one, 'chat'))}/{one.id}"
    return ChatMessage(
        at=one.created_date_time.timestamp(),
        name=_name(one.sender),
        text=text,
        uri=one.web_url or place,
        id=one.id,
        reply_to=one.reply_to_id or "",
    )


def _name(sender: _Senders | None) -> str:
    found = sender and (sender.user or sender.application)
    return (found and found.display_name) or "unknown"
