"""The service: each answer is made of characters that are there, or says why there is none."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from faults import NIGHTLY

from citespan.index import Corpus, Draft, OnnxEmbedder, parse_filter
from citespan.index.text.segmentation import sentences
from citespan.index.types import Context, Side
from citespan.qa import Answer, Mode, Service, Status
from citespan.qa.answer.events import Done, Retrieved
from citespan.qa.composition.seed import seed_draft, seeds_folder
from citespan.qa.errors import InvalidQuestion
from citespan.qa.evidence.decision import AnswerThreshold
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.evidence.protocol import Look, Titled
from citespan.qa.evidence.selection import Rules
from citespan.qa.types import Message, Reason

STEP = 1 if NIGHTLY else 3  # of the questions of the seed


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
        assert (answer.abstention is None) == (answer.status is Status.ANSWERED)
        assert answer.citations


@pytest.fixture(scope="module")
def seeded(
    tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder, reader: BundledReader
) -> Iterator[Service]:
    corpus = Corpus.open(tmp_path_factory.mktemp("seeded"), embedder)
    corpus.put(seed_draft())
    with Service(corpus, reader) as service:
        yield service


@pytest.fixture
def service(corpus: Corpus, reader: BundledReader) -> Service:
    return Service(corpus, reader)


class Meddling:
    """The real reader; something else happens when it is first asked."""

    def __init__(self, real: BundledReader, meddle: Callable[[], object]) -> None:
        self._real = real
        self._meddle: Callable[[], object] | None = meddle

    def look(self, question: str, passages: Sequence[Titled]) -> list[Look]:
        meddle, self._meddle = self._meddle, None
        if meddle:
            meddle()
        return self._real.look(question, passages)


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

    def test_a_follow_up_is_sought_in_its_context_and_read_in_both_wordings(
        self, seeded: Service, reader: BundledReader
    ) -> None:
        read: list[str] = []

        class Listening:
            def look(self, question: str, passages: Sequence[Titled]) -> list[Look]:
                read.append(question)
                return reader.look(question, passages)

        history = [
            Message(role="user", content="Where does Song Junying work?"),
            Message(role="assistant", content="The China Institute of International Studies."),
        ]
        service = Service(seeded.corpus, Listening(), top_k=3)  # not closed: it is not its corpus
        events = list(service.stream("And what did she say?", history=history))
        context = Context(query="what did she say? Song Junying", weight=1.0)
        retrieved, done = events[0], events[-1]
        assert isinstance(retrieved, Retrieved)
        assert list(retrieved.passages) == seeded.corpus.search(
            "what did she say?", k=3, context=context
        )
        assert isinstance(done, Done)
        assert done.answer.question == retrieved.question
        assert retrieved.question == "Song Junying: what did she say?"
        assert set(read) == {"what did she say?", "Song Junying: what did she say?"}

    def test_a_question_about_something_else_is_not_answered(self, seeded: Service) -> None:
        answer = seeded.ask("How often should a cactus be watered in winter?")
        assert answer.status is Status.ABSTAINED
        assert answer.abstention is not None
        assert answer.abstention.reason is Reason.NO_RELEVANT_PASSAGE
        assert_grounded(answer, seeded.corpus)

    @pytest.mark.parametrize("case", questions()[::STEP], ids=lambda case: case["id"])
    def test_every_answer_is_grounded(self, seeded: Service, case: dict[str, object]) -> None:
        assert_grounded(seeded.ask(str(case["question"])), seeded.corpus)

    def test_the_same_question_has_the_same_answer(self, seeded: Service) -> None:
        first, second = (seeded.ask("What did Rubio claim?") for _ in range(2))
        assert replace(first, timings_ms={}) == replace(second, timings_ms={})

    def test_top_k_is_how_many_passages_are_judged(self, seeded: Service) -> None:
        answer = seeded.ask("What did Rubio claim?", top_k=2)
        assert len(answer.passages) == 2
        evidence = [passage.scores.evidence for passage in answer.passages]
        assert evidence == sorted(evidence, key=lambda chance: -(chance or 0.0))
        assert all(passage.scores.relevance is not None for passage in answer.passages)
        assert len(seeded.search("Rubio", top_k=3)) == 3

    def test_an_empty_index_says_so(self, service: Service) -> None:
        answer = service.ask("Who is Song Junying?")
        assert answer.abstention is not None
        assert answer.abstention.reason is Reason.EMPTY_INDEX
        assert_grounded(answer, service.corpus)

    def test_a_filter_chooses_the_documents_that_answer(self, service: Service) -> None:
        for year in (2020, 2024):
            text = f"The bridge was opened in May {year}. It is 90 metres long."
            service.corpus.put(Draft(id=f"of-{year}", text=text, metadata={"year": year}))
        question = "When was the bridge opened?"
        for year in (2020, 2024):
            answer = service.ask(
                question, filters=parse_filter({"year": {"$gte": year, "$lt": year + 4}})
            )
            assert {citation.document.id for citation in answer.citations} == {f"of-{year}"}
            assert_grounded(answer, service.corpus)
            found = service.search("bridge", filters=parse_filter({"$id": f"of-{year}"}))
            assert [passage.chunk.document_id for passage in found] == [f"of-{year}"]
        none = service.ask(question, filters=parse_filter({"year": {"$lt": 2020}}))
        assert none.abstention is not None
        assert none.abstention.reason is Reason.FILTERED_OUT
        assert none.passages == ()

    def test_a_filter_holds_for_what_a_document_is_now(self, service: Service) -> None:
        filters = parse_filter({"state": "public"})
        for state, count in (("public", 1), ("secret", 0), ("public", 1)):
            service.corpus.put(Draft(id="one", text="A cat.", metadata={"state": state}))
            assert len(service.search("cat", filters=filters)) == count

    @pytest.mark.parametrize("side", list(Side))
    def test_tags_are_met_by_each_side(self, service: Service, side: Side) -> None:
        texts = {"steel": ["metal", "hard"], "copper": ["metal", "soft"], "wax": ["soft"]}
        for name, tags in texts.items():
            draft = Draft(id=name, text=f"A cat made of {name}.", metadata={"tags": tags})
            service.corpus.put(draft)
        for asked, names in (({"tags": "metal"}, ["copper", "steel"]), ({"tags": "wax"}, [])):
            found = service.corpus.search("cat", sides=[side], filters=parse_filter(asked))
            assert sorted(passage.chunk.document_id for passage in found) == names

    def test_true_is_not_one(self, service: Service) -> None:
        service.corpus.put(Draft(id="one", text="A cat.", metadata={"flag": True}))
        assert len(service.search("cat", filters=parse_filter({"flag": True}))) == 1
        assert service.search("cat", filters=parse_filter({"flag": 1})) == []

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
        (said,) = [segment for segment in answer.segments if segment.citations[0].quote == fact]
        assert {citation.document.id for citation in said.citations} == {"a", "b"}

    def test_a_document_deleted_meanwhile_is_not_cited(
        self, corpus: Corpus, reader: BundledReader
    ) -> None:
        fact = "The Amazon is the largest river in the world."
        corpus.put(Draft(id="a", text=fact))
        corpus.put(Draft(id="b", text=f"{fact} It is in Brazil."))
        service = Service(corpus, Meddling(reader, lambda: corpus.delete("a")))
        answer = service.ask("Which river is the largest in the world?")
        assert answer.status is Status.ANSWERED
        assert {citation.document.id for citation in answer.citations} == {"b"}

    def test_the_only_document_deleted_meanwhile_leaves_no_answer(
        self, corpus: Corpus, reader: BundledReader
    ) -> None:
        corpus.put(Draft(id="a", text="The Amazon is the largest river in the world."))
        service = Service(corpus, Meddling(reader, lambda: corpus.delete("a")))
        answer = service.ask("Which river is the largest in the world?")
        assert answer.status is Status.ABSTAINED
        assert answer.citations == ()

    def test_a_document_replaced_meanwhile_is_cited_by_its_revision(
        self, corpus: Corpus, reader: BundledReader
    ) -> None:
        corpus.put(Draft(id="a", text="The Amazon is the largest river in the world."))
        new = Draft(id="a", text="Cats sleep.")
        service = Service(corpus, Meddling(reader, lambda: corpus.put(new)))
        answer = service.ask("Which river is the largest in the world?")
        assert [citation.document.revision for citation in answer.citations] == [1]
        for citation in answer.citations:
            citation.verify(corpus.get("a", 1))
        assert service.ask("Which river is the largest in the world?").citations == ()

    def test_the_least_confidence_decides(self, seeded: Service, reader: BundledReader) -> None:
        def ask(least: float, rules: Rules | None = None) -> Answer:
            decision = AnswerThreshold(least=least)
            service = Service(seeded.corpus, reader, decision=decision, rules=rules)
            return service.ask("Which think tank does Song Junying work for?")

        sure = ask(0.0)
        best = max(passage.scores.evidence or 0.0 for passage in sure.passages)
        assert sure.confidence == pytest.approx(best)
        assert ask(sure.confidence).status is Status.ANSWERED
        refused = ask(sure.confidence + 1e-6)
        assert refused.abstention is not None
        assert refused.confidence == sure.confidence
        assert len(ask(0.0, Rules(evidence=1.0, keep=1.0)).citations) == 1
        wide = ask(0.0, Rules(evidence=0.0, keep=0.0))
        assert len(wide.citations) > len(sure.citations)
        assert_grounded(wide, seeded.corpus)

    def test_depth_is_how_many_passages_are_read(
        self, service: Service, reader: BundledReader
    ) -> None:
        for number in range(6):
            service.corpus.put(
                Draft(id=f"{number}", text=f"Lamp {number} was sold in 19{number}0.")
            )
        for depth in (1, 3):
            reading = Service(service.corpus, reader, rules=Rules(depth=depth))
            passages = reading.ask("When was the lamp sold?").passages
            read = [passage for passage in passages if passage.scores.evidence is not None]
            assert len(read) == depth
            assert len(passages) == 6

    def test_the_short_answer_is_marked_inside_its_sentence(self, service: Service) -> None:
        text = "The bridge is old. It was opened in 1932 by the king. Trains cross it."
        service.corpus.put(Draft(id="a", text=text))
        answer = service.ask("When was the bridge opened?")
        marked = [span.of(text) for c in answer.citations for span in c.highlights]
        assert [words for words in marked if "1932" in words] == marked[:1]
        assert_grounded(answer, service.corpus)

    def test_a_part_without_evidence_makes_an_answer_partial(self, service: Service) -> None:
        service.corpus.put(
            Draft(id="a", text="The old bridge was opened in 1932. Trains cross it.")
        )
        answer = service.ask(
            "When was the old bridge opened and what is the recipe for onion soup?"
        )
        assert answer.status is Status.PARTIAL
        assert "1932" in answer.text
        assert answer.abstention is not None
        assert answer.abstention.reason is Reason.NOT_IN_PASSAGES
        assert "“what is the recipe for onion soup?”" in answer.abstention.message
        assert "bridge" not in answer.abstention.message
        assert_grounded(answer, service.corpus)

    def test_both_parts_are_answered_in_their_order(self, service: Service) -> None:
        service.corpus.put(
            Draft(id="a", text="The bridge is 900 metres long. It was opened in 1932.")
        )
        answer = service.ask("When was the bridge opened? How long is the bridge?")
        assert answer.status is Status.ANSWERED
        assert {"1932", "900"} <= set(answer.text.replace(".", " ").split())
        assert_grounded(answer, service.corpus)

    def test_documents_that_disagree_are_both_quoted(self, service: Service) -> None:
        service.corpus.put(Draft(id="a", text="The Lund bridge was opened in 1932."))
        service.corpus.put(Draft(id="b", text="The Lund bridge was opened in 1947."))
        answer = service.ask("When was the Lund bridge opened?")
        assert answer.status is Status.PARTIAL
        assert answer.abstention is not None
        assert answer.abstention.reason is Reason.CONFLICTING_SOURCES
        assert {citation.document.id for citation in answer.citations} == {"a", "b"}
        assert_grounded(answer, service.corpus)

    def test_closing_lets_others_write(
        self, tmp_path: Path, embedder: OnnxEmbedder, reader: BundledReader
    ) -> None:
        with Service(Corpus.open(tmp_path / "x", embedder), reader) as service:
            service.warm()
        Corpus.open(tmp_path / "x", embedder).close()
