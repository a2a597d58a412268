"""What is stored becomes what a source has: nothing is lost, and nothing stale is left."""

from email.message import EmailMessage

import pytest
from faults import text_of
from in_memory import Memory

from citespan.index import Corpus, Draft
from citespan.index.corpus import Audience, CorpusView
from citespan.index.errors import DocumentNotFound
from citespan.index.jobs.types import FileResult
from citespan.index.reading import FileReader
from citespan.index.types import ACCESS
from citespan.qa.sources import SyncPlan, SyncReport, SyncRules, sync
from citespan.qa.sources.rules import is_too_much

_PLAIN = SyncRules()


@pytest.fixture
def notes() -> Memory:
    made = Memory()
    for number in range(4):
        made.write(f"{number}.txt", text_of(number))
    return made


class Synced:
    """A sync and what its callbacks were given."""

    def __init__(self, corpus: Corpus, source: Memory, rules: SyncRules = _PLAIN) -> None:
        self.plans: list[SyncPlan] = []
        self.results: dict[str, FileResult] = {}
        self.report: SyncReport = sync(
            corpus, "notes", source, rules, files=FileReader(), on_plan=self.plans.append,
            on_result=self.results.__setitem__,
        )  # fmt: skip

    @property
    def outcomes(self) -> dict[str, int]:
        return {str(outcome): count for outcome, count in self.report.outcomes.items() if count}


def ids(corpus: Corpus) -> dict[str, str]:
    """The ids of the documents, by key."""
    return {
        one.key: one.document_id
        for one in corpus.tracking.of("notes")
        if one.document_id and not one.member
    }


def texts(corpus: Corpus) -> dict[str, str]:
    return {key: corpus.get(document_id).text for key, document_id in ids(corpus).items()}


def test_each_entry_is_a_document_and_a_second_sync_reads_nothing(
    corpus: Corpus, notes: Memory
) -> None:
    assert Synced(corpus, notes).outcomes == {"added": 4}
    assert texts(corpus) == {key: data.decode() for key, data in notes.files.items()}
    assert corpus.info(ids(corpus)["1.txt"]).metadata == {"source": "notes"}
    assert corpus.info(ids(corpus)["1.txt"]).uri == "memory:1.txt"
    notes.reads.clear()
    assert Synced(corpus, notes).outcomes == {"unchanged": 4}
    assert notes.reads == []
    notes.asks = True
    assert Synced(corpus, notes).outcomes == {"unchanged": 4}
    assert notes.reads == []


def test_a_change_is_a_new_revision_and_the_old_one_can_still_be_cited(
    corpus: Corpus, notes: Memory
) -> None:
    Synced(corpus, notes)
    before = ids(corpus)
    notes.write("1.txt", text_of(10))
    assert Synced(corpus, notes).outcomes == {"unchanged": 3, "replaced": 1}
    assert ids(corpus) == before
    assert corpus.get(before["1.txt"]).text == text_of(10)
    assert corpus.get(before["1.txt"], 1).text == text_of(1)


def test_what_is_gone_is_deleted_or_kept_as_the_rules_say(corpus: Corpus, notes: Memory) -> None:
    Synced(corpus, notes)
    gone, kept = ids(corpus)["0.txt"], ids(corpus)["1.txt"]
    notes.remove("0.txt")
    synced = Synced(corpus, notes)
    assert synced.results["0.txt"].outcome == "removed"
    with pytest.raises(DocumentNotFound):
        corpus.get(gone)
    assert corpus.health.leftovers() == []
    notes.remove("1.txt")
    assert Synced(corpus, notes, SyncRules(on_delete="keep")).results["1.txt"].outcome == "kept"
    assert corpus.get(kept).text == text_of(1)
    assert "1.txt" not in ids(corpus)
    notes.write("1.txt", text_of(1))
    Synced(corpus, notes)
    assert ids(corpus)["1.txt"] == kept


def test_a_rename_keeps_the_document_and_every_citation_of_it(
    corpus: Corpus, notes: Memory
) -> None:
    Synced(corpus, notes)
    before = ids(corpus)["2.txt"]
    notes.rename("2.txt", "sub/two.txt")
    synced = Synced(corpus, notes)
    assert [(entry.key, origin) for entry, origin in synced.plans[0].moved] == [
        ("sub/two.txt", "2.txt")
    ]
    assert synced.results["sub/two.txt"].outcome == "moved"
    assert ids(corpus)["sub/two.txt"] == before
    assert "2.txt" not in ids(corpus)
    assert corpus.info(before).uri == "memory:sub/two.txt"
    assert corpus.get(before, 1).text == text_of(2)
    notes.write("2.txt", text_of(20))
    Synced(corpus, notes)
    assert ids(corpus)["2.txt"] != before
    assert texts(corpus) == {key: data.decode() for key, data in notes.files.items()}


def test_a_rename_is_seen_by_the_bytes_if_the_version_changed_too(
    corpus: Corpus, notes: Memory
) -> None:
    Synced(corpus, notes)
    before = ids(corpus)["2.txt"]
    notes.remove("2.txt")
    notes.write("two.txt", text_of(2))
    synced = Synced(corpus, notes)
    assert synced.plans[0].moved == ()
    assert synced.results["two.txt"].outcome == "moved"
    assert ids(corpus)["two.txt"] == before


def test_nothing_is_deleted_after_an_incomplete_listing(corpus: Corpus, notes: Memory) -> None:
    Synced(corpus, notes)
    notes.remove("3.txt")
    notes.write("0.txt", text_of(30))
    notes.listed = 1
    synced = Synced(corpus, notes, SyncRules(force=True))
    assert synced.outcomes == {"replaced": 1}
    assert synced.report.problem == "the listing was cut"
    assert not synced.report.in_step
    assert set(ids(corpus)) == {"0.txt", "1.txt", "2.txt", "3.txt"}
    notes.listed = None
    assert Synced(corpus, notes).outcomes == {"unchanged": 3, "removed": 1}


def test_much_that_is_gone_is_deleted_only_with_force(corpus: Corpus, notes: Memory) -> None:
    Synced(corpus, notes)
    for key in ("0.txt", "1.txt"):
        notes.remove(key)
    notes.write("new.txt", text_of(9))
    synced = Synced(corpus, notes)
    assert synced.outcomes == {"unchanged": 2, "added": 1}
    assert synced.report.problem is not None
    assert synced.report.problem.startswith("2 of 4 entries are gone")
    assert len(ids(corpus)) == 5
    assert Synced(corpus, notes, SyncRules(force=True)).outcomes == {"unchanged": 3, "removed": 2}


@pytest.mark.parametrize(
    ("gone", "stored", "held"),
    [(0, 0, False), (1, 1, True), (1, 2, False), (2, 3, True), (3, 10, False), (4, 10, True)],
)
def test_one_entry_may_go_unless_it_was_the_last(gone: int, stored: int, held: bool) -> None:  # noqa: FBT001
    assert is_too_much(gone, stored) is held


def test_what_cannot_be_read_now_is_kept(corpus: Corpus, notes: Memory) -> None:
    Synced(corpus, notes)
    notes.write("1.txt", text_of(10))
    notes.failing = {"1.txt"}
    synced = Synced(corpus, notes)
    assert (synced.outcomes, synced.report.failed) == ({"unchanged": 3, "rejected": 1}, 1)
    assert synced.results["1.txt"].reason == "the line is dead"
    assert texts(corpus)["1.txt"] == text_of(1)
    notes.failing.clear()
    assert Synced(corpus, notes).outcomes == {"unchanged": 3, "replaced": 1}


def test_an_unreadable_file_keeps_what_was_stored_and_is_not_read_twice_if_nothing_was(
    corpus: Corpus, notes: Memory
) -> None:
    Synced(corpus, notes)
    notes.write("1.txt", b"\xff\x00broken")
    notes.write("new.txt", b"\xff\x00broken")
    synced = Synced(corpus, notes)
    assert synced.outcomes == {"unchanged": 3, "rejected": 2}
    assert (synced.results["1.txt"].reason or "").endswith("what was stored before is kept")
    assert texts(corpus)["1.txt"] == text_of(1)
    notes.reads.clear()
    Synced(corpus, notes)
    assert notes.reads == ["1.txt"]
    notes.remove("new.txt")
    Synced(corpus, notes)
    assert {one.key for one in corpus.tracking.of("notes")} == {f"{n}.txt" for n in range(4)}


def test_two_entries_of_equal_text_are_two_documents(corpus: Corpus, notes: Memory) -> None:
    notes.write("copy.txt", text_of(0))
    Synced(corpus, notes)
    assert len(set(ids(corpus).values())) == 5
    notes.remove("0.txt")
    Synced(corpus, notes)
    assert texts(corpus)["copy.txt"] == text_of(0)


def test_readers_of_an_entry_become_the_access_of_its_document(
    corpus: Corpus, notes: Memory
) -> None:
    notes.write("board.txt", text_of(7), "board")
    Synced(corpus, notes, SyncRules(readers=("staff",)))
    outsider = CorpusView(corpus, Audience(groups=frozenset({"staff"})))
    with pytest.raises(DocumentNotFound):
        outsider.get(ids(corpus)["board.txt"])
    assert outsider.get(ids(corpus)["0.txt"]).text == text_of(0)
    notes.readers["board.txt"] = ("board", "audit")
    assert Synced(corpus, notes, SyncRules(readers=("staff",))).outcomes == {
        "unchanged": 4,
        "replaced": 1,
    }
    assert corpus.info(ids(corpus)["board.txt"]).metadata[ACCESS] == ["board", "audit"]


def test_a_document_with_readers_is_not_taken_over_by_an_entry_without(
    corpus: Corpus, notes: Memory
) -> None:
    mine = corpus.put(Draft(text="Mine.", uri="memory:0.txt", metadata={ACCESS: ["me"]})).document
    other = corpus.put(Draft(text="Sent before.", uri="memory:1.txt")).document
    Synced(corpus, notes)
    assert corpus.get(mine.id).text == "Mine."
    assert ids(corpus)["1.txt"] == other.id
    assert texts(corpus) == {key: data.decode() for key, data in notes.files.items()}


def mail(*names: str) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "SyncReport", "a@example.org"
    message.set_content("The report is attached.")
    for name in names:
        message.add_attachment(f"The content of {name} is here.", filename=name)
    return message.as_bytes()


def test_files_inside_come_move_and_go_with_their_entry(corpus: Corpus, notes: Memory) -> None:
    notes.write("post/a.eml", mail("one.txt", "two.txt"))
    Synced(corpus, notes)
    rows = {one.member: one.document_id for one in corpus.tracking.of("notes", "post/a.eml")}
    assert len(rows) == 3
    assert corpus.counts()[0] == 7
    notes.rename("post/a.eml", "b.eml")
    Synced(corpus, notes)
    assert {one.member: one.document_id for one in corpus.tracking.of("notes", "b.eml")} == rows
    notes.write("b.eml", mail("one.txt"))
    Synced(corpus, notes)
    assert corpus.counts()[0] == 6
    notes.remove("b.eml")
    assert Synced(corpus, notes).outcomes == {"unchanged": 4, "removed": 1}
    assert corpus.counts()[0] == 4
    assert corpus.health.leftovers() == []


def test_a_source_of_the_newest_alone_loses_nothing(corpus: Corpus, notes: Memory) -> None:
    notes.whole = False
    Synced(corpus, notes)
    notes.remove("0.txt")
    assert Synced(corpus, notes).outcomes == {"unchanged": 3}
    assert len(ids(corpus)) == 4
