"""Mailboxes on this machine: an mbox file, or a Maildir folder. Each message is an entry."""

import email
import hashlib
import mailbox
from collections.abc import Iterator
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import quote

from citespan.index.reading import Unreadable
from citespan.qa.sources.errors import Gone, Incomplete
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.types import Content, SourceEntry


class MailSource:
    """The messages of a mailbox, by their Message-ID; the version is the SHA-256 of the bytes.

    Their attachments become documents of their own, as those of any message.

    Args:
        path: an mbox file, or a Maildir folder.
        outgoing: the limits.
    """

    whole = True

    def __init__(self, path: Path, outgoing: Outgoing) -> None:
        self._path, self._limits = path, outgoing
        self._box: mailbox.Mailbox[Any] | None = None
        self._places: dict[str, str] = {}

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the messages, as `DocumentSource.entries`."""
        self._places.clear()
        try:
            box = self._opened()
            for number, place in enumerate(box.iterkeys()):
                if number >= self._limits.max_entries:
                    raise Incomplete(f"there are more than {number} messages (sources.max_entries)")
                yield self._entry(place, box.get_bytes(place))
        except (OSError, mailbox.Error, KeyError) as error:
            raise Incomplete(f"the mailbox {self._path} cannot be read: {error}") from error

    def read(self, entry: SourceEntry, known: str) -> Content | None:  # noqa: ARG002
        """Return the bytes of a message, as `DocumentSource.read`."""
        most = self._limits.max_bytes
        if entry.size is not None and entry.size > most:
            raise Unreadable("too_large", f"it has more than {most} bytes (sources.max_bytes)")
        try:
            data = self._opened().get_bytes(self._places[entry.key])
        except (OSError, mailbox.Error, KeyError) as error:
            raise Gone(f"the message {entry.key} is no longer there") from error
        return Content(data=data, name="message.eml", media_type="message/rfc822")

    def close(self) -> None:
        """Close the mailbox."""
        if self._box is not None:
            self._box.close()

    def _opened(self) -> "mailbox.Mailbox[Any]":
        if self._box is None:
            kind = mailbox.Maildir if self._path.is_dir() else mailbox.mbox
            self._box = kind(self._path, create=False)
        return self._box

    def _entry(self, place: str, data: bytes) -> SourceEntry:
        sha256 = hashlib.sha256(data).hexdigest()
        key = name = message_id(data) or sha256
        number = 1
        while key in self._places:  # the same message in the mailbox again
            number += 1
            key = f"{name}#{number}"
        self._places[key] = place
        return SourceEntry(key=key, uri=f"mid:{quote(key)}", version=sha256, size=len(data))


def message_id(data: bytes) -> str:
    """Return the Message-ID of a message or of its header; empty if it has none."""
    head = data.partition(b"\r\n\r\n" if b"\r\n\r\n" in data[:65_536] else b"\n\n")[0]
    found = email.message_from_bytes(head, policy=default).get("Message-ID", "")
    return "".join(str(found).split()).strip("<>")
