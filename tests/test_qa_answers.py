"""Citations, extraction and the service: each answer is made of characters that are there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import document, texts_with_spans

from index import Chunk, Corpus, Draft, OnnxEmbedder, Passage, Scores, Span
from index.errors import InvalidSpan
from index.sentences import sentences
from qa import Answer, Citation, Mode, Reason, Service, Status, Support
from qa.build import seed_draft, seeds_folder
from qa.errors import InvalidQuestion, UngroundedCitation
from qa.evidence import BundledReranker
from qa.extract import Sentence, Thresholds, choose, compose, context_logit, says_something


def questions() -> list[dict[str, object]]:
    lines = (seeds_folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [msgspec.json.decode(line, type=dict[str, object]) for line in lines]


class TestCitation:
    @given(texts_with_spans())
    def test_it_is_the_characters_and_verifies(self, case: tuple[str, Span]) -> None:
        text, span = case
        cited = document(text)
        citation = Citation.of(cited, span)
        citation.verify(cited)
        assert citation.quote == text[span.start : span.end]
        units = text.encode("utf-16-le")
        quoted = units[2 * citation.utf16.start : 2 * citation.utf16.end]
        assert quoted.decode("utf-16-le") == citation.quote
        assert citation.prefix == text[max(0, span.start - 80) : span.start]
        assert citation.suffix == text[span.end : span.end + 80]

    @given(texts_with_spans(), st.integers(-3, 3), st.integers(-3, 3))
    def test_a_shifted_one_is_refused(self, case: tuple[str, Span], left: int, right: int) -> None:
        text, span = case
        start, end = span.start + left, span.end + right
        cited = document(text)
        citation = Citation.of(cited, span)
        if (start, end) == (span.start, span.end) or not 0 <= start <= end:
            return
        with pytest.raises((UngroundedCitation, InvalidSpan)):
            replace(citation, span=Span(start, end)).verify(cited)

    @given(texts_with_spans(), st.integers(-2, 2), st.integers(-2, 2))
    def test_shifted_utf16_offsets_are_refused(
        self, case: tuple[str, Span], left: int, right: int
    ) -> None:
        text, span = case
        cited = document(text)
        citation = Citation.of(cited, span)
        start, end = citation.utf16.start + left, citation.utf16.end + right
        if (start, end) == (citation.utf16.start, citation.utf16.end) or not 0 <= start <= end:
            return
        with pytest.raises(UngroundedCitation):
            replace(citation, utf16=Span(start, end)).verify(cited)

    def test_utf16_offsets_of_another_place_with_the_same_words_are_refused(self) -> None:
        cited = document("𝔘 cat, a cat")
        citation = Citation.of(cited, Span(2, 5))
        assert citation.utf16 == Span(3, 6)
        with pytest.raises(UngroundedCitation):
            replace(citation, utf16=Span(10, 13)).verify(cited)

    @pytest.mark.parametrize("quote", ["dogs", "Cats", "cats ", ""])
    def test_a_forged_quote_is_refused(self, quote: str) -> None:
        cited = document("Many cats sleep.")
        with pytest.raises(UngroundedCitation):
            replace(Citation.of(cited, Span(5, 9)), quote=quote).verify(cited)

    def test_a_forged_document_is_refused(self) -> None:
        cited = document("Many cats sleep.")
        for other in (replace(cited, revision=2), replace(cited, id="other")):
            with pytest.raises(UngroundedCitation):
                replace(Citation.of(cited, Span(5, 9)), document=other).verify(cited)

    def test_it_does_not_verify_against_another_text(self) -> None:
        citation = Citation.of(document("Many cats sleep."), Span(5, 9))
        with pytest.raises(UngroundedCitation):
            citation.verify(document("Many dogs sleep."))
        with pytest.raises(UngroundedCitation):
            citation.verify(document("Many cats sleep.", revision=2))
        with pytest.raises(InvalidSpan):
            citation.verify(document("Many"))

    def test_what_is_no_span_of_the_text_is_not_cited(self) -> None:
        with pytest.raises(InvalidSpan):
            Citation.of(document("abc"), Span(2, 4))
        with pytest.raises(UngroundedCitation, match="empty"):
            Citation.of(document("abc"), Span(1, 1))


def passage(document_id: str, start: int, end: int, evidence: float | None = None) -> Passage:
    chunk = Chunk(id=1, document_id=document_id, revision=1, span=Span(start, end), tokens=1)
    return Passage(chunk=chunk, title="", text="", scores=Scores(evidence=evidence))


def sentence(document_id: str, start: int, score: float) -> Sentence:
    span = Span(start, start + 1)
    return Sentence(passage=passage(document_id, 0, 9), span=span, score=score)


class TestExtract:
    @pytest.mark.parametrize(
        ("best", "least"),
        [
            (5.0, 3.0),  # the whole margin
            (-5.0, -6.5),  # three tenths of the height of 5 above the unrelated
            (-10.0, -10.0),  # no better than the unrelated: nothing beside it
            (-12.0, -12.0),
        ],
    )
    def test_a_weak_best_has_a_narrow_margin(self, best: float, least: float) -> None:
        thresholds = Thresholds(margin=2.0, unrelated=-10.0)
        assert thresholds.cited_from(best) == pytest.approx(least)

    def test_the_floor_rises_with_the_corpus_between_its_ends(self) -> None:
        floors = [Thresholds().floor(10**power) for power in range(9)]
        assert floors == sorted(floors)
        assert Thresholds().floor(0) == floors[0] == floors[1]
        assert floors[3] > floors[2]
        assert floors[-1] == floors[-2]
        assert {Thresholds(min_score=-1.5).floor(chunks) for chunks in (0, 9, 10**6)} == {-1.5}

    def test_a_score_is_the_mean_of_the_sentence_and_its_context(self) -> None:
        judged = Sentence.judged(passage("a", 0, 9), Span(0, 1), -3.0, 4.0)
        assert judged.score == 0.5

    def test_the_context_is_what_a_sentence_lies_in_or_next_to(self) -> None:
        around = [
            passage("doc", 0, 9, 1.0),
            passage("doc", 11, 20, 5.0),
            passage("doc", 22, 30, 9.0),
            passage("other", 0, 9, 50.0),
            passage("doc", 0, 9),
        ]
        text = document("One cats.  Two dogs.  Six fish. ")
        assert context_logit(text, Span(4, 9), around) == 5.0  # only white space between
        assert context_logit(text, Span(0, 8), around) == 1.0  # a full stop between
        assert context_logit(text, Span(11, 20), around) == 9.0

    @given(st.lists(st.floats(-11, 11), min_size=1), st.floats(0, 10))
    def test_the_best_is_always_chosen_and_nothing_far_below(
        self, scores: list[float], margin: float
    ) -> None:
        given = [sentence("a", at, score) for at, score in enumerate(scores)]
        chosen = choose(given, Thresholds(margin=margin))
        assert max(scores) in [s.score for s in chosen]
        assert min(s.score for s in chosen) >= max(scores) - margin
        assert [s.span for s in chosen] == sorted(s.span for s in chosen)

    @pytest.mark.parametrize(
        "text",
        ["### Do you offer refunds?", "# Notes", "Do you?", 'He asked "why?"', "Yes.", "Bob"],
    )
    def test_what_says_nothing_is_no_evidence(self, text: str) -> None:
        assert not says_something(text)

    @pytest.mark.parametrize("text", ["- 3 eggs", "It is #1.", "Refunds take 14 days.", "他来了。"])
    def test_what_says_something_may_be(self, text: str) -> None:
        assert says_something(text)

    def test_the_best_document_comes_first_each_in_reading_order(self) -> None:
        given = [
            sentence("a", 9, 4.0), sentence("b", 7, 5.0), sentence("a", 2, 3.5),
            sentence("b", 1, 3.1), sentence("b", 3, 2.9), sentence("c", 0, 1.0),
        ]  # fmt: skip
        chosen = choose(given, Thresholds(margin=2.0))
        places = [(s.passage.chunk.document_id, s.span.start) for s in chosen]
        assert places == [("b", 1), ("b", 7), ("a", 2), ("a", 9)]

    def test_documents_of_equal_scores_come_by_id(self) -> None:
        chosen = choose([sentence("b", 0, 1.0), sentence("a", 5, 1.0)], Thresholds(margin=0.0))
        assert [s.passage.chunk.document_id for s in chosen] == ["a", "b"]
        assert choose([], Thresholds()) == []

    def test_quotes_are_joined_and_sliced(self) -> None:
        one, two = document("Cats 𝔘 sleep. Dogs run."), document("Fish swim.", id="two")
        citations = [
            Citation.of(one, Span(0, 13)),
            Citation.of(one, Span(14, 23)),
            Citation.of(two, Span(0, 10)),
        ]
        text, segments = compose(citations)
        assert text == "Cats 𝔘 sleep. Dogs run. Fish swim."
        assert [segment.span for segment in segments] == [Span(0, 13), Span(14, 23), Span(24, 34)]
        assert [segment.span.of(text) for segment in segments] == [c.quote for c in citations]
        assert [segment.citations for segment in segments] == [(c,) for c in citations]
        assert {segment.support for segment in segments} == {Support.QUOTED}

    def test_a_quote_that_comes_again_is_said_once_and_cited_twice(self) -> None:
        one, two = document("Cats sleep. Dogs run."), document("So: Cats\nsleep.", id="two")
        citations = [
            Citation.of(one, Span(0, 11)),
            Citation.of(one, Span(12, 21)),
            Citation.of(two, Span(4, 15)),
        ]
        text, segments = compose(citations)
        assert text == "Cats sleep. Dogs run."
        assert [segment.citations for segment in segments] == [
            (citations[0], citations[2]), (citations[1],),
        ]  # fmt: skip

    def test_nothing_makes_no_answer(self) -> None:
        assert compose([]) == ("", ())


def assert_grounded(answer: Answer, corpus: Corpus) -> None:
    """Everything that an answer promises, whatever the question was."""
    for citation in answer.citations:
        stored = corpus.get(citation.document.id, citation.document.revision)
        citation.verify(stored)
        assert stored.text[citation.span.start : citation.span.end] == citation.quote
        units = stored.text.encode("utf-16-le")[2 * citation.utf16.start : 2 * citation.utf16.end]
        assert units.decode("utf-16-le") == citation.quote
        assert citation.span in sentences(stored.text)
        assert citation.document.sha256 == stored.sha256
        assert citation.scores.evidence is not None
    cited = [citation for segment in answer.segments for citation in segment.citations]
    assert sorted(cited, key=id) == sorted(answer.citations, key=id)
    at = 0
    for segment in answer.segments:
        assert segment.citations
        assert answer.text[at : segment.span.start].strip() == ""
        assert segment.span.of(answer.text) == segment.citations[0].quote
        at = segment.span.end
    assert at == len(answer.text)
    assert set(answer.timings_ms) == {"embed", "retrieve", "evidence", "total"}
    assert answer.timings_ms["total"] >= answer.timings_ms["evidence"] >= 0
    assert answer.index_generation == corpus.generation
    assert answer.mode is Mode.EXTRACTIVE
    if answer.status is Status.ABSTAINED:
        assert answer.abstention is not None
        assert answer.abstention.message
        assert (answer.text, answer.segments, answer.citations) == ("", (), ())
    else:
        assert answer.abstention is None
        assert answer.citations


@pytest.fixture(scope="module")
def seeded(
    tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder, reranker: BundledReranker
) -> Iterator[Service]:
    corpus = Corpus.open(tmp_path_factory.mktemp("seeded"), embedder)
    corpus.put(seed_draft())
    with Service(corpus, reranker) as service:
        yield service


@pytest.fixture
def service(corpus: Corpus, reranker: BundledReranker) -> Service:
    return Service(corpus, reranker)


class Meddling:
    """The real reranker; something else happens when it is first asked."""

    def __init__(self, real: BundledReranker, meddle: Callable[[], object]) -> None:
        self._real = real
        self._meddle: Callable[[], object] | None = meddle

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        meddle, self._meddle = self._meddle, None
        if meddle:
            meddle()
        return self._real.score(question, texts)


class TestService:
    @pytest.mark.parametrize(
        ("question", "words"),
        [
            ("Which think tank does Song Junying work for?", "China Institute of International"),
            ("What is the new path in international relations based on?", "mutual respect"),
            ("How has the United States long regarded Latin America?", "'backyard,'"),
            ("Where was the pushback against U.S. pressure evident?", "9th CELAC summit"),
        ],
    )
    def test_an_answerable_question_is_cited(
        self, seeded: Service, question: str, words: str
    ) -> None:
        answer = seeded.ask(question)
        assert answer.status is Status.ANSWERED
        assert any(words in citation.quote for citation in answer.citations)
        assert words in answer.text

    def test_a_question_about_something_else_is_not_answered(self, seeded: Service) -> None:
        answer = seeded.ask("How often should a cactus be watered in winter?")
        assert answer.status is Status.ABSTAINED
        assert answer.abstention is not None
        assert answer.abstention.reason is Reason.NO_RELEVANT_PASSAGE
        assert_grounded(answer, seeded.corpus)

    @pytest.mark.parametrize("case", questions(), ids=lambda case: case["id"])
    def test_every_answer_is_grounded(self, seeded: Service, case: dict[str, object]) -> None:
        assert_grounded(seeded.ask(str(case["question"])), seeded.corpus)

    def test_the_same_question_has_the_same_answer(self, seeded: Service) -> None:
        first, second = (seeded.ask("What did Rubio claim?") for _ in range(2))
        assert replace(first, timings_ms={}) == replace(second, timings_ms={})

    def test_top_k_is_how_many_passages_are_judged(self, seeded: Service) -> None:
        answer = seeded.ask("What did Rubio claim?", top_k=2)
        assert len(answer.passages) == 2
        evidence = [passage.scores.evidence or 0.0 for passage in answer.passages]
        assert evidence == sorted(evidence, reverse=True)
        assert len(seeded.search("Rubio", top_k=3)) == 3

    def test_an_empty_index_says_so(self, service: Service) -> None:
        answer = service.ask("Who is Song Junying?")
        assert answer.abstention is not None
        assert answer.abstention.reason is Reason.EMPTY_INDEX
        assert_grounded(answer, service.corpus)

    @pytest.mark.parametrize("question", ["", " \n\u3000", "x" * 2001, "a\ud800b"])
    def test_unusable_questions_are_refused(self, service: Service, question: str) -> None:
        with pytest.raises(InvalidQuestion, match="question"):
            service.ask(question)
        with pytest.raises(InvalidQuestion, match="question"):
            service.search(question)

    def test_headings_alone_do_not_answer(self, service: Service) -> None:
        service.corpus.put(Draft(text="# How are refunds made?\n\n## Do you offer refunds?"))
        answer = service.ask("Do you offer refunds?")
        assert answer.abstention is not None
        assert answer.abstention.reason is Reason.NOT_IN_PASSAGES

    def test_the_longest_question_is_taken(self, service: Service) -> None:
        assert service.ask(" " + "x" * 2000 + "\n").status is Status.ABSTAINED

    @pytest.mark.parametrize("top_k", [0, -1, 101])
    def test_unusable_top_k_is_refused(self, service: Service, top_k: int) -> None:
        with pytest.raises(InvalidQuestion, match=f"top_k is {top_k}"):
            service.ask("Who?", top_k=top_k)
        with pytest.raises(InvalidQuestion, match=f"top_k is {top_k}"):
            service.search("Who?", top_k=top_k)

    def test_offsets_hold_beyond_the_basic_plane(self, service: Service) -> None:
        service.corpus.put(
            Draft(
                id="x", text="😀😀 e\u0301t𝔘. 👩\u200d👧 The Amazon is the largest river.\r\nمرحبا."
            )
        )
        answer = service.ask("Which river is the largest?")
        assert_grounded(answer, service.corpus)
        assert "The Amazon is the largest river." in answer.text

    def test_the_same_sentence_in_two_documents_is_said_once(self, service: Service) -> None:
        fact = "The Amazon is the largest river in the world."
        service.corpus.put(Draft(id="a", text=f"{fact} Cats sleep."))
        service.corpus.put(Draft(id="b", text=f"Dogs bark. {fact}"))
        answer = service.ask("Which river is the largest in the world?")
        assert_grounded(answer, service.corpus)
        assert answer.text.count(fact) == 1
        assert {citation.document.id for citation in answer.segments[0].citations} == {"a", "b"}

    def test_a_document_deleted_meanwhile_is_not_cited(
        self, corpus: Corpus, reranker: BundledReranker
    ) -> None:
        fact = "The Amazon is the largest river in the world."
        corpus.put(Draft(id="a", text=fact))
        corpus.put(Draft(id="b", text=f"{fact} It is in Brazil."))
        service = Service(corpus, Meddling(reranker, lambda: corpus.delete("a")))
        answer = service.ask("Which river is the largest in the world?")
        assert answer.status is Status.ANSWERED
        assert {citation.document.id for citation in answer.citations} == {"b"}

    def test_the_only_document_deleted_meanwhile_leaves_no_answer(
        self, corpus: Corpus, reranker: BundledReranker
    ) -> None:
        corpus.put(Draft(id="a", text="The Amazon is the largest river in the world."))
        service = Service(corpus, Meddling(reranker, lambda: corpus.delete("a")))
        answer = service.ask("Which river is the largest in the world?")
        assert answer.status is Status.ABSTAINED
        assert answer.citations == ()

    def test_a_document_replaced_meanwhile_is_cited_by_its_revision(
        self, corpus: Corpus, reranker: BundledReranker
    ) -> None:
        corpus.put(Draft(id="a", text="The Amazon is the largest river in the world."))
        new = Draft(id="a", text="Cats sleep.")
        service = Service(corpus, Meddling(reranker, lambda: corpus.put(new)))
        answer = service.ask("Which river is the largest in the world?")
        assert [citation.document.revision for citation in answer.citations] == [1]
        for citation in answer.citations:
            citation.verify(corpus.get("a", 1))
        assert service.ask("Which river is the largest in the world?").citations == ()

    def test_the_least_score_decides(self, seeded: Service, reranker: BundledReranker) -> None:
        def ask(thresholds: Thresholds) -> Answer:
            service = Service(seeded.corpus, reranker, thresholds=thresholds)
            return service.ask("Which think tank does Song Junying work for?")

        best = max(passage.scores.evidence or 0.0 for passage in ask(Thresholds()).passages)
        abstention = ask(Thresholds(min_score=best + 0.1)).abstention
        assert abstention is not None
        assert abstention.reason is Reason.NO_RELEVANT_PASSAGE
        answer = ask(Thresholds(min_score=-99.0, margin=0.0))
        assert len(answer.citations) == 1
        wide = Thresholds(min_score=-99.0, margin=99.0, unrelated=-999.0)
        assert len(ask(wide).citations) > 1
        assert_grounded(answer, seeded.corpus)

    def test_closing_lets_others_write(
        self, tmp_path: Path, embedder: OnnxEmbedder, reranker: BundledReranker
    ) -> None:
        with Service(Corpus.open(tmp_path / "x", embedder), reranker) as service:
            service.warm()
        Corpus.open(tmp_path / "x", embedder).close()
