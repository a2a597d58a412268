"""A folder on a mail server, over TLS: dovecot where it is installed, and pymap."""

import imaplib
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from email.message import EmailMessage
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote

import pytest
from imap_servers import PASSWORD, USER, dovecot, pymap
from proxying import certificate

from citespan.index import Corpus
from citespan.index.reading import FileReader, Unreadable
from citespan.qa.errors import ConfigError
from citespan.qa.sources import Definition, SyncReport, SyncRules, open_source, sync
from citespan.qa.sources.errors import Gone, Incomplete, RequestRefused
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.kinds import ImapSource
from citespan.qa.sources.types import SourceEntry

_HERE = Outgoing(networks=(ip_network("127.0.0.1/32"),))
_SECRET = f"{USER}:{PASSWORD}"
_FOLDER = "Gelöscht & weg"
_CODED = '"Gel&APY-scht &- weg"'  # RFC 3501, section 5.1.3


class Box:
    """A folder on a server, changed as a mail program does it."""

    def __init__(self, port: int, folder: Path) -> None:
        self.address = f"imaps://127.0.0.1:{port}/{quote(_FOLDER)}"
        self._mail = imaplib.IMAP4_SSL(
            "127.0.0.1", port, ssl_context=ssl.create_default_context(cafile=folder / "tls.pem")
        )
        self._mail.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())

    def begin(self) -> None:
        """Make the folder again: its messages are gone, and its numbers begin again."""
        self._mail.create(_CODED)
        self._mail.delete(_CODED)
        self._mail.create(_CODED)

    def add(self, number: int, attached: str = "") -> None:
        kind, said = self._mail.append(_CODED, "", "", message(number, attached))
        assert kind == "OK", said

    def remove(self, number: int) -> None:
        self._mail.select(_CODED)
        self._mail.store(str(number), "+FLAGS", r"(\Deleted)")
        self._mail.expunge()
        self._mail.close()

    def close(self) -> None:
        self._mail.logout()


def message(number: int, attached: str = "") -> bytes:
    made = EmailMessage()
    made["Message-ID"] = f"<{number}@example.org>"
    made["Subject"], made["From"] = f"Gate {number}", "a@example.org"
    made.set_content(f"Lever {number} opens gate {number}.")
    if attached:
        made.add_attachment(attached, filename="note.txt")
    return made.as_bytes().replace(b"\n", b"\r\n")


@pytest.fixture(scope="module")
def keys() -> Iterator[Path]:
    """A folder that other users may enter, with a certificate that this process trusts."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patched:
        folder = Path(name)
        patched.setenv("SSL_CERT_FILE", str(certificate(folder)))
        yield folder


@pytest.fixture(scope="module", params=["dovecot", "pymap"])
def served(request: pytest.FixtureRequest, keys: Path) -> Iterator[Box]:
    run = dovecot if request.param == "dovecot" else pymap
    with run(keys) as port, closing(Box(port, keys)) as box:
        yield box


@pytest.fixture
def box(served: Box) -> Box:
    served.begin()
    return served


@pytest.fixture
def synced(corpus: Corpus, box: Box) -> Callable[..., SyncReport]:
    def run(allowed: Outgoing = _HERE) -> SyncReport:
        definition = Definition(name="post", kind="imap", address=box.address)
        outgoing = replace(allowed, secrets={"post": _SECRET})
        with open_source(definition, outgoing, Path("unused")) as source:
            return sync(corpus, "post", source, SyncRules(force=True), files=FileReader())

    return run


def test_messages_come_and_go_with_their_attachments(
    corpus: Corpus, box: Box, synced: Callable[..., SyncReport]
) -> None:
    box.add(1)
    box.add(2, "The attachment.")
    report = synced()
    assert report.in_step, report.problem
    assert report.outcomes == {"added": 2}
    titles = {info.uri: info.title for info in corpus.documents().documents}
    assert titles["mid:1%40example.org"] == "Gate 1"
    assert len(titles) == 3
    assert synced().outcomes == {"unchanged": 2}
    box.remove(1)
    box.add(3)
    assert synced().outcomes == {"unchanged": 1, "added": 1, "removed": 1}
    assert corpus.counts()[0] == 3


def test_a_message_with_other_numbers_keeps_its_document(
    corpus: Corpus, box: Box, synced: Callable[..., SyncReport]
) -> None:
    box.add(1)
    box.add(2)
    assert synced().in_step
    before = {info.uri: info.id for info in corpus.documents().documents}
    box.begin()  # which gives another UIDVALIDITY
    box.add(2)
    box.add(1)
    assert synced().outcomes == {"moved": 2}
    assert {info.uri: info.id for info in corpus.documents().documents} == before


def test_an_incomplete_listing_deletes_nothing(
    corpus: Corpus, box: Box, synced: Callable[..., SyncReport]
) -> None:
    for number in range(3):
        box.add(number)
    assert synced().in_step
    assert "3 messages (sources.max_entries)" in (
        synced(replace(_HERE, max_entries=2)).problem or ""
    )
    assert "not a public address" in (synced(Outgoing()).problem or "")
    assert "took longer" in (synced(replace(_HERE, limit_s=0)).problem or "")
    box.remove(2)
    assert synced(replace(_HERE, max_bytes=200)).outcomes == {"unchanged": 2, "removed": 1}
    assert corpus.counts()[0] == 2


def test_a_message_is_bounded_and_may_be_gone(box: Box) -> None:
    box.add(1, "x" * 100_000)
    box.add(2)
    with closing(ImapSource(box.address, replace(_HERE, max_bytes=50_000), _SECRET)) as source:
        large, small = source.entries()
        with pytest.raises(Unreadable, match=r"sources\.max_bytes"):
            source.read(large, "")
        content = source.read(small, "")
        assert content
        assert content.data == message(2)
        box.remove(2)
        source.close()  # a server may show a message until the connection ends
        with pytest.raises(Gone):
            source.read(small, "")


def test_who_may_not_enter_is_told_why(box: Box) -> None:
    other = box.address.replace(quote(_FOLDER), "No such folder")
    for address, secret in ((box.address, f"{USER}:wrong"), (other, _SECRET)):
        source = ImapSource(address, _HERE, secret)
        with pytest.raises(Incomplete, match=r"127\.0\.0\.1 cannot be read"):
            list(source.entries())
        source.close()


def test_a_name_is_resolved_once_and_a_stranger_s_certificate_is_refused(box: Box) -> None:
    box.add(1)
    asked: list[str] = []

    def resolve(host: str, _: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    address = box.address.replace("127.0.0.1", "mail.example.org")
    source = ImapSource(address, _HERE, _SECRET, resolve)
    with pytest.raises(Incomplete, match="certificate"):
        list(source.entries())
    with pytest.raises(RequestRefused, match=r"leads to 169\.254\.169\.254"):
        source.read(SourceEntry(key="1/1", uri="mid:1"), "")
    source.close()
    assert asked == ["mail.example.org"] * 2


@pytest.mark.parametrize(
    "address",
    ["imap://mail.example.org", "imaps://a:b@mail.example.org", "imaps:///INBOX"],
)
def test_only_addresses_over_tls_without_a_password_are_taken(address: str) -> None:
    with pytest.raises(ConfigError, match="imaps://mail"):
        ImapSource(address, _HERE, _SECRET)
    with pytest.raises(ConfigError, match="user:password"):
        ImapSource("imaps://mail.example.org", _HERE, "token")
