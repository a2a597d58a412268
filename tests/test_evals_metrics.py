"""Metrics against other implementations of them, and by hand."""

import math
from typing import Any

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer  # pyright: ignore[reportMissingTypeStubs]

from evals.metrics import answers, citations, ranking, spans
from evals.metrics.abstention import (
    Judged,
    aurc,
    coverage_at_risk,
    expected_calibration_error,
    risk_coverage,
)
from evals.metrics.spans import Place
from evals.types import AnswerPart, CitedSpan, SourceDocument
from index import Span

_IDS = [f"d{n}" for n in range(12)]


@given(
    ranked=st.lists(st.sampled_from(_IDS), unique=True),
    grades=st.dictionaries(st.sampled_from(_IDS), st.integers(0, 3), min_size=1),
)
def test_ranking_is_what_trec_eval_counts(ranked: list[str], grades: dict[str, int]):
    ours = {
        ir_measures.nDCG @ 10: ranking.ndcg_at(ranked, grades, 10),
        ir_measures.R @ 5: ranking.recall_at(ranked, grades, 5),
        ir_measures.RR @ 10: ranking.reciprocal_rank_at(ranked, grades, 10),
        ir_measures.AP @ 10: ranking.average_precision_at(ranked, grades, 10),
    }
    run = {"q": {name: float(len(ranked) - at) for at, name in enumerate(ranked)}}
    theirs: dict[Any, float] = ir_measures.calc_aggregate(  # pyright: ignore[reportUnknownMemberType]
        list(ours), {"q": grades}, run
    )
    for measure, value in ours.items():
        assert value == pytest.approx(theirs[measure], abs=1e-6), measure


@given(said=st.text("ab c1.é", max_size=30), gold=st.text("ab c1.é", max_size=30))
def test_rouge_l_is_that_of_rouge_score(said: str, gold: str):
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    if answers.normalised(gold):
        score: Any = scorer.score(gold, said)["rougeL"]
        theirs = float(score.fmeasure)
        assert answers.rouge_l(said, [gold]) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(
    ("said", "accepted", "exact", "f1"),
    [
        ("The Beatles!", ["beatles"], 1, 1),
        ("no no no", ["no"], 0, 0.5),  # bags, not sets: precision 1/3, recall 1
        ("Paris, France", ["London", "Paris"], 0, 2 / 3),
        ("", [], 1, 1),
        ("something", [], 0, 0),
        ("", ["something"], 0, 0),
        ("a", ["the"], 1, 1),  # both are nothing once articles are gone
    ],
)
def test_squad_scores_by_hand(said: str, accepted: list[str], exact: float, f1: float):
    assert answers.exact_match(said, accepted) == exact
    assert answers.f1(said, accepted) == pytest.approx(f1)


def test_containment_is_of_whole_words():
    assert answers.contained("It has 15 members.", ["15"])
    assert not answers.contained("It has 150 members.", ["15"])
    assert answers.contained("Led by the U.S. president", ["US president"])
    assert not answers.contained("", ["x"])


def _places(*ends: tuple[int, int], document_id: str = "a") -> list[Place]:
    return [Place(document_id, Span(*pair)) for pair in ends]


def test_spans_by_hand():
    gold = _places((10, 20), (30, 40))
    found = _places((0, 15), (12, 32))  # 35 characters returned, 32 of them distinct, 12 gold
    assert spans.recall(found, gold) == 12 / 20
    assert spans.precision(found, gold) == 12 / 35
    assert spans.iou(found, gold) == 12 / (35 + 8)
    assert citations.gold_share(found, gold) == 12 / 32
    elsewhere = _places((10, 40), document_id="b")
    assert spans.recall(elsewhere, gold) == spans.precision(elsewhere, gold) == 0
    assert spans.iou([], gold) == spans.precision([], gold) == 0
    with pytest.raises(ValueError, match="gold"):
        spans.recall(found, [])


_SPAN = st.tuples(st.integers(0, 30), st.integers(1, 10)).map(lambda p: Span(p[0], p[0] + p[1]))
_PLACES = st.lists(st.builds(Place, st.sampled_from("ab"), _SPAN), max_size=6)


@given(found=_PLACES, gold=_PLACES.filter(bool))
def test_spans_are_sets_of_characters(found: list[Place], gold: list[Place]):
    def characters(places: list[Place]) -> set[tuple[str, int]]:
        return {(name, at) for name, span in places for at in range(span.start, span.end)}

    both = len(characters(found) & characters(gold))
    returned = sum(span.end - span.start for _, span in found)
    missed = len(characters(gold) - characters(found))
    assert spans.recall(found, gold) == pytest.approx(both / len(characters(gold)))
    assert spans.precision(found, gold) == (both / returned if returned else 0)
    assert spans.iou(found, gold) == pytest.approx(both / (returned + missed))


def test_a_budget_cuts_the_last_passage():
    assert spans.within(_places((0, 6), (50, 60), (70, 80)), 10) == _places((0, 6), (50, 54))
    assert spans.within(_places((0, 6)), 10) == _places((0, 6))


_DOCUMENTS = {
    "a": SourceDocument(id="a", title="", text="𝄞 One sentence. Another one."),
    "b": SourceDocument(id="b", title="", text="Something else entirely."),
}


@pytest.mark.parametrize(
    ("cited", "problem"),
    [
        (CitedSpan(document_id="a", start=2, end=15, quote="One sentence."), None),
        (CitedSpan(document_id="a", start=2, end=15), None),
        (
            CitedSpan(document_id="a", start=2, end=5, quote="One", utf16_start=3, utf16_end=6),
            None,
        ),
        (
            CitedSpan(document_id="a", start=2, end=5, quote="One", utf16_start=2, utf16_end=5),
            "UTF-16",
        ),
        (CitedSpan(document_id="a", start=3, end=16, quote="One sentence."), "1 characters before"),
        (CitedSpan(document_id="a", start=0, end=9, quote="Something"), "is text of document 'b'"),
        (CitedSpan(document_id="a", start=0, end=4, quote="Nope"), "nowhere"),
        (CitedSpan(document_id="a", start=5, end=900, quote="x"), "ends beyond the text of 28"),
        (CitedSpan(document_id="a", start=5, end=5, quote=""), "not a span"),
        (CitedSpan(document_id="z", start=0, end=1, quote="x"), "no document 'z'"),
    ],
)
def test_untrue_pointers_are_diagnosed(cited: CitedSpan, problem: str | None):
    found = citations.pointer_problem(cited, _DOCUMENTS)
    assert found is None if problem is None else found and problem in found


@pytest.mark.parametrize(
    ("claim", "evidence", "support"),
    [
        ("The bridge opened in 1932.", "In 1932 a bridge was built", 1 / 2),
        ("It cost 1,500 dollars.", "It cost 1500 dollars", 1.0),
        ("It cost 1.5 dollars.", "It cost 15 dollars", 0.0),
        ("It was led by Marie Curie.", "It was led by Pierre Curie", 0.0),
        ("It was not approved.", "It was approved", 0.0),
        ("It wasn't approved.", "It was not approved", 1 / 2),
        ("Rains fell.", "Rain fell", 1.0),
    ],
)
def test_lexical_support(claim: str, evidence: str, support: float):
    assert citations.lexical_support(claim, evidence) == support


def test_coverage_and_minimality():
    part = AnswerPart(start=0, end=3, citations=(0,))
    cited = [CitedSpan(document_id="a", start=0, end=1)]
    assert citations.coverage("abc def", [part], cited) == 1 / 2
    assert citations.coverage("abc def", [], cited) == 1
    assert citations.coverage("abc def", [], []) == 0
    gold = _places((0, 10))
    assert citations.minimality(_places((0, 10), (0, 10)), gold) == 0
    assert citations.minimality(_places((0, 5), (5, 10), (20, 30)), gold) == 2 / 3


def _judged(*rows: tuple[float, int, int]) -> Judged:
    table = np.array(rows, dtype=np.float64)
    return Judged(confidence=table[:, 0], answered=table[:, 1], wrong=table[:, 2])


def test_risk_and_coverage_by_hand():
    # Two right answers, a wrong one, and an abstention, which is wrong if it has to be covered.
    judged = _judged((0.2, 0, 1), (0.9, 1, 0), (0.5, 1, 1), (0.8, 1, 0))
    assert risk_coverage(judged) == [(0.25, 0), (0.5, 0), (0.75, 1 / 3), (1, 0.5)]
    assert aurc(judged) == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    assert coverage_at_risk(judged, 0.05) == 0.5
    assert coverage_at_risk(judged, 0.4) == 0.75
    assert coverage_at_risk(judged, 1.0) == 0.75  # an abstention is never covered
    # .9 and .8 are right, .5 is wrong, each alone in its bin: (.1 + .2 + .5) / 3.
    assert expected_calibration_error(judged) == pytest.approx(0.8 / 3)


def test_questions_of_one_confidence_have_no_order():
    tied = [(0.5, 1, 0), (0.5, 1, 1)]
    assert aurc(_judged(*tied)) == aurc(_judged(*tied[::-1])) == pytest.approx(0.5)
    assert math.isclose(coverage_at_risk(_judged(*tied), 0.05) or 0, 0)
