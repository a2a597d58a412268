"""A connection to a mail server, over TLS from its first byte, within the guard and its limits."""

import imaplib
import ssl
import time
from collections.abc import Sequence
from typing import Any

import httpx

from citespan.qa.sources.errors import NotRead
from citespan.qa.sources.guard import Outgoing, Resolve, connected, resolved

PORT = 993
_PART = 65_536
_OTHERS = 1_000_000  # bytes that an answer may have besides a message


class ImapConnection(imaplib.IMAP4):
    """A connection to a checked address. An answer is bounded in size and in time.

    Args:
        host, port: the server.
        outgoing: what the operator allows.
        resolve: returns the addresses of a host.

    Raises:
        RequestRefused: the host is not allowed.
        OSError, imaplib.IMAP4.error: any method: the server cannot be reached, or answers wrongly.
    """

    def __init__(
        self, host: str, port: int, outgoing: Outgoing, resolve: Resolve = resolved
    ) -> None:
        self._outgoing, self._resolve = outgoing, resolve
        self._waiting = bytearray()
        self._bound()
        super().__init__(host, port)

    def enter(self, user: str, password: str) -> None:
        """Log in.

        Raises:
            imaplib.IMAP4.error: the server does not let the user in.
        """
        self._bound()
        if "AUTH=PLAIN" in self.capabilities:
            self.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            self.login(user, password)

    def look_at(self, folder: str) -> tuple[int, int]:
        """Select a folder for reading; return its validity, and how many messages it has.

        Raises:
            imaplib.IMAP4.error: there is no such folder.
        """
        self._bound()
        self.checked(self.select(folder, readonly=True))
        _, (validity, *_) = self.response("UIDVALIDITY")
        _, (number, *_) = self.response("EXISTS")
        if not isinstance(validity, bytes) or not isinstance(number, bytes):
            raise imaplib.IMAP4.error("the server names no UIDVALIDITY")
        return int(validity), int(number)

    def about(self, command: str, *words: str) -> list[Any]:
        """Send a command about messages by their numbers, and return what the server answers."""
        self._bound()
        return self.checked(self.uid(command, *words))

    def checked(self, answer: tuple[str, Sequence[Any]]) -> list[Any]:
        """Return the data of an answer.

        Raises:
            imaplib.IMAP4.error: the answer is not OK.
        """
        kind, data = answer
        if kind != "OK":
            said = b" ".join(one for one in data if isinstance(one, bytes)).decode(
                "utf-8", "replace"
            )
            raise imaplib.IMAP4.error(said[:300])
        return list(data)

    def open(self, host: str = "", port: int = PORT, timeout: float | None = None) -> None:  # noqa: ARG002
        """Connect to a checked address; the name of the host is what TLS verifies."""
        self.host, self.port = host, port
        raw = connected(host, port, self._outgoing, self._resolve)
        try:
            self.sock = httpx.create_ssl_context().wrap_socket(raw, server_hostname=host)
        except BaseException:
            raw.close()
            raise

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes."""
        while len(self._waiting) < size:
            self._receive()
        found = bytes(self._waiting[:size])
        del self._waiting[:size]
        return found

    def readline(self) -> bytes:
        """Return the bytes up to the end of a line."""
        sought = 0
        while (end := self._waiting.find(b"\n", sought)) < 0:
            sought = len(self._waiting)
            self._receive()
        return self.read(end + 1)

    def send(self, data: Any) -> None:
        """Send bytes."""
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Close the connection."""
        self.sock.close()

    def _bound(self) -> None:
        """Begin an answer: its size and its time count from here."""
        self._left = self._outgoing.max_bytes + _OTHERS
        self._ends = time.monotonic() + self._outgoing.limit_s

    def _receive(self) -> None:
        left_s = self._ends - time.monotonic()
        if left_s <= 0:
            raise NotRead(f"an answer took longer than {self._outgoing.limit_s:.0f} s")
        self.sock.settimeout(min(left_s, self._outgoing.timeout_s))
        part = self.sock.recv(_PART)
        if not part:
            raise imaplib.IMAP4.abort("the server broke off")
        self._left -= len(part)
        if self._left < 0:
            raise NotRead("an answer is larger than sources.max_bytes")
        self._waiting += part


FAULTS = (OSError, ssl.SSLError, imaplib.IMAP4.error, ValueError)
