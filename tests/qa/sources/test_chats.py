"""Exports of Discord and Teams: a thread is a document, with the names and times in it."""

import io
import json
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from citespan.index import Corpus
from citespan.index.reading import FileReader
from citespan.qa.sources import Definition, SyncReport, SyncRules, open_source, sync
from citespan.qa.sources.definition import Kind
from citespan.qa.sources.errors import Incomplete
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.kinds.chats.markup import plain


def synced(corpus: Corpus, kind: Kind, path: Path) -> SyncReport:
    definition = Definition(name="chat", kind=kind, address=str(path))
    with open_source(definition, Outgoing(), path) as source:
        return sync(corpus, "chat", source, SyncRules(force=True), files=FileReader())


def stored(corpus: Corpus) -> dict[str, tuple[str | None, str]]:
    """The address and the text of each document by its title."""
    return {
        info.title: (info.uri, corpus.get(info.id).text) for info in corpus.documents().documents
    }


def discord(name: str, number: str, kind: str, *messages: dict[str, Any]) -> str:
    return json.dumps(
        {
            "guild": {"id": "7", "name": "Harbour", "iconUrl": ""},
            "channel": {
                "id": number, "type": kind, "categoryId": "1", "category": "gates", "name": name,
                "topic": None,
            },
            "dateRange": {"after": None, "before": None},
            "messages": messages,
            "messageCount": len(messages),
        }
    )  # fmt: skip


def said(number: int, text: str, **more: Any) -> dict[str, Any]:
    author = {"id": "9", "name": "ada", "discriminator": "0001", "nickname": "Ada", "isBot": False}
    return {
        "id": str(number), "type": "Default", "timestamp": f"2026-01-01T00:{number:02}:00.5+00:00",
        "timestampEdited": None, "content": text, "author": author, "attachments": [],
        "embeds": [], "reactions": [], "mentions": [], **more,
    }  # fmt: skip


def test_a_channel_of_discord_is_days_and_a_thread_is_one(corpus: Corpus, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    first, second = (
        said(1, "Is gate 7 open?"),
        said(2, "It is.", type="Reply", author={"name": "bo"}),
    )
    joined = said(3, "Joined the server.", type="GuildMemberJoin")
    plan = said(4, "", attachments=[{"id": "1", "url": "x", "fileName": "plan.pdf"}])
    (folder / "a [part 1].json").write_text(discord("general", "5", "GuildTextChat", first, joined))
    (folder / "a [part 2].json").write_text(
        "\ufeff" + discord("general", "5", "GuildTextChat", first, second, plan)
    )
    (folder / "b.json").write_text(
        discord("Lever 3", "6", "GuildPublicThread", said(5, "It is stuck."))
    )
    assert synced(corpus, "discord", folder).outcomes == {"added": 2}
    assert stored(corpus) == {
        "#general, 2026-01-01": (
            "https://discord.com/channels/7/5/1",
            "Ada, 2026-01-01 00:01: Is gate 7 open?\n\nbo, 2026-01-01 00:02: It is.\n\n"
            "Ada, 2026-01-01 00:04: [plan.pdf]",
        ),
        "#gates: Lever 3": (
            "https://discord.com/channels/7/6/5",
            "Ada, 2026-01-01 00:05: It is stuck.",
        ),
    }
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as packed:
        for file in folder.iterdir():
            packed.write(file, file.name)
    assert synced(corpus, "discord", tmp_path / "export.zip").outcomes == {"unchanged": 2}
    assert synced(corpus, "discord", folder / "b.json").outcomes == {"unchanged": 1, "removed": 1}


def teams(number: int, html: str, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number), "messageType": "message", "replyToId": None,
        "createdDateTime": f"2026-01-01T00:{number:02}:00.000Z", "deletedDateTime": None,
        "subject": None, "chatId": None, "webUrl": f"https://teams.test/{number}",
        "from": {"application": None, "user": {"id": "u", "displayName": "Ada Berg"}},
        "body": {"contentType": "html", "content": html},
        "channelIdentity": {"teamId": "t", "channelId": "19:gates@thread.tacv2"}, **more,
    }  # fmt: skip


def test_messages_of_graph_are_threads_and_days(corpus: Corpus, tmp_path: Path) -> None:
    roots = [
        teams(1, "<p>Which <b>lever</b> opens gate&nbsp;7?</p>", subject="Gate 7"),
        teams(2, "<p>Good morning.</p>"),
        teams(3, "gone", deletedDateTime="2026-01-01T00:05:00Z"),
        teams(4, "<systemEventMessage/>", messageType="systemEventMessage", **{"from": None}),
    ]
    reply = teams(5, '<div><at id="0">Ada Berg</at> lever 3</div>', replyToId="1", **{"from": None})
    (tmp_path / "Gates.json").write_text(json.dumps(roots))
    (tmp_path / "Gates-2.json").write_text(json.dumps({"@odata.count": 1, "value": [reply]}))
    assert synced(corpus, "teams", tmp_path).outcomes == {"added": 2}
    assert stored(corpus) == {
        "Gates-2: Gate 7 Which lever opens gate 7?": (
            "https://teams.test/1",
            "Ada Berg, 2026-01-01 00:01: Gate 7\nWhich lever opens gate 7?\n\n"
            "unknown, 2026-01-01 00:05: @Ada Berg lever 3",
        ),
        "Gates-2, 2026-01-01": (
            "https://teams.test/2",
            "Ada Berg, 2026-01-01 00:02: Good morning.",
        ),
    }


def test_the_personal_export_of_teams_is_read_packed_or_not(corpus: Corpus, tmp_path: Path) -> None:
    def sent(
        number: int, text: str, kind: str = "RichText/Html", thread: str = ""
    ) -> dict[str, Any]:
        return {
            "id": str(number), "displayName": None if number == 2 else "Bo",
            "originalarrivaltime": f"2026-01-01T00:{number:02}:00.123Z", "messagetype": kind,
            "version": 1, "content": text, "conversationid": f"19:x@thread.v2{thread}",
            "from": "8:live:ada", "properties": None, "amsreferences": None,
        }  # fmt: skip

    made: dict[str, Any] = {
        "userId": "8:live:ada", "exportDate": "2026-02-01T00:00",
        "conversations": [
            {"id": "19:x@thread.v2", "displayName": "Gates", "version": 1, "properties": {},
             "threadProperties": None, "MessageList": [
                 sent(1, "<p>Is it <i>open</i>?</p>"), sent(2, "a < b", "Text"),
                 sent(3, "<call/>", "Event/Call")]},
            {"id": "19:x@thread.v2;messageid=1", "displayName": None, "MessageList": [
                sent(4, "No.", thread=";messageid=1")]},
            {"id": "48:notes", "displayName": None, "MessageList": []},
        ],
    }  # fmt: skip
    data = json.dumps(made).encode()
    with tarfile.open(tmp_path / "export.tar", "w") as packed:
        about = tarfile.TarInfo("./messages.json")
        about.size = len(data)
        packed.addfile(about, io.BytesIO(data))
    assert synced(corpus, "teams", tmp_path / "export.tar").outcomes == {"added": 2}
    assert stored(corpus) == {
        "Gates: Is it open?": (
            "teams:19:x@thread.v2/1",
            "Bo, 2026-01-01 00:01: Is it open?\n\nBo, 2026-01-01 00:04: No.",
        ),
        "Gates, 2026-01-01": ("teams:19:x@thread.v2/2", "ada, 2026-01-01 00:02: a < b"),
    }
    (tmp_path / "messages.json").write_bytes(data)
    assert synced(corpus, "teams", tmp_path / "messages.json").outcomes == {"unchanged": 2}


@pytest.mark.parametrize("kind", ["discord", "teams"])
def test_what_is_no_export_is_an_incomplete_listing(kind: Kind, tmp_path: Path) -> None:
    definition = Definition(name="chat", kind=kind, address=str(tmp_path))

    def listed(outgoing: Outgoing) -> str:
        opened = open_source(definition, outgoing, tmp_path)
        with opened as source, pytest.raises(Incomplete) as raised:
            list(source.entries())
        return str(raised.value)

    assert "it has no" in listed(Outgoing())
    (tmp_path / "a.json").write_text('{"other": ')
    assert "cannot be read" in listed(Outgoing())
    (tmp_path / "a.json").write_text('{"other": "' + "x" * 200 + '"}')
    assert "larger than sources.max_bytes" in listed(replace(Outgoing(), max_bytes=100))
    assert "more than 0 files" in listed(replace(Outgoing(), max_entries=0))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain &amp; simple", "plain & simple"),
        ('see <a href="https://a.test">this</a>', "see this (https://a.test)"),
        ('<a href="https://a.test">https://a.test</a>', "https://a.test"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<p>a\nb</p><style>x</style><p> c </p>", "a b\nc"),
        ('<emoji alt="👍"></emoji><img alt="a plan">', "👍a plan"),
        ("<div>cut <b>off", "cut off"),
    ],
    ids=range(7),
)
def test_messages_are_shown_as_they_are_read(html: str, text: str) -> None:
    assert plain(html) == text
