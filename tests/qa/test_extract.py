"""From readings to an answer: what is evidence, what is cited, and whether it is enough."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import document, texts_with_spans

from citespan.index import Document, Passage, Span
from citespan.index.errors import InvalidSpan
from citespan.index.text.markdown import Kind, Unit
from citespan.index.text.view import View
from citespan.index.types import Chunk, Scores
from citespan.qa import Citation, Segment
from citespan.qa.answer.conflicts import conflicting
from citespan.qa.answer.events import Composer
from citespan.qa.answer.extractive import gap_before
from citespan.qa.english.question_parts import parts
from citespan.qa.errors import ConfigError, UngroundedCitation
from citespan.qa.evidence.decision import AnswerThreshold
from citespan.qa.evidence.pieces import Piece
from citespan.qa.evidence.protocol import Mark, Reading
from citespan.qa.evidence.selection import (
    ReadPassage,
    Rules,
    Sentence,
    by_quote,
    choose,
    judged,
    once,
    says_something,
)
from citespan.qa.types import Support


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

    def test_highlights_are_inside_and_kept(self) -> None:
        cited = document("Many cats sleep.")
        inside = (Span(5, 9), Span(9, 10), Span(6, 7))
        citation = Citation.of(cited, Span(5, 10), highlights=inside)
        assert citation.highlights == inside
        citation.verify(cited)
        assert Citation.of(cited, Span(5, 9)).highlights == ()

    @pytest.mark.parametrize(
        "outside", [Span(4, 6), Span(8, 11), Span(0, 3), Span(12, 14), Span(6, 6), Span(10, 10)]
    )
    def test_highlights_outside_or_of_nothing_are_refused(self, outside: Span) -> None:
        cited = document("Many cats sleep.")
        with pytest.raises(UngroundedCitation, match=r"highlight .* \[5, 10\)"):
            Citation.of(cited, Span(5, 10), highlights=(Span(5, 9), outside))
        forged = replace(Citation.of(cited, Span(5, 10)), highlights=(outside,))
        with pytest.raises(UngroundedCitation, match="highlight in 'doc' is outside its quote"):
            forged.verify(cited)


def passage(document_id: str, start: int, end: int, evidence: float | None = None) -> Passage:
    chunk = Chunk(id=1, document_id=document_id, revision=1, span=Span(start, end), tokens=1)
    return Passage(chunk=chunk, title="", text="", scores=Scores(evidence=evidence))


def read(*marks: Mark, answer: Span | None = None, probability: float = 0.5) -> ReadPassage:
    """A passage at [100, 200) of its document, and these marks in it."""
    found = passage("a", 100, 200)
    text = "x" * 200
    piece = Piece(passage=found, path=(), span=Span(100, 200), view=View.same(text, Span(100, 200)))
    reading = Reading(relevance=0.0, probability=probability, marks=marks, answer=answer)
    return ReadPassage(piece=piece, passage=found, reading=piece.placed(reading))


def units(*spans: Span) -> list[Unit]:
    """Sentences at these spans, one paragraph."""
    text = "x" * 200
    return [
        Unit(kind=Kind.SENTENCE, span=span, view=View.same(text, span), group=0) for span in spans
    ]


MARKS = (Mark(Span(0, 4), 0.9), Mark(Span(4, 8), 0.1), Mark(Span(9, 12), 0.5))


class TestJudged:
    def test_evidence_is_the_mean_of_a_sentences_characters(self) -> None:
        spans = [Span(100, 106), Span(106, 112), Span(150, 160)]
        found = judged(read(*MARKS), units(*spans))
        assert [one.span for one in found] == spans
        # four of .9 and two of .1; two of .1, one that has no mark, three of .5; no marks
        expected = [(4 * 0.9 + 2 * 0.1) / 6, (2 * 0.1 + 3 * 0.5) / 5, 0.0]
        assert [one.evidence for one in found] == pytest.approx(expected)
        assert {one.passage.chunk.document_id for one in found} == {"a"}
        assert {one.answer for one in found} == {None}

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (Span(1, 3), [Span(101, 103), None]),
            (Span(0, 6), [Span(100, 106), None]),
            (Span(4, 9), [Span(104, 106), None]),  # beyond the sentence that it begins in
            (Span(6, 7), [None, None]),  # between them
            (Span(7, 12), [None, Span(107, 112)]),
            (Span(11, 40), [None, Span(111, 112)]),
            (Span(12, 13), [None, None]),
        ],
    )
    def test_an_answer_is_in_the_sentence_it_begins_in(
        self, answer: Span, expected: list[Span | None]
    ) -> None:
        found = judged(read(*MARKS, answer=answer), units(Span(100, 106), Span(107, 112)))
        assert [one.answer for one in found] == expected

    def test_no_sentences_are_none(self) -> None:
        assert judged(read(*MARKS), []) == []


def sentence(
    document_id: str,
    start: int,
    evidence: float,
    *,
    of_passage: float | None = 0.5,
    answer: bool = False,
) -> Sentence:
    span = Span(start, start + 1)
    return Sentence(
        passage=passage(document_id, 0, 99, of_passage),
        span=span,
        evidence=evidence,
        answer=span if answer else None,
    )


def places(chosen: list[Sentence]) -> list[tuple[str, int]]:
    return [(one.passage.chunk.document_id, one.span.start) for one in chosen]


class TestChoose:
    def test_what_is_likely_or_holds_the_answer_is_cited(self) -> None:
        given = [
            sentence("a", 8, 0.7), sentence("a", 2, 0.6), sentence("a", 0, 0.59),
            sentence("a", 4, 0.1, answer=True), sentence("a", 6, 0.0),
        ]  # fmt: skip
        assert places(choose(given, Rules(evidence=0.6))) == [("a", 2), ("a", 4), ("a", 8)]

    @given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=8), st.floats(0, 1))
    def test_it_is_those_or_else_the_likeliest(
        self, rows: list[tuple[float, bool]], least: float
    ) -> None:
        given = [sentence("a", at, chance, answer=has) for at, (chance, has) in enumerate(rows)]
        expected = [at for at, (chance, has) in enumerate(rows) if has or chance >= least]
        if rows and not expected:
            expected = [max(range(len(rows)), key=lambda at: (rows[at][0], -at))]
        assert choose(given, Rules(evidence=least)) == [given[at] for at in expected]

    def test_documents_keep_their_order_each_in_reading_order(self) -> None:
        given = [
            sentence("d", 0, 0.1), sentence("b", 7, 0.8), sentence("a", 9, 0.9),
            sentence("b", 1, 0.8), sentence("a", 2, 0.8), sentence("c", 3, 0.9),
        ]  # fmt: skip
        chosen = choose(given, Rules(evidence=0.5))
        assert places(chosen) == [("b", 1), ("b", 7), ("a", 2), ("a", 9), ("c", 3)]

    def test_a_sentence_of_two_passages_is_that_of_the_first(self) -> None:
        first = sentence("a", 3, 0.8, of_passage=0.9)
        assert choose([first, sentence("a", 3, 0.9, of_passage=0.2)], Rules()) == [first]

    def test_of_equally_likely_ones_it_is_the_first(self) -> None:
        given = [sentence("a", 7, 0.4), sentence("a", 3, 0.4), sentence("a", 5, 0.3)]
        assert places(choose(given, Rules(evidence=0.5))) == [("a", 3)]

    def test_of_nothing_nothing_is_chosen(self) -> None:
        assert choose([], Rules()) == []


def test_each_is_there_once_where_it_first_was() -> None:
    a, b = sentence("a", 3, 0.8), sentence("b", 3, 0.9)
    assert once([a, b, sentence("a", 3, 0.7)]) == [a, b]
    told = sentence("a", 3, 0.7, answer=True)
    assert once([a, b, told, a]) == [told, b]


@pytest.mark.parametrize(
    "text",
    [
        "### Do you offer refunds?", "# Notes", "Do you?", 'He asked "why?"', "他来了吗？", "Yes.",
        "Bob", "**Bob**", "…", "- - -", "", " ", "???",
    ],
)  # fmt: skip
def test_what_says_nothing_is_no_evidence(text: str) -> None:
    assert not says_something(text)


@pytest.mark.parametrize(
    "text",
    ["- 3 eggs", "It is #1.", "#1 is it.", "Refunds take 14 days.", "他来了。", "Why? Because."],
)
def test_what_says_something_may_be(text: str) -> None:
    assert says_something(text)


def composed(citations: Sequence[Citation]) -> tuple[str, tuple[Segment, ...]]:
    composer = Composer()
    for same in by_quote(citations):
        list(composer.say(same[0].quote, same, Support.QUOTED))
    return composer.text, tuple(composer.segments)


class TestCompose:
    def test_quotes_are_joined_and_sliced(self) -> None:
        one, two = document("Cats 𝔘 sleep. Dogs run."), document("Fish swim.", id="two")
        citations = [
            Citation.of(one, Span(0, 13)),
            Citation.of(one, Span(14, 23)),
            Citation.of(two, Span(0, 10)),
        ]
        text, segments = composed(citations)
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
        text, segments = composed(citations)
        assert text == "Cats sleep. Dogs run."
        assert [segment.citations for segment in segments] == [
            (citations[0], citations[2]), (citations[1],),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("between", "gap"),
        [
            (" ", ""),
            ("**\n", ""),
            ("\n- ", "\n"),
            ("\n2. ", "\n"),
            ("\n\n  * [x] **", "\n"),
            ("\n(iv) ", "\n"),
            ("\n10.1. ", "\n"),
            ("\n\n", "\n\n"),
            ("\n   \n", "\n\n"),
            (" Left out. ", "\n\n"),
            ("\n- left out\n- ", "\n\n"),
            (" " * 100, "\n\n"),
        ],
    )
    def test_what_does_not_follow_is_a_paragraph_of_its_own(self, between: str, gap: str) -> None:
        told = document(f"One.{between}Two.")
        end = len(told.text)
        one, two = Citation.of(told, Span(0, 4)), Citation.of(told, Span(end - 4, end))
        assert gap_before(two, one, told.text) == gap
        assert gap_before(one, two, told.text) == "\n\n"
        elsewhere = Citation.of(replace(told, id="other"), one.span)
        assert gap_before(two, elsewhere, told.text) == "\n\n"

    def test_a_gap_is_before_the_sentence(self) -> None:
        told = document("One. Two.")
        composer = Composer()
        for span in (Span(0, 4), Span(5, 9)):
            cited = Citation.of(told, span)
            list(composer.say(cited.quote, [cited], Support.QUOTED, "\n\n"))
        assert composer.text == "One.\n\nTwo."
        assert composer.segments[1].span.of(composer.text) == "Two."

    def test_another_case_is_another_quote(self) -> None:
        one, two = document("It yields 5 MW."), document("It yields 5 mW.", id="two")
        text, segments = composed([Citation.of(one, Span(0, 15)), Citation.of(two, Span(0, 15))])
        assert text == "It yields 5 MW. It yields 5 mW."
        assert len(segments) == 2

    def test_nothing_makes_no_answer(self) -> None:
        assert composed([]) == ("", ())


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who is Ann?", ["Who is Ann?"]),
        ("who is Ann", ["who is Ann"]),
        ("Who is Ann? Where is Bob?", ["Who is Ann?", "Where is Bob?"]),
        ("Who is Ann?\n\nWhere is Bob", ["Who is Ann?", "Where is Bob?"]),
        ("Who is Ann and where is Bob?", ["Who is Ann?", "where is Bob?"]),
        ("Who is Ann, and  HOW old is she?", ["Who is Ann?", "HOW old is she?"]),
        ("Who is Ann but what does she do", ["Who is Ann?", "what does she do?"]),
        (
            "Who is Ann and where is Bob? Why is it so?",
            ["Who is Ann?", "where is Bob?", "Why is it so?"],
        ),
        ("Who are Ann and Bob?", ["Who are Ann and Bob?"]),
        ("Who is Ann and whatever is she?", ["Who is Ann and whatever is she?"]),
        ("What sand which way is it?", ["What sand which way is it?"]),
        ("What is it and why?", ["What is it and why?"]),  # "and why?" alone asks nothing
        ("What is it and why so?", ["What is it and why so?"]),
        ("Really? Who is Ann?", ["Really? Who is Ann?"]),
        ("What is 3?5 of it?", ["What is 3?5 of it?"]),
        ("谁 是 他？ 她 是 谁？", ["谁 是 他？", "她 是 谁？"]),
        ("", [""]),
        ("Who is Ann, I ask? Who is Ann, I ask?", ["Who is Ann, I ask? Who is Ann, I ask?"]),
        *(
            (whole, [whole])
            for whole in (
                "What is the capital of France? I think it is Paris.",
                "Who was the king who lost the battle and who was later executed?",
                "What is the firm which was founded in 1976 and which makes phones?",
                "What is the relation between how bees dance and where flowers grow?",
                "Tell me about Ann and where she was born",
                " ".join(f"Who is number {number}?" for number in range(5)),
            )
        ),
    ],
)
def test_questions_are_taken_apart(question: str, expected: list[str]) -> None:
    assert parts(question) == expected


def told_in(document_id: str, text: str, answer: str | None) -> tuple[Sentence, Document]:
    """All of a document as one sentence, and the answer in it."""
    start = text.index(answer) if answer else 0
    found = Sentence(
        passage=passage(document_id, 0, len(text)),
        span=Span(0, len(text)),
        evidence=0.9,
        answer=Span(start, start + len(answer)) if answer else None,
    )
    return found, document(text, id=document_id)


def contradiction(*told: tuple[str, str, str | None]) -> tuple[int, int] | None:
    """Which of these sentences contradict each other, by their places."""
    both = [told_in(*one) for one in told]
    found = [one for one, _ in both]
    pair = conflicting(found, {one.id: one for _, one in both})
    return pair and (found.index(pair[0]), found.index(pair[1]))


DAM = ("a", "The dam is 120 m high.", "120 m")


class TestConflicting:
    def test_other_numbers_of_another_document_conflict(self) -> None:
        assert contradiction(DAM, ("b", "The dam is 90 m high.", "90 m")) == (0, 1)
        assert contradiction(("b", "A dam's height: 9.", "9"), DAM) is None

    @pytest.mark.parametrize(
        "other",
        [
            ("b", "The dam is 120 metres high.", "120 metres"),  # the same number
            ("b", "The tunnel opened in 1990 for all cars.", "1990"),  # of something else
            ("b", "The dam is quite high.", "quite"),  # no number
            ("b", "The dam is 90 m high.", None),  # no answer
            ("b", "The dam is 120.0 m high.", "120.0 m"),  # the same, written otherwise
            ("b", "The dam is 0.00012 million m high.", "0.00012 million m"),
            ("b", "The dam is 1990s m high.", "1990s m"),  # a decade
        ],
    )
    def test_what_is_no_conflict(self, other: tuple[str, str, str | None]) -> None:
        assert contradiction(DAM, other) is None

    def test_a_document_does_not_contradict_itself(self) -> None:
        text = "The dam is 120 m high. The dam is 90 m high."
        first, _ = told_in("a", text, "120 m")
        second, whole = told_in("a", text, "90 m")
        found = [replace(first, span=Span(0, 22)), replace(second, span=Span(23, 44))]
        assert conflicting(found, {"a": whole}) is None
        other = [found[0], replace(found[1], passage=passage("b", 0, 44))]
        assert conflicting(other, {"a": whole, "b": whole}) == tuple(other)

    def test_fractions_are_numbers(self) -> None:
        pair = [("a", "It has 1.5 million.", "1.5 million"), ("b", "It has 1.8 million.", "1.8")]
        assert contradiction(*pair) == (0, 1)
        pair = [("a", "It has 1,200 rooms.", "1,200"), ("b", "It has 1200 rooms.", "1200")]
        assert contradiction(*pair) is None
        pair = [("a", "It has 5 million.", "5 million"), ("b", "It has 5,000,000.", "5,000,000")]
        assert contradiction(*pair) is None
        pair = [("a", "It is 50 m² wide.", "50 m²"), ("b", "It is 70 m² wide.", "70 m²")]
        assert contradiction(*pair) == (0, 1)

    def test_three_of_five_words_must_be_the_same(self) -> None:
        assert contradiction(("a", "1 k l m a", "1"), ("b", "2 K L M b", "2")) == (0, 1)
        assert contradiction(("a", "1 k l m a", "1"), ("b", "2 k l m b c", "2")) is None

    def test_the_first_two_are_told(self) -> None:
        same, other = ("b", DAM[1], "120 m"), ("c", "The dam is 7 m high.", "7 m")
        assert contradiction(DAM, same, other, ("d", "The dam is 8 m high.", "8 m")) == (0, 2)
        assert contradiction() is None


class TestDecision:
    @pytest.mark.parametrize("probability", [0.001, 0.3, 0.5, 0.97])
    def test_by_itself_the_confidence_is_the_probability(self, probability: float) -> None:
        assert AnswerThreshold().confidence(probability) == pytest.approx(probability)

    def test_a_confidence_by_hand(self) -> None:
        # odds of .8 are 4; 4 ** 2 * e
        odds = 16 * 2.718281828
        assert AnswerThreshold(scale=2, bias=1).confidence(0.8) == pytest.approx(odds / (1 + odds))

    def test_the_ends_are_bounded(self) -> None:
        assert AnswerThreshold().confidence(0.0) == pytest.approx(1e-6)
        assert AnswerThreshold().confidence(1.0) == pytest.approx(1 - 1e-6)
        assert AnswerThreshold(scale=1e9).confidence(0.4) == pytest.approx(0, abs=1e-9)
        assert AnswerThreshold(scale=1e9).confidence(0.6) == pytest.approx(1)

    def test_what_is_no_number_gives_no_confidence(self) -> None:
        assert AnswerThreshold().confidence(float("nan")) == pytest.approx(1e-6)

    KNOWN = AnswerThreshold(
        scale=2.0, bias=1.0, relevant=-3.0, thresholds={"0.05": 0.8, "0.1": 0.0, "0.01": None}
    )

    @pytest.mark.parametrize(("risk", "least"), [(0.05, 0.8), (0.1, 0.0)])
    def test_a_risk_has_its_threshold(self, risk: float, least: float) -> None:
        assert self.KNOWN.at_risk(risk) == AnswerThreshold(
            scale=2.0, bias=1.0, relevant=-3.0, thresholds=self.KNOWN.thresholds, least=least
        )

    @pytest.mark.parametrize("risk", [0.01, 0.2, 0.0])
    def test_a_risk_that_cannot_be_kept_is_refused(self, risk: float) -> None:
        message = rf"evidence\.risk is {risk:g}; .* has thresholds for 0\.05, 0\.1: choose one"
        with pytest.raises(ConfigError, match=message):
            self.KNOWN.at_risk(risk)
        with pytest.raises(ConfigError, match=r"for no risk: .* set evidence\.min_confidence"):
            AnswerThreshold().at_risk(risk)
