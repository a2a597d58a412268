"""Who sees which documents: the rule, the same rule as a filter, and a corpus seen through it."""

from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from faults import open_corpus

from citespan.index import Corpus, Draft
from citespan.index.catalogue import History
from citespan.index.corpus import Audience, CorpusView
from citespan.index.errors import DocumentNotFound, DocumentRejected
from citespan.index.types import Outcome

WORDS = ("a", "b", "A", "c d", "", "1", "true")
SCALARS = (*WORDS, True, False, 0, 1, 2, 1.0, 0.5)
ACCESS: list[Any] = [None, [], *SCALARS, *([one] for one in SCALARS), ["a", "b"], [1, "b"]]
PARTS = {"open", "adopt", "builds", "health", "holds", "purge", "refresh"}  # which no view has


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with open_corpus(tmp_path_factory.mktemp("corpus")) as opened:
        yield opened


def test_the_filter_holds_for_exactly_what_the_rule_lets_see(corpus: Corpus) -> None:
    drafts = [
        Draft(id=f"{number}", text="For some.", metadata={"access": value})
        for number, value in enumerate(ACCESS)
    ]
    list(corpus.put_many([Draft(id="free", text="For all."), *drafts]))
    stored = corpus.documents().documents
    assert len(stored) == len(ACCESS) + 1
    for count in range(3):
        for groups in combinations(WORDS, count):
            audience = Audience(groups=frozenset(groups))
            seen = {one.id for one in stored if audience.sees(one.metadata)}
            view = CorpusView(corpus, audience)
            assert {one.id for one in view.documents().documents} == seen
            assert {one.chunk.document_id for one in view.search("for", k=50)} == seen
            assert view.counts() == (len(seen), len(seen))
            assert "free" in seen
    everything = CorpusView(corpus, Audience(everything=True))
    assert everything.counts() == corpus.counts()


def test_every_part_of_a_corpus_is_seen_through_the_rule_or_not_at_all() -> None:
    public = {name for name in vars(Corpus) if not name.startswith("_")} | {"builds", "places"}
    defined = {name for name in vars(CorpusView) if not name.startswith("_")} | {"places"}
    assert public - defined == PARTS
    assert defined - public == {"check"}


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Corpus]:
    with open_corpus(tmp_path) as opened:
        opened.put(Draft(id="free", text="The gate is green."))
        opened.put(Draft(id="shut", text="The vault is red.", metadata={"access": ["board"]}))
        yield opened


class TestView:
    def test_what_it_lacks_fails(self, held: Corpus) -> None:
        view = CorpusView(held, Audience())
        lacking: list[Callable[[], object]] = [
            lambda: view.builds, lambda: view.health, lambda: list(view.adopt([])),
            lambda: view.holds(History(id="shut", retired=0, revisions=())), view.purge,
        ]  # fmt: skip
        for use in lacking:
            with pytest.raises(AttributeError):
                use()

    def test_what_is_hidden_is_not_there(self, held: Corpus) -> None:
        view = CorpusView(held, Audience(groups=frozenset({"staff"})))
        for read in (view.get, view.info, view.revisions, view.delete):
            with pytest.raises(DocumentNotFound) as hidden:
                read("shut")
            with pytest.raises(DocumentNotFound) as absent:
                read("none")
            assert str(hidden.value) == str(absent.value).replace("none", "shut")
        with pytest.raises(DocumentNotFound):
            view.places.file("shut", 1)
        assert view.with_text(held.info("shut").sha256) is None
        assert held.info("shut").revision == 1

    def test_a_past_revision_is_seen_if_it_and_the_current_one_may_be(self, held: Corpus) -> None:
        held.put(Draft(id="shut", text="The vault is open to all."))
        view = CorpusView(held, Audience())
        assert view.get("shut").text == "The vault is open to all."
        assert [one.revision for one in view.revisions("shut")] == [2]
        for change in (lambda: view.get("shut", 1), lambda: view.purge_revision("shut", 1)):
            with pytest.raises(DocumentNotFound):
                change()
        held.put(Draft(id="free", text="The gate is shut.", metadata={"access": "board"}))
        with pytest.raises(DocumentNotFound):
            view.get("free", 1)
        assert CorpusView(held, Audience(groups=frozenset({"board"}))).get("free", 1).revision == 1

    def test_nobody_stores_what_he_could_not_read(self, held: Corpus) -> None:
        view = CorpusView(held, Audience(groups=frozenset({"staff"})))
        for draft, why in (
            (Draft(id="shut", text="Mine."), "is taken"),
            (Draft(text="New.", metadata={"access": ["board"]}), "your own groups"),
            (Draft(text="New.", metadata={"access": []}), "your own groups"),
        ):
            for store in (view.add, view.put):
                with pytest.raises(DocumentRejected, match=why):
                    store(draft)
            with pytest.raises(DocumentRejected, match=why):
                list(view.put_many([draft]))
        shared = Draft(id="new", text="New.", metadata={"access": ["board", "staff"]})
        assert view.put(shared).outcome is Outcome.ADDED

    @pytest.mark.parametrize("everything", [False, True])
    def test_no_replacement_loses_the_access_unsaid(self, held: Corpus, everything: bool) -> None:  # noqa: FBT001
        view = CorpusView(held, Audience(groups=frozenset({"board"}), everything=everything))
        with pytest.raises(DocumentRejected, match="has `access`"):
            view.put(Draft(id="shut", text="The vault is blue."))
        draft = Draft(id="shut", text="The vault is blue.", metadata={"access": "board"})
        assert view.put(draft).outcome is Outcome.REPLACED
