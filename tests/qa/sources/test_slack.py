"""Exports of Slack: a thread is a document, with the names and times of its messages."""

import json
import zipfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from citespan.index import Corpus
from citespan.index.reading import FileReader
from citespan.qa.sources import Definition, SyncReport, SyncRules, open_source, sync
from citespan.qa.sources.errors import Incomplete
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.types import DocumentSource

USERS = [
    {"id": "U1", "name": "ada", "profile": {"display_name": "Ada"}},
    {"id": "U2", "name": "bo", "real_name": "Bo Berg"},
]
DAY = [
    {"ts": "1767225600.0001", "user": "U1", "text": "Where is <@U2>? See <https://a.test|this>"},
    {
        "ts": "1767225660.0001",
        "user": "U2",
        "text": "Is the gate open?",
        "thread_ts": "1767225660.0001",
    },
    {
        "ts": "1767225720.0001",
        "user": "U1",
        "text": "No &amp; never.",
        "thread_ts": "1767225660.0001",
    },
]
LATER = {"ts": "1767312000.5", "user": "U9", "username": "bot", "text": "<#C1|general> is quiet."}


def exported(path: Path, **days: list[dict[str, Any]]) -> Path:
    """Write an export with these days of the channel `general`."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("users.json", json.dumps(USERS))
        archive.writestr("channels.json", json.dumps([{"id": "C1", "name": "general"}]))
        for name, messages in days.items():
            archive.writestr(
                f"general/2026-{name[1:].replace('_', '-')}.json", json.dumps(messages)
            )
    return path


def synced(corpus: Corpus, path: Path) -> SyncReport:
    with opened(path) as source:
        return sync(corpus, "chat", source, SyncRules(), files=FileReader())


def opened(path: Path) -> AbstractContextManager[DocumentSource]:
    link = "https://x.slack.com/"
    definition = Definition(name="chat", kind="slack", address=str(path), link=link)
    return open_source(definition, Outgoing(), path)


def test_threads_and_days_are_documents(corpus: Corpus, tmp_path: Path) -> None:
    path = exported(tmp_path / "export.zip", d01_01=DAY, d01_02=[LATER])
    assert synced(corpus, path).outcomes == {"added": 3}
    found = {
        info.title: (info.uri, corpus.get(info.id).text) for info in corpus.documents().documents
    }
    assert found == {
        "#general, 2026-01-01": (
            "https://x.slack.com/archives/C1/p17672256000001",
            "Ada, 2026-01-01 00:00: Where is @Bo Berg? See this (https://a.test)",
        ),
        "#general: Is the gate open?": (
            "https://x.slack.com/archives/C1/p17672256600001",
            "Bo Berg, 2026-01-01 00:01: Is the gate open?\n\nAda, 2026-01-01 00:02: No & never.",
        ),
        "#general, 2026-01-02": (
            "https://x.slack.com/archives/C1/p17673120005",
            "bot, 2026-01-02 00:00: #general is quiet.",
        ),
    }
    assert synced(corpus, path).outcomes == {"unchanged": 3}
    reply = {**LATER, "thread_ts": DAY[1]["ts"], "text": "It is open now."}
    exported(path, d01_01=DAY, d01_02=[reply])
    assert synced(corpus, path).outcomes == {"unchanged": 1, "replaced": 1, "removed": 1}


def test_an_unpacked_export_is_one_too(corpus: Corpus, tmp_path: Path) -> None:
    with zipfile.ZipFile(exported(tmp_path / "export.zip", d01_01=DAY)) as archive:
        archive.extractall(tmp_path / "export")
    assert synced(corpus, tmp_path / "export").outcomes == {"added": 2}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken"])
def test_what_is_no_export_is_an_incomplete_listing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(content)
    with opened(path) as source, pytest.raises(Incomplete, match="cannot be read"):
        list(source.entries())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("channels.json", '[{"id": "C1", "name": "../other"}]')
    with opened(path) as source, pytest.raises(Incomplete, match="is a path"):
        list(source.entries())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.txt", "x")
    with opened(path) as source, pytest.raises(Incomplete, match=r"channels\.json"):
        list(source.entries())
