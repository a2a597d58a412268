"""What people and machines read of a run: report.html, junit.xml, the terminal."""

import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from citespan.evals.metrics.measures import MEASURES
from citespan.evals.report import glossary
from citespan.evals.report.excerpts import BRIEF, FULL, Excerpts
from citespan.evals.report.faults import MEANINGS, Fault, fault_of, sentence_of, worst_first
from citespan.evals.report.html import render_html
from citespan.evals.report.junit import render_junit
from citespan.evals.report.pages import Room, entries, said
from citespan.evals.report.tables import HEADLINE
from citespan.evals.report.text import Fit, kept, pieces, visible, within
from citespan.evals.results import Percentiles, QuestionOutcome, QuestionScore, Run, RunInfo
from citespan.evals.runs.references import REFERENCES
from citespan.evals.scoring import score
from citespan.evals.terminal import print_run
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
from citespan.index import Span

CARD = Card(name="towns", licence="CC0-1.0", source="written for this test", language="en")
VOID = ("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "line", "circle", "rect")
HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>",
    "' onmouseover='alert(3)' \" autofocus onfocus=\"alert(4)",
    "--><!-- <![CDATA[ ]]> &lt; &amp; {{ 7 * 7 }} {% raw %}",
    "nul \x00 bell \x07 escape \x1b[2J\x1b]0;owned\x07 delete \x7f c1 \x9b31m",
    "\u202eright to left\u202c \u2066isolate\u2069 \u200bwidth\ufeff \ufffe \U000e0041",
    "javascript:alert(5) https://example.com/x.png //example.com/y.js",
    "cr \r lf \n crlf \r\n tab \t line \u2028 paragraph \u2029",
    "é e\u0301 👩\u200d👩\u200d👧 𝔘𝔫 مرحبا שלום",
)


def document(text: str, name: str = "d1", title: str = "A town") -> SourceDocument:
    return SourceDocument(id=name, title=title, text=text)


def gold(text: str, part: str, name: str = "d1") -> GoldSpan:
    start = text.index(part)
    return GoldSpan(document_id=name, start=start, end=start + len(part), text=part)


def cited(text: str, part: str, name: str = "d1") -> CitedSpan:
    start = text.index(part)
    return CitedSpan(document_id=name, start=start, end=start + len(part), quote=part)


def run_of(
    documents: Iterable[SourceDocument],
    questions: Iterable[Question],
    responses: Iterable[Response],
    *,
    skipped: Iterable[str] = (),
    name: str = "towns",
) -> Run:
    """A finished run with its reference rows, scored as any other."""
    dataset = Dataset(
        card=msgspec.structs.replace(CARD, name=name),
        documents={document.id: document for document in documents},
        questions=tuple(questions),
    )
    said_by = {response.question_id: response for response in responses}
    left_out = frozenset(skipped)
    asked = [question for question in dataset.questions if question.id not in left_out]
    rows = {"citespan": [said_by[q.id] for q in asked if q.id in said_by]}
    rows |= {
        name: [
            reference(dataset, q, said_by.get(q.id, Response(question_id=q.id)), 0) for q in asked
        ]
        for name, reference in REFERENCES.items()
    }
    scores = {
        name: score(dataset, row, skipped=left_out, resamples=50, seed=0)
        for name, row in rows.items()
    }
    info = RunInfo(
        format=1, created_at="2026-11-24T07:07:09+00:00", citespan="0.1.0", subject="citespan",
        dataset={"name": name}, settings={"retrieval": {"top_k": 20, "min": None}},
        index={"chunks": 3},
        versions={"python": "3.11"}, machine={"cores": 2}, seed=0, resamples=50,
        latency_ms={"total": Percentiles(p50=1.0, p95=2.0, p99=12_345.6, max=3.0)},
        peak_memory_bytes=None,
    )  # fmt: skip
    return Run(dataset=dataset, info=info, scores=scores, responses=said_by)


TEXT = "Bern has 18 bridges. Basel has 6 bridges. Chur has none. " + "Rain fell. " * 30
SPANS = (gold(TEXT, "Bern has 18 bridges."),)
WHOLE = (RetrievedSpan(document_id="d1", start=0, end=len(TEXT), score=2.5),)


def question(name: str, **changes: object) -> Question:
    asked = Question(
        id=name, text=f"How many bridges has Bern ({name})?", answerable=True,
        answers=("18",), spans=SPANS, relevant={"d1": 1},
    )  # fmt: skip
    return msgspec.structs.replace(asked, **changes)


def right(name: str) -> Response:
    return Response(
        question_id=name, text="Bern has 18 bridges.", citations=(cited(TEXT, SPANS[0].text),),
        parts=(AnswerPart(start=0, end=20, citations=(0,)),), passages=WHOLE, confidence=0.9,
        timings_ms={"total": 1234.5, "embed": 3.25},
    )  # fmt: skip


def changed(name: str, **changes: object) -> Response:
    return msgspec.structs.replace(right(name), **changes)


UNANSWERABLE: dict[str, object] = {
    "answerable": False,
    "answers": (),
    "spans": (),
    "relevant": {},
    "topic": "on",
}
MOVED = (CitedSpan(document_id="d1", start=1, end=21, quote="Bern has 18 bridges."),)
ELSEWHERE = (cited(TEXT, "Basel has 6 bridges."),)


@pytest.fixture(scope="module")
def faulty() -> Run:
    """A question of each kind of fault, of each that is fine, and one that was left out."""
    questions = [
        question("fine"), question("wrong-answer"), question("wrong-evidence"),
        question("abstained"), question("false", **UNANSWERABLE), question("error"),
        question("untrue"), question("refused", **UNANSWERABLE), question("left-out"),
    ]  # fmt: skip
    responses = [
        right("fine"),
        changed("wrong-answer", text="Bern has bridges."),
        changed("wrong-evidence", citations=ELSEWHERE),
        Response(question_id="abstained", status=ResponseStatus.ABSTAINED, passages=WHOLE),
        right("false"),
        Response(question_id="error", error="HTTP 503 <overloaded>"),
        changed("untrue", citations=MOVED),
        Response(
            question_id="refused", status=ResponseStatus.ABSTAINED, reason="no_relevant_passage"
        ),
    ]
    return run_of([document(TEXT)], questions, responses, skipped=["left-out"])


class Page(HTMLParser):
    """What a browser would make of the report, near enough: tags must nest and close."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self._open.append((tag, attributes))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for tag, attributes in self._open:
            for key in (tag, *(f"#{attributes[n]}" for n in ("id",) if n in attributes)):
                self.texts.setdefault(key, []).append(data)
            for name in attributes.get("class", "").split():
                self.texts.setdefault(f".{name}", []).append(data)

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]

    def text(self, key: str) -> str:
        return " ".join("".join(self.texts.get(key, [])).split())

    def having(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def assert_sound(html: str) -> Page:
    """Ids are unique, links lead somewhere in the page, nothing leads or loads from outside."""
    page = Page(html)
    ids = page.ids()
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    for href in page.having("href"):
        assert href[0] == "#"
        assert href[1:] in ids
    for reference in ("aria-labelledby", "aria-describedby", "for"):
        for names in page.having(reference):
            assert set(names.split()) <= set(ids)
    for name in ("src", "srcset", "action", "style", "data", "poster", "background", "xlink:href"):
        assert page.having(name) == []
    assert not [n for _, attributes in page.tags for n in attributes if n.startswith("on")]
    kinds = Counter(tag for tag, _ in page.tags)
    assert kinds["script"] == kinds["style"] == kinds["main"] == kinds["h1"] == 1
    assert not kinds.keys() & {"link", "img", "iframe", "object", "embed", "form", "base", "video"}
    assert not re.search(r"@import|url\(", page.text("style"))
    assert "default-src 'none'" in page.having("content")[0]
    return page


def test_every_fault_is_found_and_told_in_a_sentence(faulty: Run):
    rows = faulty.scores["citespan"].questions
    found = {row.question_id: fault_of(row) for row in rows}
    assert found == {
        "fine": None, "refused": None, "left-out": None,
        "wrong-answer": Fault.WRONG_ANSWER, "wrong-evidence": Fault.WRONG_EVIDENCE,
        "abstained": Fault.OVER_ABSTENTION, "false": Fault.FALSE_ANSWER,
        "error": Fault.FAILED, "untrue": Fault.UNTRUE_POINTER,
    }  # fmt: skip
    assert {row.question_id: sentence_of(row) for row in rows} == {
        "fine": "Nothing went wrong: the answer is right and a citation touches the gold.",
        "refused": "Nothing went wrong: it gave no answer, and the documents do not say.",
        "left-out": "It was not asked in this run.",
        "wrong-answer": "What it said contains no accepted answer.",
        "wrong-evidence": "No citation touches the gold; all of the gold was in the first five"
        " passages.",
        "abstained": "It gave no answer, but the documents say; all of the gold was in the first"
        " five passages.",
        "false": "It answered, but the documents do not say.",
        "error": "The system gave an error: HTTP 503 <overloaded>",
        "untrue": "A citation does not match the text where it points.",
    }
    worst = [rows[at].question_id for at in worst_first(rows)]
    assert worst == [
        "untrue", "error", "false", "abstained", "wrong-evidence", "wrong-answer",
        "fine", "refused",
    ]  # fmt: skip
    assert set(MEANINGS) == set(Fault)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"answer_score": 0.25, "fact_recall": 0.25},
            "It stated 25% of the facts of a full answer.",
        ),
        ({"answer_score": 0.4, "citation_recall": 0.4}, "It cited 40% of the gold."),
        ({}, "Nothing is known to be wrong; there is no gold to judge the answer by."),
        ({"citation_overlap": 0.0}, "No citation touches the gold."),
        (
            {"citation_overlap": 0.0, "span_recall@5": 0.0},
            "No citation touches the gold; none of the gold was in the first five passages.",
        ),
    ],
)
def test_sentences_say_what_is_known(values: dict[str, float], sentence: str):
    row = QuestionScore(question_id="q", outcome=QuestionOutcome.SCORED, values=values)
    assert sentence_of(row) == sentence


def test_the_report_shows_what_went_wrong_worst_first(faulty: Run):
    page = assert_sound(render_html(faulty))
    rows = [name for name in page.ids() if re.fullmatch(r"row-\d+", name)]
    assert rows == [f"row-{n}" for n in (7, 6, 5, 4, 3, 2, 1, 8)]
    links = [a for tag, a in page.tags if tag == "a" and "data-kind" in a]
    assert [a["data-kind"] for a in links] == [*Fault, "fine"]
    assert [a["href"] for a in links] == [f"#row-{n}" for n in (7, 6, 5, 4, 3, 2, 1)]
    for number, row in enumerate(faulty.scores["citespan"].questions[:8], start=1):
        assert sentence_of(row) in page.text(f"#question-{number}")
    assert "c1:" in page.text("#question-7")
    assert "(1 more were left out of this run)" in page.text("header")
    assert "embed 3.2 ms" in page.text("#question-1")
    assert "total 1,234 ms" in page.text("#question-1")
    assert "1 untrue citation" in page.text(".kinds")
    assert "2 fine" in page.text(".kinds")


def test_the_headline_explains_each_measure_and_has_all_reference_rows(faulty: Run):
    page = assert_sound(render_html(faulty))
    for name in HEADLINE:
        estimate = faulty.scores["citespan"].estimates[name]
        if estimate.value is not None:
            assert glossary.MEASURES[name] in page.text(".measures")
            assert f"{estimate.value:.3f} {estimate.low:.3f}–{estimate.high:.3f}".replace(
                " ", ""
            ) in page.text(".measures").replace(" ", "")
    for name in REFERENCES:
        assert name in page.text("thead")
        assert glossary.REFERENCES[name] in page.text(".glossary")


def test_every_measure_and_reference_is_explained():
    assert set(glossary.MEASURES) == {measure.name for measure in MEASURES}
    assert set(glossary.REFERENCES) == {*REFERENCES, "hybrid", "bm25", "dense"}


def test_plots_have_titles_axes_and_units(faulty: Run):
    html = render_html(faulty)
    page = assert_sound(html)
    assert html.count('role="img"') == 4
    for words in (
        "Risk against coverage", "Reliability diagram", "Span recall against characters",
        "Latency by stage", "coverage (share of questions answered)", "milliseconds",
        "stated confidence", "characters read, best passages first",
    ):  # fmt: skip
        assert words in page.text("svg"), words
    assert "12,346 ms" in page.text("svg")
    assert "top passage" in page.text(".name")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_only_ever_text(hostile: str):
    text = f"{hostile} and {hostile}"
    spans = (GoldSpan(document_id=hostile, start=2, end=len(hostile), text=hostile[2:]),)
    asked = question(
        hostile, text=hostile, answers=(hostile,), spans=spans, relevant={hostile: 1},
        facts=(Fact(text=hostile),), references=(hostile,),
    )  # fmt: skip
    answer = Response(
        question_id=hostile, text=hostile, reason=hostile,
        citations=(CitedSpan(document_id=hostile, start=0, end=len(hostile) + 2, quote=hostile),),
        passages=(RetrievedSpan(document_id=hostile, start=0, end=len(text)),),
        timings_ms={hostile: 1.0},
    )  # fmt: skip
    failed = question(f"{hostile}2", text=hostile)
    result = run_of(
        [document(text, hostile, hostile), document(TEXT)],
        [asked, failed],
        [answer, Response(question_id=failed.id, error=hostile)],
        name=hostile,
    )
    html = render_html(result)
    page = assert_sound(html)
    assert visible(hostile).split() == page.text("h1").removeprefix("citespan on ").split()
    shown = "".join(visible(hostile).split())
    assert shown in page.text(".excerpt").replace(" ", "").replace("[1]", "")
    assert not re.search(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]", html
    )
    suite = ET.fromstring(render_junit(result))  # noqa: S314  (our own text)
    assert visible(hostile).split() == (suite.get("name") or "").split()
    assert len(suite.findall("testcase/error")) == 1
    for width in (60, 80):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", printed(result, width))


def _no_questions() -> Run:
    return run_of([document(TEXT)], [], [])


def _all_left_out() -> Run:
    return run_of([document(TEXT)], [question("a")], [], skipped=["a"])


def _no_answerable() -> Run:
    refused = Response(question_id="a", status=ResponseStatus.ABSTAINED)
    return run_of([document(TEXT)], [question("a", **UNANSWERABLE)], [refused])


def _no_spans() -> Run:
    return run_of([document(TEXT)], [question("a", spans=())], [right("a")])


def _no_gold_at_all() -> Run:
    return run_of(
        [document(TEXT)], [question("a", spans=(), answers=(), relevant={})], [right("a")]
    )


def _only_failures() -> Run:
    return run_of([document(TEXT)], [question("a")], [Response(question_id="a", error="")])


@pytest.mark.parametrize(
    "make",
    [_no_questions, _all_left_out, _no_answerable, _no_spans, _no_gold_at_all, _only_failures],
)
def test_parts_of_a_data_set_may_be_missing(make: Callable[[], Run]):
    result = make()
    page = assert_sound(render_html(result))
    assert "over 1 document" in page.text("header")
    assert "None" not in page.text("main")
    assert "nan" not in page.text("main").lower().split()
    ET.fromstring(render_junit(result))  # noqa: S314  (our own text)
    assert "citespan on towns" in printed(result, 80)


@given(
    text=st.text(alphabet="ab\r\n𝔘é\u0301\u202e<&", max_size=40),
    marks=st.lists(st.tuples(st.integers(-3, 45), st.integers(-3, 45)), max_size=6),
    gold_count=st.integers(0, 6),
)
def test_marks_hold_exactly_the_marked_characters(
    text: str, marks: list[tuple[int, int]], gold_count: int
):
    """Nested, overlapping, adjacent, empty, at the edges and beyond: each character once."""
    spans = [within(start, end, text) for start, end in marks]
    golden, quoted = spans[:gold_count], spans[gold_count:]
    whole = Span(0, len(text))
    found = pieces(text, whole, [whole], golden, quoted)
    assert "".join(piece.text for piece in found) == text
    at = itertools.accumulate((len(piece.text) for piece in found), initial=0)
    for start, piece in zip(at, found, strict=False):
        for place in range(start, start + len(piece.text)):
            assert piece.gold == any(s.start <= place < s.end for s in golden)
            assert piece.cited == any(s.start <= place < s.end for s in quoted)
    begun = [number for piece in found for number in piece.begins]
    assert sorted(begun) == [number for number, span in enumerate(quoted, start=1) if span]


@given(
    length=st.integers(0, 400),
    marks=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=5),
    start=st.integers(0, 50),
)
def test_what_is_cut_is_counted(length: int, marks: list[tuple[int, int]], start: int):
    fit = Fit(whole=60, around=15, most=120)
    text = "x" * (start + length)
    span = Span(start, start + length)
    spans = [within(a, b, text) for a, b in marks]
    parts = kept(span, spans, fit)
    found = pieces(text, span, parts, spans, [])
    shown = sum(len(piece.text) for piece in found)
    assert shown + sum(piece.left_out for piece in found) == length
    assert shown <= max(fit.whole, fit.most)
    assert shown == length if length <= fit.whole else shown > 0
    touched = [mark for mark in spans if mark.overlap(span)]
    if touched and sum(2 * 2 * fit.around for _ in touched) <= fit.most:
        first = min(max(mark.start, start) for mark in touched)
        assert any(part.start <= first < part.end for part in parts)


def marked(result: Run, number: int = 1) -> str:
    """The first excerpt of a question with its marks as brackets: [gold], (cited), {both}."""
    page = render_html(result).partition(f'id="question-{number}"')[2]
    text = page.partition('<p class="text" dir="auto">')[2].partition("</p>")[0]
    text = re.sub(r"<sup>.*?</sup>", "", text)
    text = re.sub(r'<mark class="gold cited">(.*?)</mark>', r"{\1}", text, flags=re.DOTALL)
    text = re.sub(r'<mark class="gold">(.*?)</mark>', r"[\1]", text, flags=re.DOTALL)
    return re.sub(r'<span class="cited">(.*?)</span>', r"(\1)", text, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("golden", "quoted", "expected"),
    [
        ([(0, 3)], [(3, 6)], "[one](two)three"),  # adjacent, at the start
        ([(3, 11)], [(6, 11)], "one[two]{three}"),  # nested, at the end
        ([(0, 6)], [(3, 11)], "[one]{two}(three)"),  # overlapping
        ([(0, 11)], [(0, 11)], "{onetwothree}"),  # all of it
        ([(3, 6), (3, 6)], [], "one[two]three"),  # twice the same
        ([], [(0, 3), (2, 5)], "(on)(e)(tw)othree"),  # each citation begins a piece
    ],
)
def test_marks_in_the_report(
    golden: list[tuple[int, int]], quoted: list[tuple[int, int]], expected: str
):
    text = "onetwothree"
    asked = question(
        "a",
        spans=tuple(GoldSpan(document_id="d1", start=a, end=b, text=text[a:b]) for a, b in golden),
    )
    answer = changed(
        "a",
        citations=tuple(CitedSpan(document_id="d1", start=a, end=b) for a, b in quoted),
        parts=(),
        passages=(RetrievedSpan(document_id="d1", start=0, end=11),),
    )
    assert marked(run_of([document(text)], [asked], [answer])) == expected


def test_marks_count_code_points_of_astral_text_and_line_ends():
    text = "𝔘𝔫𝔦 👩\u200d👧\r\nBern 🇨🇭 has 18.\r\nEnd 𝔘"
    asked = question("a", spans=(gold(text, "Bern 🇨🇭 has 18."), gold(text, "𝔘𝔫𝔦")))
    answer = changed("a", citations=(cited(text, "🇨🇭 has"),), parts=(), passages=())
    result = run_of([document(text)], [asked], [answer])
    assert "[Bern ]{🇨🇭 has}[ 18.]" in marked(result)
    assert marked(result).startswith("[𝔘𝔫𝔦] 👩\u200d👧") or "[𝔘𝔫𝔦]" in render_html(result)


def excerpts_of(text: str, asked: Question, answer: Response, *, brief: bool = False) -> Excerpts:
    dataset = Dataset(card=CARD, documents={"d1": document(text)}, questions=(asked,))
    return Excerpts(dataset, asked, answer, BRIEF if brief else FULL)


def test_spans_that_no_passage_holds_are_shown_and_named():
    passages = (RetrievedSpan(document_id="d1", start=300, end=320),)
    answer = changed("a", passages=passages, citations=(*ELSEWHERE, *_nowhere()))
    found = excerpts_of(TEXT, question("a"), answer).all()
    assert [excerpt.heading for excerpt in found] == [
        "Passage 1",
        "Gold, in no retrieved passage",
        "Citation 1, in no retrieved passage",
        "Citation 2, in no retrieved passage",
        "Citation 3, in no retrieved passage",
    ]
    assert found[1].before is False
    assert found[1].after is True
    notes = [excerpt.note for excerpt in found]
    assert notes[3:] == ["The document has no text there.", "There is no such document."]


def _nowhere() -> tuple[CitedSpan, ...]:
    return (
        CitedSpan(document_id="d1", start=90_000, end=90_010),
        CitedSpan(document_id="gone", start=0, end=4),
    )


def test_passages_with_gold_are_shown_however_low_they_rank():
    places = [(60 + 5 * n, 65 + 5 * n) for n in range(8)] + [(0, 20)]
    passages = tuple(RetrievedSpan(document_id="d1", start=a, end=b) for a, b in places)
    made = excerpts_of(TEXT, question("a"), changed("a", passages=passages, citations=()))
    headings = [excerpt.heading for excerpt in made.all()]
    assert headings == [f"Passage {rank}" for rank in (1, 2, 3, 4, 5, 9)]
    assert made.left_out() == ["3 more passages without gold and cited text"]


def test_a_long_passage_is_cut_around_its_marks_and_says_so():
    text = "a " * 50_000 + "Bern has 18 bridges." + " b" * 50_000
    passage = RetrievedSpan(document_id="d1", start=0, end=len(text))
    asked = question("a", spans=(gold(text, "Bern has 18 bridges."),))
    answer = changed("a", passages=(passage,), citations=(), text="x" * 100_000)
    html = render_html(run_of([document(text)], [asked], [answer]))
    page = assert_sound(html)
    assert len(html.encode()) < 150_000
    assert "99,700 characters left out" in page.text(".text")
    assert "Bern has 18 bridges." in page.text(".text")
    assert "96,000 characters of the answer" in page.text("#question-1")


def test_a_large_run_shows_less_of_what_went_wrong_least_and_says_so():
    questions = [question(f"q{n}") for n in range(30)]
    responses = [right(f"q{n}") for n in range(29)]
    responses.append(changed("q29", text="Bern has bridges."))
    result = run_of([document(TEXT)], questions, responses)
    one = (entries(result, Room())[0].page or pytest.fail("no page")).size
    html = render_html(result, Room(full=5 * one, all=12 * one, rows=20))
    page = assert_sound(html)
    assert len([name for name in page.ids() if name.startswith("row-")]) == 20
    assert 'id="question-30"' in html  # the one that is wrong
    told = page.text(".note")
    for words in ("with short excerpts only", "without a page", "10 questions not listed at all"):
        assert words in told
    assert "29 fine" in page.text(".kinds")
    assert len(html) < len(render_html(result))


def test_the_answer_is_cut_after_each_part():
    found = list(said("One. Two. Three", _parts((0, 4), (5, 9)), _nowhere()))
    assert [(part.text, part.numbers) for part in found] == [
        ("One.", (1,)), (" Two.", (2,)), (" Three", ()),
    ]  # fmt: skip
    for parts in (_parts((0, 9), (1, 2)), _parts((2, -1)), _parts((1, 1), (0, 1), (0, 1))):
        assert "".join(part.text for part in said("ab", parts, ())) == "ab"
    assert [part.numbers for part in said("ab", (), _nowhere())] == [(1, 2)]
    assert list(said("", (), _nowhere())) == []


def _parts(*places: tuple[int, int]) -> tuple[AnswerPart, ...]:
    return tuple(
        AnswerPart(start=start, end=end, citations=(n,)) for n, (start, end) in enumerate(places)
    )


def test_junit_tells_failures_from_errors_and_counts_them(faulty: Run):
    suite = ET.fromstring(render_junit(faulty))  # noqa: S314  (our own text)
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "9", "failures": "5", "errors": "1", "skipped": "1"}
    cases = {case.get("name"): case for case in suite}
    rows = {row.question_id: row for row in faulty.scores["citespan"].questions}
    for name, kind in (("untrue", "failure"), ("error", "error"), ("left-out", "skipped")):
        (found,) = cases[name]
        assert found.tag == kind
        assert found.get("message") == sentence_of(rows[name])
    assert "c1:" in (cases["untrue"][0].text or "")
    assert cases["false"][0].get("type") == Fault.FALSE_ANSWER
    assert list(cases["fine"]) == []
    assert cases["fine"].get("time") == "1.234"


def printed(result: Run, width: int, *, full: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_run(result, full=full, console=console)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("full", [False, True])
def test_the_terminal_fits_its_width_and_cuts_no_name(faulty: Run, width: int, full: bool):  # noqa: FBT001
    out = printed(faulty, width, full=full)
    assert max(map(len, out.splitlines())) <= width
    told = faulty.scores["citespan"].estimates
    for name in [measure.name for measure in MEASURES] if full else HEADLINE:
        if told[name].value is not None:
            assert re.search(rf"^{re.escape(name)} ", out, re.MULTILINE), name
    assert ("top passage" in out) is (width == 80)


def test_the_terminal_uses_the_words_of_the_report(faulty: Run):
    out = printed(faulty, 80)
    assert [line for line in out.splitlines() if line.startswith("1 ")] == [f"1 {f}" for f in Fault]
    assert "9 questions: 7 scored, 1 failed, 1 left out. 5 citations, 1 untrue." in out
    assert "The system gave an error: HTTP 503 <overloaded>" in out
    assert "c1: " in out


def test_the_terminal_names_the_first_and_counts_the_others():
    questions = [question(f"q{n}") for n in range(30)]
    responses = [changed(q.id, text="Bern has bridges.") for q in questions[:25]]
    responses += [right(q.id) for q in questions[25:]]
    out = printed(run_of([document(TEXT)], questions, responses), 80)
    assert "25 wrong answer" in out
    assert len(re.findall(r"^  q\d+", out, re.MULTILINE)) == 20
    assert "5 of these are not listed here; open report.html" in out
