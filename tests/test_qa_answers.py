"""The service: each answer is made of characters that are there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from index import Corpus, Draft, OnnxEmbedder
from index.sentences import sentences
from qa import Answer, Mode, Reason, Service, Status
from qa.build import seed_draft, seeds_folder
from qa.errors import InvalidQuestion
from qa.evidence import BundledReranker
from qa.extract import Thresholds


def questions() -> list[dict[str, object]]:
    lines = (seeds_folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [msgspec.json.decode(line, type=dict[str, object]) for line in lines]


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
