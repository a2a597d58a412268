"""Any sequence of operations leaves what a dictionary would hold, and finds what is in it."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from faults import NIGHTLY, SCRATCH, Words, open_corpus, remove
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from citespan.index import Draft, Filter, Passage, parse_filter
from citespan.index.errors import DocumentNotFound, DuplicateDocument
from citespan.index.types import Outcome, Side

_MOST = 1000
_NAMES = st.sampled_from(["a", "b", "c", "d"])
_KINDS = st.sampled_from(["note", "law"])
_WORDS = st.sampled_from(["cat", "dog", "moss", "lamp", "absent"])
_TEXTS = st.lists(
    st.sampled_from(["Red cat on a mat.", "Blue dog.", "Old moss and a lamp.", "A cat, a lamp."]),
    min_size=1,
    max_size=5,
).map(" ".join)


class Content(NamedTuple):
    """What a revision of a document holds."""

    text: str
    kind: str


class Sequences(RuleBasedStateMachine):
    """A corpus beside a dictionary; each rule checks what it can see of both."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(dir=SCRATCH))
        self._corpus = open_corpus(self._folder)
        self._current: dict[str, Content] = {}
        self._revisions: dict[str, dict[int, Content]] = {}
        self._last: dict[str, int] = {}

    def teardown(self) -> None:
        self._corpus.close()
        remove(self._folder)

    @rule(name=_NAMES, text=_TEXTS, kind=_KINDS)
    def put(self, name: str, text: str, kind: str) -> None:
        content, before = Content(text, kind), self._current.get(name)
        stored = self._corpus.put(Draft(id=name, text=text, metadata={"kind": kind}))
        changed = Outcome.REPLACED if before else Outcome.ADDED
        assert stored.outcome is (Outcome.UNCHANGED if content == before else changed)
        self._hold(name, content)
        assert stored.document.revision == self._last[name]

    @rule(name=_NAMES, text=_TEXTS, kind=_KINDS)
    def add(self, name: str, text: str, kind: str) -> None:
        content = Content(text, kind)
        draft = Draft(id=name, text=text, metadata={"kind": kind})
        if self._current.get(name, content) != content:
            with pytest.raises(DuplicateDocument):
                self._corpus.add(draft)
            return
        self._corpus.add(draft)
        self._hold(name, content)

    @rule(name=_NAMES)
    def delete(self, name: str) -> None:
        if name not in self._current:
            with pytest.raises(DocumentNotFound):
                self._corpus.delete(name)
            return
        self._corpus.delete(name)
        del self._current[name], self._revisions[name]

    @precondition(lambda self: bool(self._last))
    @rule()
    def reopen(self) -> None:
        self._corpus.close()
        self._corpus = open_corpus(self._folder)
        assert self._corpus.health.repaired() == []
        assert self._corpus.health.check() == []

    @rule(size=st.integers(1, 3))
    def list_in_pages(self, size: int) -> None:
        found: list[tuple[str, int, str]] = []
        cursor = None
        while True:
            page = self._corpus.documents(cursor=cursor, limit=size)
            found += [(d.id, d.revision, str(d.metadata["kind"])) for d in page.documents]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert found == [
            (name, self._last[name], content.kind)
            for name, content in sorted(self._current.items())
        ]

    @rule(name=_NAMES)
    def read_every_revision(self, name: str) -> None:
        held = self._revisions.get(name, {})
        for revision in range(1, self._last.get(name, 0) + 2):
            if revision in held:
                document = self._corpus.get(name, revision)
                assert Content(document.text, str(document.metadata["kind"])) == held[revision]
            else:
                with pytest.raises(DocumentNotFound):
                    self._corpus.get(name, revision)

    @rule(words=st.lists(_WORDS, min_size=1, max_size=2), kind=st.none() | _KINDS)
    def search(self, words: list[str], kind: str | None) -> None:
        query = " ".join(words)
        filters = None if kind is None else parse_filter({"kind": kind})
        texts = {n: c.text for n, c in self._current.items() if kind in {None, c.kind}}
        dense = self._found(query, Side.DENSE, filters)
        assert self._found(query, Side.DENSE, filters, k=2) == dense[:2]
        for name, text in texts.items():
            parts = [p for p in dense if p.chunk.document_id == name]
            parts.sort(key=lambda passage: passage.chunk.span)
            assert all(part.text == part.chunk.span.of(text) for part in parts)
            assert " ".join(part.text for part in parts) == text
        assert {passage.chunk.document_id for passage in dense} == set(texts)
        vector = Words().embed_query(query)
        scores = [float(Words().embed_query(passage.text) @ vector) for passage in dense]
        assert scores == pytest.approx([passage.scores.dense for passage in dense])
        assert scores == pytest.approx(sorted(scores, reverse=True))
        lexical = self._found(query, Side.LEXICAL, filters)
        assert self._found(query, Side.LEXICAL, filters, k=2) == lexical[:2]
        holding = [p.chunk for p in dense if any(word in p.text for word in words)]
        assert sorted(p.chunk.id for p in lexical) == sorted(chunk.id for chunk in holding)

    def _found(
        self, query: str, side: Side, filters: Filter | None, k: int = _MOST
    ) -> list[Passage]:
        return self._corpus.search(query, k=k, candidates=k, sides=[side], filters=filters)

    def _hold(self, name: str, content: Content) -> None:
        if self._current.get(name) != content:
            self._current[name] = content
            self._last[name] = self._last.get(name, 0) + 1
            self._revisions.setdefault(name, {})[self._last[name]] = content


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=200 if NIGHTLY else 60, stateful_step_count=12)
