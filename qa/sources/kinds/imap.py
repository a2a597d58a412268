"""A folder of a mailbox on a mail server. Each message is an entry.

A message is known by the validity of its folder and its number there, which stand for the same
bytes for ever. Source: RFC 9051, sections 2.3.1.1 and 6.4.9; RFC 5092.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, cast
from urllib.parse import quote, unquote, urlsplit

from citespan.index.reading import Unreadable
from citespan.qa.errors import ConfigError
from citespan.qa.sources.errors import Gone, Incomplete, NotRead, SourceError
from citespan.qa.sources.guard import Outgoing, Resolve, resolved
from citespan.qa.sources.kinds.imap_connection import FAULTS, PORT, ImapConnection
from citespan.qa.sources.kinds.mail import message_id
from citespan.qa.sources.types import Content, SourceEntry

_AT_ONCE = 500  # messages that one command asks about
_LISTED = "(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"\bRFC822\.SIZE (\d+)")


class ImapSource:
    """The messages of one folder; their attachments become documents of their own.

    Args:
        address: such as `imaps://mail.example.org/Archive`; without a folder, it is the inbox.
        outgoing: the limits.
        secret: `user:password`.
        resolve: returns the addresses of a host.

    Raises:
        ConfigError: the address is no such address, or the secret has another form.
    """

    whole = True

    def __init__(
        self, address: str, outgoing: Outgoing, secret: str, resolve: Resolve = resolved
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme != "imaps" or not parts.hostname or "@" in parts.netloc:
            raise ConfigError(
                f"{address!r} is not an address such as imaps://mail.example.org/INBOX;"
                " user and password belong into sources.secrets"
            )
        self._user, _, self._password = secret.partition(":")
        if not self._password:
            raise ConfigError("the secret of a mail server has to be user:password")
        self._host, self._port = parts.hostname, parts.port or PORT
        self._folder = unquote(parts.path).strip("/") or "INBOX"
        self._limits, self._resolve = outgoing, resolve
        self._connection: ImapConnection | None = None
        self._validity = 0

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the messages, as `DocumentSource.entries`."""
        try:
            self._validity, number = self._entered().look_at(_quoted(self._folder))
            numbers = [one.decode() for one in self._about("SEARCH", "ALL")[0].split()]
            if len(numbers) < number:
                raise Incomplete(f"the server names {len(numbers)} of {number} messages")
            if len(numbers) > self._limits.max_entries:
                raise Incomplete(f"there are {len(numbers)} messages (sources.max_entries)")
            for start in range(0, len(numbers), _AT_ONCE):
                yield from self._some(numbers[start : start + _AT_ONCE])
        except NotRead as error:
            self._cut()
            raise Incomplete(str(error)) from error
        except FAULTS as error:
            self._cut()
            raise Incomplete(f"{self._host} cannot be read: {error}") from error

    def read(self, entry: SourceEntry, known: str) -> Content | None:  # noqa: ARG002
        """Return the bytes of a message, as `DocumentSource.read`."""
        most = self._limits.max_bytes
        if entry.size is not None and entry.size > most:
            raise Unreadable("too_large", f"it has more than {most} bytes (sources.max_bytes)")
        validity, _, number = entry.key.partition("/")
        try:
            if validity != str(self._validity):
                self._validity, _ = self._entered().look_at(_quoted(self._folder))
            found = validity == str(self._validity) and self._about(
                "FETCH", number, "(BODY.PEEK[])"
            )
        except SourceError:
            self._cut()
            raise
        except FAULTS as error:
            self._cut()
            raise NotRead(f"{self._host} did not send the message: {error}") from error
        data = next((literal for _, literal in _answers(found or ()) if literal), None)
        if data is None:
            raise Gone(f"the message {entry.key} is no longer there")
        return Content(data=data, name="message.eml", media_type="message/rfc822")

    def close(self) -> None:
        """Log out."""
        if self._connection is not None:
            with suppress(SourceError, *FAULTS):
                self._connection.logout()
            self._cut()

    def _cut(self) -> None:
        """Break the connection off; another one is made when it is needed."""
        if self._connection is not None:
            self._connection.shutdown()
            self._connection, self._validity = None, 0

    def _entered(self) -> ImapConnection:
        if self._connection is None:
            self._connection = ImapConnection(self._host, self._port, self._limits, self._resolve)
            self._validity = 0
            self._connection.enter(self._user, self._password)
        return self._connection

    def _about(self, command: str, *words: str) -> list[Any]:
        return [one for one in self._entered().about(command, *words) if one is not None] or [b""]

    def _some(self, numbers: Sequence[str]) -> Iterator[SourceEntry]:
        missing = set(numbers)
        for text, header in _answers(self._about("FETCH", ",".join(numbers), _LISTED)):
            found, size = _UID.search(text), _SIZE.search(text)
            if found and size and (number := found[1].decode()) in missing:
                missing.remove(number)
                yield self._entry(number, int(size[1]), message_id(header))
        if missing:
            raise Incomplete(f"the server reported nothing about {len(missing)} messages")

    def _entry(self, number: str, size: int, name: str) -> SourceEntry:
        key = f"{self._validity}/{number}"
        place = f"{quote(self._folder)};UIDVALIDITY={self._validity}/;UID={number}"
        return SourceEntry(
            key=key,
            uri=f"mid:{quote(name)}" if name else f"imap://{self._host}/{place}",
            version=key,
            size=size,
        )


def _answers(data: Sequence[Any]) -> Iterator[tuple[bytes, bytes]]:
    """Yield what is said of each message: the words, and the bytes between them."""
    text = header = b""
    for one in data:
        words: Sequence[bytes] = cast("Sequence[bytes]", one if isinstance(one, tuple) else [one])
        text += words[0] + b" "
        if len(words) > 1:
            header = words[1]
        else:
            yield text, header
            text = header = b""


def _quoted(folder: str) -> str:
    """Return the name of a folder as the protocol has it, in its own form of UTF-7."""

    def packed(match: re.Match[str]) -> str:
        if match[0] == "&":
            return "&-"
        coded = base64.b64encode(match[0].encode("utf-16-be")).decode().rstrip("=")
        return f"&{coded.replace('/', ',')}-"

    plain = re.sub(r"[^\x20-\x7e]+|&", packed, folder)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
