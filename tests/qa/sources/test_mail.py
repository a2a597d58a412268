"""Mailboxes as sources: a message is a document, and its attachments are documents of their own."""

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest

from citespan.index import Corpus
from citespan.index.reading import FileReader
from citespan.qa.sources import SyncReport, SyncRules, sync
from citespan.qa.sources.errors import Incomplete
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.kinds import MailSource


def message(number: int, attached: str = "") -> EmailMessage:
    made = EmailMessage()
    made["Message-ID"] = f"<{number}@example.org>"
    made["Subject"], made["From"] = f"Gate {number}", "a@example.org"
    made.set_content(f"Lever {number} opens gate {number}.")
    if attached:
        made.add_attachment(attached, filename="note.txt")
    return made


def synced(corpus: Corpus, path: Path) -> SyncReport:
    source = MailSource(path, Outgoing())
    try:
        return sync(corpus, "mail", source, SyncRules(force=True), files=FileReader())
    finally:
        source.close()


@pytest.mark.parametrize("kind", [mailbox.mbox, mailbox.Maildir])
def test_messages_come_and_go_with_their_attachments(
    corpus: Corpus, tmp_path: Path, kind: type[mailbox.mbox] | type[mailbox.Maildir]
) -> None:
    path = tmp_path / "post"
    box = kind(path)
    first = box.add(message(1))
    box.add(message(2, "The attachment."))
    box.flush()
    assert synced(corpus, path).outcomes == {"added": 2}
    assert corpus.counts()[0] == 3
    titles = {info.uri: info.title for info in corpus.documents().documents}
    assert titles["mid:1%40example.org"] == "Gate 1"
    assert synced(corpus, path).outcomes == {"unchanged": 2}
    box.remove(first)
    box.add(message(3))
    box.flush()
    assert synced(corpus, path).outcomes == {"unchanged": 1, "added": 1, "removed": 1}
    assert corpus.counts()[0] == 3
    box.close()


def test_a_message_that_is_there_twice_is_two_entries(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "post")
    box.add(message(1))
    box.add(message(1))
    box.close()
    source = MailSource(tmp_path / "post", Outgoing())
    assert [one.key for one in source.entries()] == ["1@example.org", "1@example.org#2"]
    source.close()


def test_a_mailbox_that_is_not_there_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(Incomplete, match="cannot be read"):
        list(MailSource(tmp_path / "none", Outgoing()).entries())
