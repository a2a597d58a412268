"""Scoring: known faults move the right measures, and nothing else is lost on the way."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citespan.evals import score
from citespan.evals.errors import ScoringError
from citespan.evals.metrics.measures import MEANS, MEASURES
from citespan.evals.results import QuestionOutcome, SystemScores
from citespan.evals.statistics.bootstrap import (
    Floats,
    Interval,
    Statistic,
    intervals,
    resampling_units,
)
from citespan.evals.types import (
    AnswerPart,
    Card,
    CitedSpan,
    Dataset,
    Fact,
    GoldSpan,
    Question,
    Response,
    ResponseStatus,
    RetrievedSpan,
    SourceDocument,
)

SQUAD = runpy.run_path(str(Path(__file__).parent.parent / "support/oracles" / "squad_metrics.py"))
CARD = Card(name="towns", licence="CC0-1.0", source="written for this test", language="en")


def town(number: int) -> SourceDocument:
    """A document with one fact, which stands at another place in each."""
    text = f"{'Rain. ' * (number + 2)}Town {number} has {100 + number} bridges. {'Wind. ' * 90}"
    return SourceDocument(id=f"t{number}", title=f"Town {number}", text=text)


TOWNS = [town(number) for number in range(12)]


def asked(number: int) -> Question:
    text = f"Town {number} has {100 + number} bridges."
    start = TOWNS[number].text.index(text)
    gold = GoldSpan(document_id=f"t{number}", start=start, end=start + len(text), text=text)
    return Question(
        id=f"q{number}",
        text=f"How many bridges has town {number}?",
        answerable=True,
        answers=(text,),
        facts=(Fact(text=f"{100 + number} bridges"),),
        spans=(gold,),
    )


UNANSWERABLE = tuple(
    Question(id=f"u{topic}{n}", text="Who is the mayor?", answerable=False, topic=topic)
    for topic in ("on", "off")
    for n in range(3)
)
DATASET = Dataset(
    card=CARD,
    documents={document.id: document for document in TOWNS},
    questions=(*(asked(number) for number in range(12)), *UNANSWERABLE),
)


def oracle(question: Question) -> Response:
    """The best response there is."""
    if not question.answerable:
        return Response(question_id=question.id, status=ResponseStatus.ABSTAINED, confidence=0.0)
    gold = question.spans[0]
    name, start, end = gold.document_id, gold.start, gold.end
    return Response(
        question_id=question.id,
        text=gold.text,
        parts=(AnswerPart(start=0, end=len(gold.text), citations=(0,)),),
        citations=(CitedSpan(document_id=name, start=start, end=end, quote=gold.text),),
        passages=(RetrievedSpan(document_id=name, start=start, end=end),),
        confidence=1.0,
    )


ORACLE = [oracle(question) for question in DATASET.questions]


def scored(
    responses: list[Response], dataset: Dataset = DATASET, resamples: int = 0
) -> SystemScores:
    return score(dataset, responses, resamples=resamples)


def values(scores: SystemScores) -> dict[str, float | None]:
    return {name: estimate.value for name, estimate in scores.estimates.items()}


def moved(responses: list[Response], dataset: Dataset = DATASET) -> set[str]:
    """The measures whose value is not the oracle's."""
    best, now = values(scored(ORACLE)), values(scored(responses, dataset))
    return {name for name in best if best[name] != now[name]}


def shifted(response: Response, by: int) -> Response:
    citations = tuple(
        msgspec.structs.replace(one, start=one.start + by, end=one.end + by)
        for one in response.citations
    )
    return msgspec.structs.replace(response, citations=citations)


def test_the_oracle_gets_the_best_of_everything() -> None:
    scores = scored(ORACLE)
    # An abstention is wrong once it has to be covered: risks 12 times 0, then 1/13 ... 6/18.
    aurc = sum(n / (12 + n) for n in range(1, 7)) / 18
    expected = {measure.name: float(measure.higher_is_better) for measure in MEASURES} | {
        "citations_per_answer": 1.0,
        "aurc": round(aurc, 6),
        "coverage_at_5%_risk": round(12 / 18, 6),
        "coverage_at_10%_risk": round(12 / 18, 6),
    }
    assert values(scores) == expected
    assert [row.question_id for row in scores.questions] == [q.id for q in DATASET.questions]
    assert scores.counts == {
        "total": 18,
        "scored": 18,
        "failed": 0,
        "skipped": 0,
        "answerable_answered": 12,
        "answerable_abstained": 0,
        "unanswerable_answered": 0,
        "unanswerable_abstained": 6,
        "citations": 12,
    }
    assert scores.curves.span_recall[0] == (250, 1.0)
    assert scores.curves.risk_coverage == ((round(12 / 18, 6), 0.0),)


def test_citations_shifted_by_one_are_no_pointers() -> None:
    faulty = [shifted(response, 1) for response in ORACLE]
    assert moved(faulty) == {
        "pointer_validity",
        "citation_recall",
        "citation_precision",
        "citation_f1",
        "answer_in_citations",
        "lexical_support",
    }
    scores = scored(faulty)
    assert scores.estimates["pointer_validity"].value == 0
    assert scores.questions[0].problems == (
        "c1: the quote is at [12, 35) of 't0', 1 character before the offsets given",
    )


def test_swapped_texts_are_found_out() -> None:
    one, two = TOWNS[0], TOWNS[1]
    swapped = {
        **DATASET.documents,
        "t0": SourceDocument(id="t0", title=one.title, text=two.text),
        "t1": SourceDocument(id="t1", title=two.title, text=one.text),
    }
    dataset = Dataset(card=CARD, documents=swapped, questions=DATASET.questions)
    scores = scored(ORACLE, dataset)
    assert scores.estimates["pointer_validity"].value == round(10 / 12, 6)
    assert scores.questions[0].problems == ("c1: the quote is text of document 't1', not of 't0'",)
    assert scores.questions[2].problems == ()
    assert moved(ORACLE, dataset) == {
        "pointer_validity",
        "answer_in_citations",
        "lexical_support",
    }


def test_halved_passages_move_retrieval_of_spans_alone() -> None:
    faulty = [
        msgspec.structs.replace(
            response,
            passages=tuple(
                msgspec.structs.replace(one, end=one.start + (one.end - one.start) // 2)
                for one in response.passages
            ),
        )
        for response in ORACLE
    ]
    assert moved(faulty) == {
        "span_recall@2000chars",
        "span_iou@2000chars",
        "span_recall@5",
        "span_iou@5",
        "answer_in_passage@1",
        "answer_in_passage@5",
    }


def test_answering_everything_is_seen() -> None:
    faulty = [
        msgspec.structs.replace(ORACLE[0], question_id=question.id)
        if not question.answerable
        else r
        for question, r in zip(DATASET.questions, ORACLE, strict=True)
    ]
    now = values(scored(faulty))
    assert moved(faulty) == {
        "exact_match",
        "f1",
        "exact_match_unanswerable",
        "conditioned_score",
        "false_answer_rate",
        "right_abstention_on_topic",
        "right_abstention_off_topic",
        "aurc",
        "coverage_at_5%_risk",
        "coverage_at_10%_risk",
        "ece",
        "brier",
    }
    assert (now["false_answer_rate"], now["conditioned_score"]) == (1, round(12 / 18, 6))
    assert now["aurc"] == pytest.approx(1 / 3)  # all 18 tie, 6 of them wrong
    assert (now["coverage_at_5%_risk"], now["ece"], now["brier"]) == (0, 0.333333, 0.333333)


def test_abstaining_always_is_seen() -> None:
    faulty = [
        Response(question_id=q.id, status=ResponseStatus.ABSTAINED) for q in DATASET.questions
    ]
    now = values(scored(faulty))
    assert now["over_abstention_rate"] == 1
    assert now["false_answer_rate"] == 0
    assert now["conditioned_score"] == round(6 / 18, 6)
    assert (now["exact_match_answerable"], now["exact_match_unanswerable"]) == (0, 1)
    assert (now["citation_recall"], now["citation_f1"], now["citation_precision"]) == (0, 0, None)
    assert (now["aurc"], now["coverage_at_10%_risk"], now["ece"]) == (1, 0, None)


def test_failed_and_skipped_questions_stay_in_the_books() -> None:
    broken = Response(question_id="q0", error="timed out after 60 s", text="ignored")
    responses = [broken, *(r for r in ORACLE[2:] if r.question_id != "uon0")]
    scores = score(DATASET, responses, skipped=["q2", "uoff0"], resamples=0)
    assert scores.counts["total"] == 18
    assert [scores.counts[name] for name in ("scored", "failed", "skipped")] == [13, 3, 2]
    rows = {row.question_id: row for row in scores.questions}
    assert rows["q0"].error == "timed out after 60 s"
    assert rows["q1"].error == "there is no response to the question"
    assert (rows["q2"].outcome, rows["q2"].values) == ("skipped", {})
    assert rows["q0"].values["ndcg@10"] == rows["q0"].values["citation_recall"] == 0
    assert rows["q0"].values["over_abstention_rate"] == 1
    assert rows["q0"].values["citation_precision"] is None
    assert rows["uon0"].values["right_abstention_on_topic"] == 0
    assert rows["uon0"].values["false_answer_rate"] == 1
    assert rows["uon0"].values["exact_match"] == 0
    assert scores.estimates["recall@5"].n == 11
    assert scores.estimates["recall@5"].value == round(9 / 11, 6)
    assert scores.estimates["right_abstention_off_topic"].n == 2


def test_pointer_validity_is_of_all_citations_together() -> None:
    good = CitedSpan(document_id="t0", start=0, end=4, quote="Rain")
    bad = CitedSpan(document_id="t0", start=0, end=4, quote="rain")
    responses = [
        Response(question_id="q0", text="x", citations=(good, good, good)),
        Response(question_id="q1", text="x", citations=(bad,)),
    ]
    assert values(scored(responses))["pointer_validity"] == 0.75


@pytest.mark.parametrize(
    ("responses", "skipped", "message"),
    [
        ([Response(question_id="q99")], (), "'q99', which the data set lacks"),
        ([Response(question_id="q0")] * 2, (), "two responses to question 'q0'"),
        ([Response(question_id="q0", confidence=float("nan"))], (), "'q0' is nan"),
        ([Response(question_id="q0", confidence=1.5)], (), "'q0' is 1.5"),
        ([], ("q99",), "'q99' is to be skipped"),
    ],
)
def test_responses_that_cannot_be_scored_are_refused(
    responses: list[Response], skipped: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ScoringError, match=message):
        score(DATASET, responses, skipped=skipped, resamples=0)


def test_squad_aggregates_are_those_of_the_official_script() -> None:
    random = np.random.default_rng(3)
    words = ["the", "cat", "sat", "on", "a", "mat.", "Dog"]
    questions: list[Question] = []
    responses: list[Response] = []
    for n in range(120):
        draws = [" ".join(random.choice(words, size=random.integers(1, 4))) for _ in range(3)]
        usable = tuple(draw for draw in draws[:2] if set(draw.split()) - {"the", "a"})
        questions.append(Question(id=f"q{n}", text="?", answerable=bool(usable), answers=usable))
        status = ResponseStatus.ABSTAINED if random.random() < 0.4 else ResponseStatus.ANSWERED
        said = draws[2] if status is ResponseStatus.ANSWERED else ""
        responses.append(Response(question_id=f"q{n}", status=status, text=said))
    dataset = Dataset(card=CARD, documents={}, questions=tuple(questions))
    examples = [
        SimpleNamespace(qas_id=q.id, answers=[{"text": text} for text in q.answers])
        for q in questions
    ]
    theirs = SQUAD["squad_evaluate"](examples, {r.question_id: r.text for r in responses})
    ours = values(scored(responses, dataset))
    for name, key in {
        "exact_match": "exact",
        "f1": "f1",
        "exact_match_answerable": "HasAns_exact",
        "f1_answerable": "HasAns_f1",
        "exact_match_unanswerable": "NoAns_exact",
    }.items():
        assert ours[name] == pytest.approx(theirs[key] / 100, abs=1e-6)


def test_the_order_of_responses_and_a_second_time_change_nothing() -> None:
    mixed = [shifted(r, 1) if n % 3 else r for n, r in enumerate(ORACLE)]
    first = score(DATASET, mixed, resamples=300, seed=5)
    again = score(DATASET, reversed(mixed), resamples=300, seed=5)
    assert msgspec.json.encode(first) == msgspec.json.encode(again)
    other = score(DATASET, mixed, resamples=300, seed=6)
    assert first.estimates["pointer_validity"] != other.estimates["pointer_validity"]


def test_renaming_and_reordering_tied_questions_keeps_every_value() -> None:
    tied = [msgspec.structs.replace(r, confidence=0.5) for r in ORACLE]
    wrong = [msgspec.structs.replace(r, text="no") if n % 2 else r for n, r in enumerate(tied)]
    backwards = Dataset(card=CARD, documents=DATASET.documents, questions=DATASET.questions[::-1])
    assert values(scored(wrong)) == values(scored(wrong, backwards))


def test_an_abstention_that_cites_is_no_answer() -> None:
    untrue = CitedSpan(document_id="t0", start=0, end=5, quote="Snow.")
    quiet = msgspec.structs.replace(
        ORACLE[0], status=ResponseStatus.ABSTAINED, citations=(*ORACLE[0].citations, untrue)
    )
    row = scored([quiet]).questions[0].values
    none = {
        "citation_coverage", "citation_precision", "citation_document_precision", "minimality",
        "lexical_support", "citations_per_answer", "brier", "answer_score",
    }  # fmt: skip
    assert {name for name in none if row[name] is not None} == set()
    assert (row["citation_recall"], row["answer_contained"], row["conditioned_score"]) == (0, 0, 0)
    assert row["pointer_validity"] == 0.5  # its pointers must hold all the same


def test_a_failed_response_counts_for_nothing_that_it_holds() -> None:
    failed = msgspec.structs.replace(shifted(ORACLE[0], 1), error="timed out")
    scores = score(DATASET, [failed, *ORACLE[1:]], resamples=0)
    assert scores.questions[0].problems == ()
    assert scores.questions[0].values["pointer_validity"] is None
    assert scores.curves.span_recall[0] == (250, round(11 / 12, 6))
    assert scores.counts["citations"] == 11
    assert scores.estimates["ece"].n == 11  # answers with a confidence
    assert scores.estimates["aurc"].n == 18


def test_graded_documents_and_an_answer_show_it_without_spans() -> None:
    graded = msgspec.structs.replace(DATASET.questions[0], spans=(), relevant={"t0": 1})
    bare = msgspec.structs.replace(DATASET.questions[1], spans=(), relevant={}, answers=())
    dataset = Dataset(card=CARD, documents=DATASET.documents, questions=(graded, bare))
    rows = [row.values for row in scored(ORACLE[:2], dataset).questions]
    assert [row["answer_in_passage@1"] for row in rows] == [1, None]


def test_gold_of_unanswerable_questions_and_grades_of_nought() -> None:
    # Not what a data set may hold, but what a caller may pass.
    odd = msgspec.structs.replace(DATASET.questions[0], answerable=False)
    nought = msgspec.structs.replace(DATASET.questions[1], relevant={"t1": 0})
    dataset = Dataset(card=CARD, documents=DATASET.documents, questions=(odd, nought))
    one, two = (row.values for row in scored(ORACLE[:2], dataset).questions)
    assert (one["citation_document_precision"], one["fact_recall"]) == (None, None)
    assert (two["ndcg@10"], two["mrr@10"]) == (None, None)


def test_full_answers_are_what_rouge_compares_with() -> None:
    full = msgspec.structs.replace(DATASET.questions[0], references=("It has many bridges.",))
    short = DATASET.questions[1]
    neither = msgspec.structs.replace(DATASET.questions[2], answers=(), facts=())
    dataset = Dataset(
        card=CARD, documents=DATASET.documents, questions=(full, short, neither, UNANSWERABLE[0])
    )
    said = [
        Response(question_id="q0", text="Many bridges."),
        Response(question_id="q1", text="Town 1 has 101 bridges."),
        Response(question_id="q2", text="Town 2 has 102 bridges."),
        Response(question_id=UNANSWERABLE[0].id, text="Nobody."),
    ]
    rows = [row.values["rouge_l"] for row in scored(said, dataset).questions]
    assert rows == [round(2 * 2 / (2 + 4), 6), 1, None, None]


# intervals


def test_documents_are_resampled_whole_where_there_are_enough() -> None:
    assert scored(ORACLE).resampled == "documents"
    assert resampling_units(list("aabbc")) == ("questions", [0, 1, 2, 3, 4])
    assert resampling_units(list("abcdefghijaa")) == ("documents", [*range(10), 0, 0])


def mean_of(data: list[float]) -> Statistic:
    column = np.array(data)[:, None]

    def statistic(counts: Floats) -> tuple[Floats, Floats]:
        return counts @ column, counts @ np.ones_like(column)

    return statistic


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    data = np.random.default_rng(1).normal(size=400)
    (found,) = intervals(mean_of(data.tolist()), range(400), resamples=4000, seed=0)
    margin = 1.96 * data.std() / 20
    assert found.value == pytest.approx(data.mean())
    assert found.low == pytest.approx(data.mean() - margin, abs=0.1 * margin)
    assert found.high == pytest.approx(data.mean() + margin, abs=0.1 * margin)


def width(interval: Interval) -> float:
    assert interval.low is not None
    assert interval.high is not None
    return interval.high - interval.low


def test_questions_of_one_document_are_one_piece_of_news() -> None:
    data = np.repeat(np.random.default_rng(1).normal(size=100), 4).tolist()
    units = [n // 4 for n in range(400)]
    (alone,) = intervals(mean_of(data), range(400), resamples=2000, seed=0)
    (whole,) = intervals(mean_of(data), units, resamples=2000, seed=0)
    # Four copies of each value: the interval is twice as wide as if they were independent.
    assert width(whole) / width(alone) == pytest.approx(2, abs=0.15)


def test_a_resample_with_nothing_to_count_is_left_out() -> None:
    def first(counts: Floats) -> tuple[Floats, Floats]:
        return counts[:, :1], counts[:, :1]

    def none(counts: Floats) -> tuple[Floats, Floats]:
        return 0 * counts[:, :1], 0 * counts[:, :1]

    (found,) = intervals(first, [0, 1], resamples=50, seed=0)
    assert (found.value, found.low, found.high) == (1, 1, 1)
    (empty,) = intervals(none, [0, 1], resamples=50, seed=0)
    assert (empty.value, empty.low, empty.high) == (None, None, None)


# whatever comes

_offsets = st.integers(-5, 400)
_names = st.sampled_from(["t0", "t1", "t7", "nowhere"])
_citations = st.builds(
    CitedSpan,
    document_id=_names,
    start=_offsets,
    end=_offsets,
    quote=st.none() | st.sampled_from(["Rain.", "Town 1", "no such", ""]),
    utf16_start=st.none() | _offsets,
)
_passages = st.builds(RetrievedSpan, document_id=_names, start=_offsets, end=_offsets)
_parts = st.builds(
    AnswerPart,
    start=_offsets,
    end=_offsets,
    citations=st.lists(st.integers(-1, 4), max_size=3).map(tuple),
)
_responses = st.builds(
    Response,
    question_id=st.just(""),
    status=st.sampled_from(ResponseStatus),
    text=st.sampled_from(["", "  ", "Town 1 has 101 bridges.", "It isn't. Nobody met Ada in May."]),
    parts=st.lists(_parts, max_size=3).map(tuple),
    citations=st.lists(_citations, max_size=3).map(tuple),
    passages=st.lists(_passages, max_size=4).map(tuple),
    confidence=st.none() | st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    error=st.none() | st.just("failed"),
)


@given(st.lists(_responses, max_size=18), st.integers(0, 3))
def test_every_value_is_a_number_in_its_range(said: list[Response], skip: int) -> None:
    responses = [
        msgspec.structs.replace(response, question_id=question.id)
        for question, response in zip(DATASET.questions, said, strict=False)
    ]
    skipped = [question.id for question in DATASET.questions[:skip]]
    scores = score(DATASET, responses, skipped=skipped, resamples=20)
    # Not through JSON: msgspec writes a NaN as null, and so would hide it.
    for row in scores.questions:
        skipping = row.outcome is QuestionOutcome.SKIPPED
        assert set(row.values) == (set() if skipping else {measure.name for measure in MEANS})
        known = {k: v for k, v in row.values.items() if v is not None}
        known.pop("citations_per_answer", None)
        assert [name for name, value in known.items() if not 0 <= value <= 1] == []
    for name, estimate in scores.estimates.items():
        found = (estimate.low, estimate.value, estimate.high)
        most = 3 if name == "citations_per_answer" else 1
        assert found == (None,) * 3 or all(limit is not None and 0 <= limit <= most
                                           for limit in found), name  # fmt: skip
    points = (
        *scores.curves.risk_coverage,
        *((0.0, share) for _, share in scores.curves.span_recall),
    )
    bins = ((one.confidence, one.accuracy) for one in scores.curves.reliability)
    assert [pair for pair in (*points, *bins) if not all(0 <= value <= 1 for value in pair)] == []
    counts = scores.counts
    assert counts["total"] == counts["scored"] + counts["failed"] + counts["skipped"]
    matrix = sum(n for name, n in counts.items() if name.startswith(("answerable", "unanswerable")))
    assert matrix == counts["scored"]


def test_an_empty_data_set_has_nothing_to_count() -> None:
    scores = score(Dataset(card=CARD, documents={}, questions=()), [], resamples=10)
    assert {estimate.value for estimate in scores.estimates.values()} == {None}
    assert scores.counts["total"] == 0


def test_a_pipeline_is_scored_in_a_few_lines() -> None:
    rivers = SourceDocument(id="rivers", title="Rivers", text="The Po is 652 km long.")
    lakes = SourceDocument(id="lakes", title="Lakes", text="Garda is the largest lake of Italy.")
    gold = GoldSpan(document_id="rivers", start=0, end=22, text="The Po is 652 km long.")
    dataset = Dataset(
        card=Card(name="italy", licence="CC0-1.0", source="me", language="en"),
        documents={"rivers": rivers, "lakes": lakes},
        questions=(
            Question(id="1", text="How long is the Po?", answerable=True,
                     answers=("652 km",), spans=(gold,)),
            Question(id="2", text="How deep is Garda?", answerable=False, topic="on"),
        ),
    )  # fmt: skip
    scores = score(
        dataset,
        [
            Response(
                question_id="1",
                text="The Po is 652 km long.",
                citations=(CitedSpan(document_id="rivers", start=0, end=11),),
                passages=(
                    RetrievedSpan(document_id="lakes", start=0, end=35),
                    RetrievedSpan(document_id="rivers", start=0, end=22),
                ),
            ),
            Response(question_id="2", status=ResponseStatus.ABSTAINED),
        ],
    )
    now = values(scores)
    assert (now["mrr@10"], now["span_recall@5"], now["span_precision@5"]) == (0.5, 1, 0.385965)
    assert (now["answer_contained"], now["conditioned_score"]) == (1, 1)
    assert (now["citation_recall"], now["citation_precision"]) == (0.5, 1)
    assert (now["lexical_support"], now["answer_in_citations"]) == (0, 0)
    assert scores.estimates["conditioned_score"].low == 1
    assert scores.resampled == "questions"
