"""Whatever happens at a source and to its syncs, the documents follow it as a dictionary would."""

import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from faults import NIGHTLY, SCRATCH, open_corpus, remove, text_of
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from in_memory import Memory

from citespan.index.errors import DocumentNotFound
from citespan.index.jobs.types import FileOutcome, FileResult
from citespan.index.reading import FileReader
from citespan.qa.sources import SyncReport, SyncRules, sync
from citespan.qa.sources.rules import is_too_much

_KEYS = st.sampled_from(["a.txt", "b.txt", "c/a.txt"])
_NUMBERS = st.integers(0, 4)
_SOME = st.sets(_KEYS, max_size=2)


class _Stopped(Exception):
    """The process is told to end."""


class Sequences(RuleBasedStateMachine):
    """A source, a corpus and what was once cited from it."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(dir=SCRATCH))
        self._corpus = open_corpus(self._folder)
        self._source = Memory()
        self._cited: dict[tuple[str, int], str] = {}
        self._gone: set[tuple[str, int]] = set()

    def teardown(self) -> None:
        self._corpus.close()
        remove(self._folder)

    @rule(key=_KEYS, number=_NUMBERS)
    def write(self, key: str, number: int) -> None:
        self._source.write(key, text_of(number, 2))

    @precondition(lambda self: bool(self._source.files))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self._source.remove(data.draw(st.sampled_from(sorted(self._source.files))))

    @precondition(lambda self: bool(self._source.files))
    @rule(data=st.data(), new=_KEYS)
    def rename(self, data: st.DataObject, new: str) -> None:
        old = data.draw(st.sampled_from(sorted(self._source.files)))
        if old != new:
            self._source.rename(old, new)

    @rule()
    def ask_by_reading(self) -> None:
        self._source.asks = not self._source.asks

    @rule(failing=_SOME)
    def sync_with_entries_that_cannot_be_read(self, failing: set[str]) -> None:
        before = self._stored()
        self._source.failing = failing
        report = self._sync()
        self._source.failing = set()
        for key in failing & before.keys() & self._source.files.keys():
            assert self._stored()[key] == before[key]
        if report.problem is None:
            assert self._stored().keys() <= self._source.files.keys() | failing

    @rule(listed=st.integers(0, 3))
    def sync_with_an_incomplete_listing(self, listed: int) -> None:
        before = self._stored()
        self._source.listed = listed
        report = self._sync(force=True)
        self._source.listed = None
        assert report.problem
        assert self._stored().keys() >= before.keys()

    @rule(after=st.integers(0, 2))
    def sync_that_is_stopped(self, after: int) -> None:
        left = [after]

        def stop(_: str, __: FileResult) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise _Stopped

        with suppress(_Stopped):
            sync(
                self._corpus, "notes", self._source, SyncRules(force=True), files=FileReader(),
                on_result=stop,
            )  # fmt: skip
        self._check_cited()

    @rule()
    def sync_without_force(self) -> None:
        gone = len(self._stored().keys() - self._source.files.keys())
        report = self._sync()
        if report.problem:
            assert gone
            assert self._texts().items() >= self._wanted().items()
        else:
            assert self._texts() == self._wanted()

    @rule()
    def sync_with_force(self) -> None:
        report = self._sync(force=True)
        assert report.in_step
        assert self._texts() == self._wanted()
        self._source.reads.clear()
        again = self._sync()
        assert set(+again.outcomes) <= {FileOutcome.UNCHANGED}
        assert self._source.reads == []
        assert self._corpus.counts()[0] == len(self._wanted())

    @rule(new=_KEYS)
    def rename_in_step(self, new: str) -> None:
        self._sync(force=True)
        ids = self._ids()
        old = next(iter(ids), None)
        if old is None or new in self._source.files:
            return
        self._source.rename(old, new)
        assert self._sync().in_step
        assert self._ids()[new] == ids[old]

    @precondition(lambda self: bool(self._cited))
    @rule()
    def reopen(self) -> None:
        self._corpus.close()
        self._corpus = open_corpus(self._folder)
        assert self._corpus.health.check() == []
        assert self._corpus.health.leftovers() == []

    def _sync(self, *, force: bool = False) -> SyncReport:
        stored = len(self._stored())
        gone = len(self._stored().keys() - self._source.files.keys())
        report = sync(
            self._corpus, "notes", self._source, SyncRules(force=force), files=FileReader()
        )
        if self._source.listed is None and not is_too_much(gone, stored):
            assert report.problem is None
        self._check_cited()
        return report

    def _check_cited(self) -> None:
        """Every citation ever made resolves to its text, or its document is gone as a whole."""
        present = set(self._ids().values())
        self._gone |= {one for one in self._cited if one[0] not in present}
        for one in self._gone:
            self._cited.pop(one, None)
            with pytest.raises(DocumentNotFound):  # for ever, even if the file comes back
                self._corpus.get(*one)
        for one, text in self._cited.items():
            assert self._corpus.get(*one).text == text
        for document_id in present:
            info = self._corpus.info(document_id)
            self._cited[document_id, info.revision] = self._corpus.get(document_id).text

    def _ids(self) -> dict[str, str]:
        rows = self._corpus.tracking.of("notes")
        return {one.key: one.document_id for one in rows if one.document_id}

    def _stored(self) -> dict[str, tuple[str, str]]:
        rows = self._corpus.tracking.of("notes")
        return {one.key: (one.sha256, one.version) for one in rows}

    def _texts(self) -> dict[str, str]:
        return {key: self._corpus.get(one).text for key, one in self._ids().items()}

    def _wanted(self) -> dict[str, str]:
        return {key: data.decode() for key, data in self._source.files.items()}


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=300 if NIGHTLY else 20, stateful_step_count=20)
