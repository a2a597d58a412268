"""Metrics against the published implementations, and against numbers worked out by hand."""

import runpy
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citespan.evals.metrics import abstention, answers, citations, ranking, spans, support
from citespan.evals.metrics.abstention import Judgement, RiskCoverage
from citespan.evals.metrics.intervals import common, length, merged, places
from citespan.evals.metrics.pointers import pointer_problem
from citespan.evals.types import (
    AnswerPart,
    CitedSpan,
    Fact,
    GoldSpan,
    RetrievedSpan,
    SourceDocument,
)

SQUAD = runpy.run_path(str(Path(__file__).parent.parent / "support/oracles" / "squad_metrics.py"))


def documents(**texts: str) -> dict[str, SourceDocument]:
    return {name: SourceDocument(id=name, title="", text=text) for name, text in texts.items()}


def at(name: str, start: int, end: int, quote: str | None = None) -> CitedSpan:
    return CitedSpan(document_id=name, start=start, end=end, quote=quote)


def passage(name: str, start: int, end: int) -> RetrievedSpan:
    return RetrievedSpan(document_id=name, start=start, end=end)


def judged(confidence: float | None, *, right: bool) -> Judgement:
    return Judgement(answered=True, confidence=confidence, right=right)


ABSTAINED = Judgement(answered=False, confidence=0.9, right=False)


# ranking


def test_ranking_is_that_of_ir_measures_on_random_runs() -> None:
    ir_measures: Any = import_module("ir_measures")  # its types are partly unknown
    random = np.random.default_rng(7)
    names = [f"d{n}" for n in range(30)]
    qrels: dict[str, dict[str, int]] = {}
    run: dict[str, list[str]] = {}
    for query in map(str, range(200)):
        judged_names = random.choice(names, size=random.integers(1, 12), replace=False)
        qrels[query] = {str(name): int(random.integers(0, 4)) for name in judged_names}
        size = int(random.integers(0, 25))  # 0: the query is missing from the run
        run[query] = [str(name) for name in random.choice(names, size=size, replace=False)]
    scored = {q: {d: float(-n) for n, d in enumerate(ids)} for q, ids in run.items() if ids}
    for measure, ours in (
        ("nDCG", ranking.ndcg_at),
        ("R", ranking.recall_at),
        ("RR", ranking.reciprocal_rank),
        ("AP", ranking.average_precision),
    ):
        for k in (1, 5, 10):
            parsed = ir_measures.parse_measure(f"{measure}@{k}")
            for theirs in ir_measures.iter_calc([parsed], qrels, scored):
                mine = ours(k, run[theirs.query_id], qrels[theirs.query_id])
                assert mine == pytest.approx(theirs.value, abs=1e-6), (measure, k, theirs)


def test_ranking_by_hand() -> None:
    grades = {"a": 2, "b": 1, "z": 0}
    ranked = ranking.ranked_documents([passage("c", 0, 1), passage("b", 0, 1), passage("c", 5, 6)])
    assert ranked == ["c", "b"]
    assert ranking.ndcg_at(10, ranked, grades) == pytest.approx(0.63093 / 2.63093, abs=1e-5)
    assert ranking.reciprocal_rank(10, ranked, grades) == 0.5
    assert ranking.reciprocal_rank(1, ranked, grades) == 0
    assert ranking.average_precision(10, ranked, grades) == 0.25
    assert ranking.recall_at(5, [], grades) == 0
    assert [f(5, ["a"], {"z": 0}) for f in (ranking.ndcg_at, ranking.recall_at)] == [0, 0]


# spans

_places = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.integers(0, 30)), max_size=6
).map(lambda rows: [passage(*row) for row in rows])


def characters(found: list[RetrievedSpan]) -> set[tuple[str, int]]:
    return {(span.document_id, n) for span in found for n in range(span.start, span.end)}


@given(_places, _places)
def test_intervals_are_sets_of_characters(one: list[RetrievedSpan], two: list[RetrievedSpan]):
    assert length(places(one)) == len(characters(one))
    assert common(places(one), places(two)) == len(characters(one) & characters(two))


@given(_places, _places.filter(characters))
def test_span_scores_are_those_of_the_chunking_benchmark(
    found: list[RetrievedSpan], gold: list[RetrievedSpan]
) -> None:
    hit, wanted = len(characters(found) & characters(gold)), len(characters(gold))
    read = sum(max(0, span.end - span.start) for span in found)
    scores = spans.span_scores(found, places(gold))
    assert scores.recall == hit / wanted
    assert scores.precision == (hit / read if read else 0)
    assert scores.iou == hit / (read + len(characters(gold) - characters(found)))


def test_a_passage_returned_twice_costs_precision_and_not_recall() -> None:
    gold = places([at("a", 10, 20)])
    once = spans.span_scores([passage("a", 0, 15)], gold)
    twice = spans.span_scores([passage("a", 0, 15)] * 2, gold)
    assert (once.recall, once.precision, once.iou) == (0.5, 5 / 15, 5 / 20)
    assert (twice.recall, twice.precision, twice.iou) == (0.5, 5 / 30, 5 / 35)
    with pytest.raises(ValueError, match="gold"):
        spans.span_scores([], {})


def test_the_last_passage_is_cut_at_the_budget() -> None:
    read = spans.read_characters([passage("a", 0, 6), passage("b", 3, 9), passage("c", 0, 9)], 10)
    assert read == [passage("a", 0, 6), passage("b", 3, 7)]


def test_a_passage_shows_the_answer_by_its_place_or_by_its_words() -> None:
    texts = documents(a="It was in Paris. Paris again.", b="Paris too.")
    gold = [GoldSpan(document_id="a", start=0, end=16, text="It was in Paris.")]

    def shown(k: int, *found: RetrievedSpan, accepted: tuple[str, ...] = ("paris",)) -> bool:
        return spans.answer_in_passages(k, found, gold, accepted, ["a"], texts)

    assert not shown(1, passage("b", 0, 10))  # the right words in another document
    assert not shown(1, passage("b", 0, 10), passage("a", 0, 16))
    assert shown(2, passage("b", 0, 10), passage("a", 0, 16), accepted=())
    assert not shown(1, passage("a", 1, 29), accepted=())
    assert shown(1, passage("a", 17, 29))


# answers

_words = st.lists(
    st.sampled_from(["a", "The", "cat", "cat's", "dog.", "U.S.", "3.5", "é", "an", "!", "dog"]),
    max_size=7,
).map(" ".join)


@given(_words, st.lists(_words, max_size=3))
def test_squad_scores_are_those_of_the_official_script(said: str, accepted: list[str]) -> None:
    example = SimpleNamespace(qas_id="q", answers=[{"text": text} for text in accepted])
    exact, f1 = SQUAD["get_raw_scores"]([example], {"q": said})
    assert answers.exact_match(said, accepted) == exact["q"]
    assert answers.token_f1(said, accepted) == pytest.approx(f1["q"])


def test_squad_counts_words_and_not_kinds_of_words() -> None:
    assert answers.token_f1("no no no", ["no"]) == 0.5
    assert (answers.token_f1("", []), answers.token_f1("x", [])) == (1, 0)
    assert answers.exact_match("The Cat!", ["dog", "cat"]) == 1


_texts = st.one_of(_words, st.text("ab1 é.-", max_size=30))


@given(_texts, st.lists(_texts, min_size=1, max_size=3))
def test_rouge_l_is_that_of_rouge_score(said: str, references: list[str]) -> None:
    rouge: Any = import_module("rouge_score.rouge_scorer")  # without types
    scorer = rouge.RougeScorer(["rougeL"], use_stemmer=False)
    theirs = max(scorer.score(reference, said)["rougeL"].fmeasure for reference in references)
    assert (answers.rouge_l(said, references) or 0) == pytest.approx(theirs)


def test_rouge_l_needs_words_to_compare_with() -> None:
    # 3 of 4 and of 6 words in their order: 2 * 3 / (4 + 6)
    assert answers.rouge_l("a b c d", ["x", "a x b y c z"]) == 0.6
    assert answers.rouge_l("", ["x"]) == 0
    assert answers.rouge_l("x", []) is None
    assert answers.rouge_l("x", ["Ναι.", "?"]) is None


def test_contained_answers_are_whole_words() -> None:
    assert answers.contains("In the year 1,889, it opened.", ["1889"])
    assert not answers.contains("In 18890 it opened.", ["1889"])
    assert not answers.contains("anything", ["the", ""])
    facts = [Fact(text="New York", aliases=("NYC",)), Fact(text="Boston")]
    assert answers.fact_recall("From N.Y.C. it went west.", facts) == 0.5


# pointers

PLACE, GIVEN = "the quote is at", "the offsets given"


@pytest.mark.parametrize(
    ("citation", "problem"),
    [
        (at("a", 4, 7, "two"), None),
        (at("a", 4, 7), None),
        (at("a", 5, 8, "two"), f"{PLACE} [4, 7) of 'a', 1 character before {GIVEN}"),
        (at("a", 2, 5, "two"), f"{PLACE} [4, 7) of 'a', 2 characters after {GIVEN}"),
        (at("a", 12, 15, "one"), f"{PLACE} [14, 17) of 'a', 2 characters after {GIVEN}"),
        (
            at("a", 4, 9, "two"),
            "the quote is at [4, 7) of 'a', 3 characters from where the offsets start,"
            " not the 5 given",
        ),
        (at("a", 0, 4, "four"), "the quote is text of document 'b', not of 'a'"),
        (at("a", 0, 4, "nine"), "the quote is nowhere in the documents"),
        (at("a", 5, 900), "[5, 900) ends beyond the text of 17"),
        (
            at("a", 15, 18, "one"),
            "[15, 18) ends beyond the text of 17; the quote is at [14, 17) of 'a', 1 character"
            " before the offsets given",
        ),
        (at("a", -1, 3), "[-1, 3) starts before the text"),
        (at("a", 5, 5), "[5, 5) is empty"),
        (at("a", 5, 4), "[5, 4) ends before it starts"),
        (at("a", 4, 7, ""), "the quote of [4, 7) is empty"),
        (at("x", 4, 7, "two"), "there is no document 'x'"),
        (
            CitedSpan(document_id="b", start=2, end=6, utf16_start=2, utf16_end=6),
            "in UTF-16 it is at [3, 7), not at [2, 6)",
        ),
        (CitedSpan(document_id="b", start=2, end=6, utf16_start=3, utf16_end=7), None),
    ],
)  # fmt: skip
def test_untrue_pointers_are_diagnosed(citation: CitedSpan, problem: str | None) -> None:
    texts = documents(a="one two three one", b="\U0001f469 four")
    assert pointer_problem(citation, texts) == problem


# citations


def test_cited_characters_by_hand() -> None:
    gold = places([at("a", 0, 10), at("b", 0, 10)])
    shares = citations.cited_shares(places([at("a", 5, 15), at("a", 5, 10), at("c", 0, 10)]), gold)
    assert (shares.recall, shares.precision, shares.f1) == (0.25, 0.25, 0.25)
    nothing = citations.cited_shares({}, gold)
    assert (nothing.recall, nothing.precision, nothing.f1) == (0, 0, 0)


def test_coverage_counts_what_is_written_once() -> None:
    text = "abcd efgh"
    parts = [
        AnswerPart(start=0, end=4, citations=(0,)),
        AnswerPart(start=2, end=6, citations=(0,)),
        AnswerPart(start=5, end=9, citations=(1,)),  # there is no such citation
    ]
    assert citations.coverage(text, parts, 1) == 5 / 8
    assert citations.coverage(text, [], 1) == 1
    assert citations.coverage(text, [], 0) == 0
    assert citations.coverage("  ", [], 1) is None


def test_minimality_and_document_precision_by_hand() -> None:
    gold = places([at("a", 0, 10)])
    cited = [at("a", 0, 6), at("a", 0, 6), at("a", 5, 10), at("b", 0, 10)]
    assert citations.minimality(cited, gold) == 0.25  # only the third adds what no other does
    assert citations.minimality([], gold) is None
    assert citations.document_precision(cited, {"a"}) == 0.75


def test_an_answer_may_be_cited_in_adjoining_pieces() -> None:
    texts = documents(a="It was New York then.")
    assert citations.answer_in_citations(
        places([at("a", 0, 11), at("a", 11, 21), at("nowhere", 0, 3)]), ["New York"], texts
    )
    assert not citations.answer_in_citations(places([at("a", 0, 11)]), ["New York"], texts)


@pytest.mark.parametrize(
    ("part", "cited", "value"),
    [
        ("The tower opened in May.", "In May the towers were opened.", 2 / 3 + 1 / 3),
        ("It cost 1,234.50 dollars.", "The dollars: 1234.5, cost included.", 1),
        ("It cost 1235 dollars.", "It cost 1234 dollars.", 0),
        ("It opened on 3 Mar 1999.", "On 03 March 1999 it opened.", 1),
        ("It opened in March.", "It opened in April.", 0),
        ("We met Ada there.", "We met there.", 0),
        ("NASA met there.", "They met there.", 0),
        ("It is not open.", "It is open.", 0),
        ("It isn't open.", "It is not open.", 1),
        ("It is open without doubt.", "It never is open, no doubt.", 1),
        ("Green dogs sleep.", "Dogs sleep.", 2 / 3),
        ("Yes, it is.", "", None),
        ("In 1999.", "1999", 1),
        ("Dogs sleep.", "", 0),
    ],
)
def test_lexical_support(part: str, cited: str, value: float | None) -> None:
    assert support.support(part, cited) == (None if value is None else pytest.approx(value))


def test_support_is_weighted_by_characters() -> None:
    assert support.mean_support([("Dogs sleep.", "dogs sleep"), ("Cats!", ""), ("Yes", "")]) == (
        11 / 16
    )
    assert support.mean_support([]) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1.234,5", "1234.5"),
        ("1,5", "1.50"),
        ("12'000", "12000"),
        ("007", "7"),
        ("١٩٩٩", "1999"),
        ("٤٢", "42"),
        ("0,50", "0.5"),
    ],
)
def test_numbers_have_one_spelling(one: str, other: str) -> None:
    assert support.wording(one).numbers == support.wording(other).numbers != frozenset()


def test_long_numbers_are_not_rounded() -> None:
    assert support.support(f"It is {'1' * 40}.", f"It is {'1' * 39}2.") == 0


# abstention


def ratio(of: Callable[[abstention.Steps], abstention.Ratio], *judgements: Judgement) -> float:
    top, bottom = of(RiskCoverage.of([*judgements]).steps(np.ones((1, len(judgements)))))
    return float(top[0] / bottom[0])


def test_risk_coverage_by_hand() -> None:
    # risks 0/1, 1/2, 1/3, then the abstention: 2/4
    rows = (judged(0.9, right=True), judged(0.8, right=False), judged(0.7, right=True), ABSTAINED)
    assert ratio(abstention.aurc, *rows) == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)
    assert ratio(lambda steps: abstention.coverage_at(0.1, steps), *rows) == 1 / 4
    assert ratio(lambda steps: abstention.coverage_at(0.34, steps), *rows) == 3 / 4
    assert ratio(lambda steps: abstention.coverage_at(1.0, steps), *rows) == 3 / 4
    curve = abstention.curve([*rows])
    assert curve == ((0.25, 0), (0.5, 0.5), (0.75, pytest.approx(1 / 3)))


def test_ties_are_worth_the_mean_over_their_orders() -> None:
    # right first: risks 0, 1/2; wrong first: 1, 1/2
    tied = (judged(0.5, right=True), judged(0.5, right=False))
    assert ratio(abstention.aurc, *tied) == pytest.approx((0.25 + 0.5) / 1 / 2 + 0.125)
    assert ratio(abstention.aurc, *tied) == ratio(abstention.aurc, *reversed(tied))
    assert ratio(lambda steps: abstention.coverage_at(0.4, steps), *tied) == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 3)), min_size=1))
def test_counting_a_question_twice_is_having_it_twice(rows: list[tuple[int, bool, int]]) -> None:
    asked = [
        ABSTAINED if level == 3 else judged(level / 2, right=right) for level, right, _ in rows
    ]
    repeated = [one for one, (_, _, n) in zip(asked, rows, strict=True) for _ in range(n)]
    counts = np.array([[float(n) for _, _, n in rows]])
    weighted = RiskCoverage.of(asked).steps(counts)
    expanded = RiskCoverage.of(repeated).steps(np.ones((1, len(repeated))))
    twice = np.ones((1, len(repeated)))
    for mine, theirs in (
        (abstention.aurc(weighted), abstention.aurc(expanded)),
        (abstention.coverage_at(0.3, weighted), abstention.coverage_at(0.3, expanded)),
        (
            abstention.expected_calibration_error(asked, counts),
            abstention.expected_calibration_error(repeated, twice),
        ),
    ):
        np.testing.assert_allclose(mine, theirs, atol=1e-9)


def test_calibration_by_hand() -> None:
    rows = [
        judged(0.9, right=True),
        judged(0.85, right=False),
        judged(0.3, right=False),
        judged(None, right=True),
        ABSTAINED,
    ]
    top, bottom = abstention.expected_calibration_error(rows, np.ones((1, 5)))
    assert float(top[0] / bottom[0]) == pytest.approx((2 * (0.875 - 0.5) + 0.3) / 3)
    assert [abstention.brier(one) for one in rows] == [
        pytest.approx(0.01),
        pytest.approx(0.7225),
        pytest.approx(0.09),
        None,
        None,
    ]
    low, high = abstention.reliability(rows)
    assert (low.low, low.high, low.n) == (0.2, 0.3, 1)
    assert (high.n, high.confidence, high.accuracy) == (2, pytest.approx(0.875), 0.5)


def test_merged_ranges_touch_and_empty_ones_vanish() -> None:
    assert merged([(5, 7), (0, 3), (3, 5), (9, 9), (12, 10)]) == [(0, 7)]
