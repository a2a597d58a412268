"""Judgements of answers, and questions without one: never lost, and without documents' words."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from faults import Words
from postgres_server import PostgresServer, postgres_server

from citespan.index import Corpus, Draft
from citespan.index.catalogue import CatalogueServer
from citespan.index.catalogue.postgres import ServerDatabase
from citespan.index.corpus import Audience
from citespan.index.errors import StoreCorrupt, StoreUnavailable
from citespan.index.shared import Listing, open_shared
from citespan.qa.collections.feedback.gold import gold_of
from citespan.qa.collections.feedback.grouping import gaps
from citespan.qa.collections.feedback.labels import (
    JudgedAnswer,
    LabelStore,
    MarkedSpan,
    State,
    Verdict,
)
from citespan.qa.collections.feedback.ledger import Ledger
from citespan.qa.collections.feedback.lines import FileLines
from citespan.qa.collections.feedback.place import (
    FeedbackInFolder,
    FeedbackOnServer,
    FeedbackPlace,
)
from citespan.qa.collections.feedback.unanswered import Missed, Unanswered
from citespan.qa.collections.rights import Rights
from citespan.qa.errors import InvalidLabel, InvalidQuestion, LabelNotFound, TooManyLabels
from citespan.qa.types import Abstention, Answer, Mode, Reason, Status

TEXT = "😀 The vault opens at seven. 日本語の文です。 The vault opens at seven."
WORDS = "The vault opens at seven."
ABSTAINED = JudgedAnswer(status="abstained", mode="extractive", confidence=0.1)
ANSWERED = JudgedAnswer(status="answered", mode="extractive", confidence=0.9)


class Row(msgspec.Struct, frozen=True):
    name: str


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Corpus]:
    with Corpus.open(tmp_path, Words(), chunk_tokens=60) as opened:
        opened.add(Draft(id="vault", text=TEXT))
        yield opened


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.fixture
def shared(postgres: PostgresServer) -> Iterator[ServerDatabase]:
    with closing(open_shared(CatalogueServer(url=postgres.database(), name="x"))) as opened:
        yield opened


def on_server(
    shared: ServerDatabase, folder: Path, collection: str = "default"
) -> FeedbackOnServer:
    """The place of a collection, which is listed if it is not."""
    listing = Listing(shared)
    listing.add(collection, {})
    return FeedbackOnServer(shared, listing.identity(collection) or "", folder)


@pytest.fixture(params=["folder", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> FeedbackPlace:
    if request.param == "folder":
        return FeedbackInFolder(tmp_path)
    return on_server(request.getfixturevalue("shared"), tmp_path)


@pytest.fixture
def labels(place: FeedbackPlace, quick: Corpus) -> LabelStore:
    return LabelStore(place, quick.get)


def held(place: FeedbackPlace, file: str) -> bytes:
    """What a place holds, as bytes."""
    return b"\n".join(line for _, line in place.lines(file).read())


def claim(words: str = WORDS, start: int | None = None, **more: Any) -> MarkedSpan:
    at = TEXT.index(words) if start is None else start
    made = MarkedSpan(document_id="vault", revision=1, start=at, end=at + len(words), quote=words)
    return msgspec.structs.replace(made, **more)


def named(*names: str) -> list[Row]:
    return [Row(name) for name in names]


def test_a_half_line_is_no_row_and_the_next_row_is_whole(tmp_path: Path):
    ledger = Ledger(FileLines(tmp_path / "rows"), Row)
    assert ledger.rows() == []
    for row in named("a", "b\n\r\u2028"):
        ledger.append(row)
    whole = (tmp_path / "rows").read_bytes()
    for cut in range(len(whole.splitlines(keepends=True)[0]), len(whole)):
        (tmp_path / "rows").write_bytes(whole[:cut])
        assert ledger.rows() == named("a")
        ledger.append(Row("c"))
        assert ledger.rows() == named("a", "c")
    assert (tmp_path / "rows").stat().st_mode & 0o077 == 0


def test_damage_is_told_by_its_line(tmp_path: Path):
    ledger = Ledger(FileLines(tmp_path / "rows"), Row)
    for row in named("a", "b", "c"):
        ledger.append(row)
    whole = (tmp_path / "rows").read_bytes()
    end = whole.index(b"\n")
    for at in range(end):
        (tmp_path / "rows").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(StoreCorrupt, match=r"line 1 of .*remove that line"):
            ledger.rows()
    (tmp_path / "rows").write_bytes(whole[end + 1 :])  # as the message says
    assert ledger.rows() == named("b", "c")
    with pytest.raises(StoreUnavailable):
        Ledger(FileLines(tmp_path / "nowhere" / "rows"), Row).append(Row("a"))


def test_no_row_is_lost_between_threads_that_append_and_rewrite(place: FeedbackPlace):
    ledger = Ledger(place.lines("rows", durable=False), Row)

    def append(thread: int) -> None:
        for n in range(40):
            Ledger(place.lines("rows", durable=False), Row).append(Row(f"{thread}-{n}"))

    threads = [threading.Thread(target=append, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for _ in range(20):
        ledger.rewrite(reversed)
    for one in threads:
        one.join()
    assert sorted(row.name for row in ledger.rows()) == sorted(
        f"{thread}-{n}" for thread in range(4) for n in range(40)
    )


_APPENDING = """
import sys, msgspec
from pathlib import Path
from citespan.qa.collections.feedback.ledger import Ledger
from citespan.qa.collections.feedback.lines import FileLines
class Row(msgspec.Struct, frozen=True): name: str
ledger = Ledger(FileLines(Path(sys.argv[1])), Row)
for n in range(100_000):
    ledger.append(Row(str(n)))
    print(n, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path):
    command = [sys.executable, "-c", _APPENDING, str(tmp_path / "rows")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        told = [child.stdout.readline() for _ in range(30)]
        child.kill()
        told += child.stdout.readlines()
    kept = [row.name for row in Ledger(FileLines(tmp_path / "rows"), Row).rows()]
    said = [line.strip() for line in told if line.endswith("\n")]
    assert kept[: len(said)] == said
    assert len(kept) <= len(said) + 1


def test_a_label_is_kept_if_the_store_says_what_it_points_to(
    labels: LabelStore, quick: Corpus, place: FeedbackPlace
):
    second = TEXT.rindex(WORDS)
    made = labels.add(" When does the vault open? ", Verdict.SHOULD_ANSWER, ABSTAINED,
                      spans=[claim(start=second), claim("日本語の文です。")])  # fmt: skip
    assert made.question == "When does the vault open?"
    assert [labels.quote(one) for one in made.spans] == [WORDS, "日本語の文です。"]
    assert [one.start for one in made.spans] == [second, TEXT.index("日本語")]
    assert labels.all() == [made] == [LabelStore(place, quick.get).get(made.id)]
    assert made.id.encode() in held(place, "labels.jsonl")
    assert b"vault opens" not in held(place, "labels.jsonl")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"quote": "The vault opens at eight."}, "is not what the document says there"),
        ({"start": 1, "end": 26}, "is not what the document says there"),
        ({"end": 10_000}, "is not inside the document"),
        ({"start": 9, "end": 3}, "is not inside the document"),
        ({"document_id": "other"}, "other"),
        ({"revision": 2}, "vault"),
        ({"start": 1, "end": 2, "quote": " "}, "is not what the document says there"),
    ],
)
def test_what_the_store_does_not_say_is_refused(
    labels: LabelStore, wrong: dict[str, Any], why: str
):
    for place in ("cited", "spans"):
        with pytest.raises(InvalidLabel, match=why) as error:
            labels.add("When?", Verdict.WRONG, ANSWERED, **{place: [claim(**wrong)]})
        assert error.value.place == f"{place}[0]"
    with pytest.raises(InvalidQuestion):
        labels.add(" ", Verdict.WRONG, ANSWERED)
    with pytest.raises(InvalidLabel, match="more than 50"):
        labels.add("When?", Verdict.WRONG, ANSWERED, cited=[claim()] * 51)
    assert labels.all() == []


def test_only_what_says_where_the_words_are_can_be_accepted(labels: LabelStore):
    wrong = labels.add("When does it open?", Verdict.WRONG, ANSWERED, cited=[claim()])
    with pytest.raises(InvalidLabel, match="show where the right words are"):
        labels.change(wrong.id, state=State.ACCEPTED)
    assert labels.get(wrong.id).state is State.CANDIDATE
    shown = labels.change(wrong.id, spans=[claim()], state=State.ACCEPTED)
    assert shown.gold == shown.spans
    right = labels.add("When?", Verdict.RIGHT, ANSWERED, cited=[claim()])
    assert labels.change(right.id, state=State.ACCEPTED).gold == right.cited
    with pytest.raises(InvalidLabel):
        labels.change(right.id, verdict=Verdict.WRONG)
    refuse = labels.add("Who?", Verdict.SHOULD_REFUSE, ANSWERED, cited=[claim()])
    assert labels.change(refuse.id, state=State.ACCEPTED).gold == ()
    labels.remove(wrong.id)
    for act in (labels.remove, labels.get, labels.change):
        with pytest.raises(LabelNotFound):
            act(wrong.id)
    assert [one.id for one in labels.all()] == [refuse.id, right.id]


def test_labels_have_a_limit(labels: LabelStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("citespan.qa.collections.feedback.labels.MOST", 1)
    labels.add("When?", Verdict.SHOULD_REFUSE, ANSWERED)
    with pytest.raises(TooManyLabels):
        labels.add("When?", Verdict.SHOULD_REFUSE, ANSWERED)


def test_people_who_do_not_see_everything_see_their_own_labels(labels: LabelStore, quick: Corpus):
    labels.add("Of nobody?", Verdict.SHOULD_REFUSE, ANSWERED)
    limited = {
        name: labels.seen_by(
            Rights(caller=name, audience=Audience(groups=frozenset({"a"})), collections=None),
            quick.get,
        )
        for name in ("one", "two", "")
    }
    mine = limited["one"].add("Of one?", Verdict.SHOULD_REFUSE, ANSWERED)
    assert (mine.reviewer, limited["one"].all()) == ("one", [mine])
    assert limited["two"].all() == limited[""].all() == []
    for act in (limited["two"].change, limited["two"].remove):
        with pytest.raises(LabelNotFound):
            act(mine.id)
    assert len(labels.all()) == 2


def test_what_was_deleted_is_in_no_label(
    labels: LabelStore, quick: Corpus, place: FeedbackPlace, tmp_path: Path
):
    quick.add(Draft(id="secret", text="The code word is heliotrope."))
    words = MarkedSpan(document_id="secret", revision=1, start=17, end=27, quote="heliotrope")
    made = labels.add("Which code word?", Verdict.RIGHT, ANSWERED, cited=[words], spans=[words])
    labels.change(made.id, state=State.ACCEPTED)
    assert labels.quote(made.spans[0]) == "heliotrope"
    quick.delete("secret")
    assert labels.quote(made.spans[0]) is None
    gold, left = gold_of(labels, quick.get)
    assert gold == ()
    assert "is no longer stored" in left[0].why
    assert b"heliotrope" not in held(place, "labels.jsonl")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if b"heliotrope" in path.read_bytes()] == []


def test_accepted_words_move_with_a_new_revision(labels: LabelStore, quick: Corpus):
    quick.add(Draft(id="door", text="The door opens at nine."))
    there = MarkedSpan(document_id="door", revision=1, start=4, end=8, quote="door")
    for question, words in (("When does the vault open?", claim()), ("Which door?", there)):
        made = labels.add(question, Verdict.SHOULD_ANSWER, ABSTAINED, spans=[words])
        labels.change(made.id, state=State.ACCEPTED)
    quick.put(Draft(id="door", text="Now the door opens at ten."))
    quick.put(Draft(id="vault", text="Hours: " + TEXT))  # twice in it, and neither at its place
    gold, left = gold_of(labels, quick.get)
    assert [(one.label.question, [(d.id, d.revision, s.of(d.text)) for d, s in one.spans])
            for one in gold] == [("Which door?", [("door", 2, "door")])]  # fmt: skip
    assert [one.why for one in left] == ["its words are no longer in 'vault', or more than once"]
    newer = labels.add("Which door?", Verdict.SHOULD_REFUSE, ANSWERED)
    labels.change(newer.id, state=State.ACCEPTED)
    gold, left = gold_of(labels, quick.get)
    assert [(one.label.id, one.spans) for one in gold] == [(newer.id, ())]
    assert "a newer label is of the same question" in [one.why for one in left]


def abstained(question: str, reason: Reason = Reason.NOT_IN_PASSAGES) -> Answer:
    return Answer(
        status=Status.ABSTAINED, text="", segments=(), citations=(), passages=(),
        abstention=Abstention(reason=reason, message="No."), mode=Mode.EXTRACTIVE,
        confidence=0.12345, question=question,
    )  # fmt: skip


def test_questions_without_an_answer_are_kept_without_who_asked(place: FeedbackPlace):
    unanswered = Unanswered(place, days=30)
    unanswered.note(abstained("Is it waterproof?"))
    for other in (
        replace(abstained("Hello"), mode=Mode.CHAT),
        replace(abstained("When?"), status=Status.ANSWERED, abstention=None),
        replace(abstained("Both?"), status=Status.PARTIAL),
        abstained("Empty?", Reason.EMPTY_INDEX),
        abstained("Filtered?", Reason.FILTERED_OUT),
    ):
        unanswered.note(other)
    (found,) = unanswered.all()
    assert (found.question, found.reason) == ("Is it waterproof?", "not_in_passages")
    assert set(msgspec.to_builtins(found)) == {"at", "question", "reason", "confidence"}
    assert unanswered.clear() == 1
    assert unanswered.all() == []
    assert held(place, "unanswered.jsonl") == b""


def test_old_questions_are_removed(place: FeedbackPlace, monkeypatch: pytest.MonkeyPatch):
    def at(days: int) -> str:
        return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%MZ")

    ledger = Ledger(place.lines("unanswered.jsonl"), Missed)
    for days in (40, 31, 29, 3, 2, 1):
        ledger.append(Missed(at=at(days), question=f"{days}?", reason="", confidence=0))
    monkeypatch.setattr("citespan.qa.collections.feedback.unanswered.MOST", 4)
    unanswered = Unanswered(place, days=30)
    assert [one.question for one in unanswered.all()] == ["29?", "3?", "2?", "1?"]
    unanswered.note(abstained("now?"))  # the first one of a process removes old ones
    assert [one.question for one in ledger.rows()] == ["3?", "2?", "1?", "now?"]


def test_a_log_that_cannot_be_written_stops_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    Unanswered(FeedbackInFolder(tmp_path / "nowhere"), days=1).note(abstained("When?"))
    assert "is not kept" in caplog.text
    assert "When?" not in caplog.text


def test_a_log_on_a_server_that_is_gone_stops_no_answer(
    shared: ServerDatabase, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    unanswered = Unanswered(on_server(shared, tmp_path), days=1)
    shared.close()
    unanswered.note(abstained("When?"))
    assert "is not kept" in caplog.text


class TestTakingOver:
    """Servers of a database take the rows of their folders over, each row once."""

    def test_rows_of_every_folder_are_kept_and_removed_ones_do_not_come_back(
        self, shared: ServerDatabase, tmp_path: Path
    ):
        folders = [tmp_path / name for name in ("one", "two")]
        for folder, names in zip(folders, (("a", "a", "b"), ("c",)), strict=True):
            folder.mkdir()
            before = Ledger(FileLines(folder / "rows"), Row)
            for row in named(*names):
                before.append(row)
        there = (folders[0] / "rows").read_bytes()
        first, ledger = (Ledger(on_server(shared, one).lines("rows"), Row) for one in folders)
        assert not any((folder / "rows").exists() for folder in folders)
        assert first.rows() == named("a", "a", "b", "c")
        ledger.rewrite(lambda rows: [None if row.name == "a" else row for row in rows])
        # A server that was killed between its commit and the removal of its file:
        (folders[0] / "rows").write_bytes(there)
        assert Ledger(on_server(shared, folders[0]).lines("rows"), Row).rows() == named("b", "c")
        assert not (folders[0] / "rows").exists()

    def test_lines_are_of_one_kind_and_collection_and_go_with_it(
        self, shared: ServerDatabase, tmp_path: Path
    ):
        rows = Ledger(on_server(shared, tmp_path, "hr").lines("rows"), Row)
        rows.append(Row("a"))
        others = on_server(shared, tmp_path, "hr").lines("others")
        assert others.read() == on_server(shared, tmp_path).lines("rows").read() == []
        Listing(shared).remove("hr")
        assert rows.rows() == []
        with pytest.raises(StoreUnavailable):
            rows.append(Row("b"))
        assert Ledger(on_server(shared, tmp_path, "hr").lines("rows"), Row).rows() == []

    def test_damage_is_told_by_its_number(self, shared: ServerDatabase, tmp_path: Path):
        rows = Ledger(on_server(shared, tmp_path).lines("rows"), Row)
        for row in named("a", "b"):
            rows.append(row)
        with shared.transaction() as db:
            db.execute("UPDATE lines SET line = ? WHERE number = 2", (b"12345678 {}",))
        with pytest.raises(StoreCorrupt, match=r"line 2 of the table .*remove that line"):
            rows.rows()


SAME = [
    ["How do I reset the station to factory settings?", "How can I reset it to factory settings",
     "reset to factory settings", "How do I factory reset the station?"],
    ["Is it waterproof?", "Is the station waterproof"],
    ["How do I delete my account?", "How can I delete my account permanently?"],
    ["How do I create my account?"],
    ["How many moons does Jupiter have?"],
    ["How many moons does Saturn have?"],
    ["Where is the office in Berlin?"],
    ["Where is the office in Munich?"],
    ["日本語の質問ですか"],
    ["Who are you?"],
]  # fmt: skip


def test_near_duplicates_are_one_group():
    missed = [
        Missed(at=f"2026-11-{10 + n:02}T08:00Z", question=question, reason="not_in_passages",
               confidence=0.1)
        for group in SAME
        for n, question in enumerate(group)
    ]  # fmt: skip
    found = gaps(missed)
    assert sorted(sorted(gap.wordings) for gap in found) == sorted(map(sorted, SAME))
    first = found[0]
    assert (first.count, first.first, first.last) == (4, "2026-11-10T08:00Z", "2026-11-13T08:00Z")
    assert first.reasons == {"not_in_passages": 4}
    assert list(first.by_day.values()) == [1, 1, 1, 1]
    assert gaps([]) == []
    assert gaps([*missed, missed[5]])[1].count == 3
