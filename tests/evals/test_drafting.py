"""Drafts: the questions that sentences give, twins that have no answer, a file people edit."""

import hashlib
import re
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import texts

from citespan.evals.drafting.acceptance import accept_drafts
from citespan.evals.drafting.making import make_drafts
from citespan.evals.drafting.reading import read_drafts
from citespan.evals.drafting.types import DraftedDocument, DraftKind, QuestionDraft
from citespan.evals.drafting.writing import write_drafts
from citespan.evals.errors import DatasetError
from citespan.evals.types import GoldSpan, SourceDocument
from citespan.index.text.segmentation import sentences

ARTICLE = """\
Harvard College was founded in 1636 by vote of the Great and General Court of Massachusetts.

Leeds Museum was established in 1819. The museum moved twice. It has a garden of roses.

Yorkshire Bank bought the archives of Henry Moore in 1984, which caused a dispute. Some think \
that Henry Moore disliked it.

In 1992, Margaret Fell married a baker from Leeds. Visitors came to see Margaret Fell in Leeds.

Dr. Margaret Fell was the first director of Leeds Museum. Kirkstall Abbey is located in Leeds.

Kirkstall Library was opened on 12 May 1951. The reading rooms of Kirkstall Library are closed.

About 40,000 people live near the River Aire in summer. A water mill is a machine that grinds corn.

The Royal Armouries Museum (RAM) has 75,000 objects in its collection.
"""


def document(text: str, name: str = "doc") -> SourceDocument:
    return SourceDocument(id=name, title="", text=text)


def asked(text: str) -> list[tuple[str, tuple[str, ...]]]:
    drafts = make_drafts([document(text)], most=100)
    return [(d.question, d.answers) for d in drafts if d.kind is not DraftKind.TWIN]


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "Leeds Museum was first established in York in 1819.",
            'Fill in: "Leeds Museum was first established in York in ____."',
            "1819",
        ),
        (
            "In 1992, Henry Moore founded the Leeds Museum, which closed later.",
            'Fill in: "In ____, Henry Moore founded the Leeds Museum, which closed later."',
            "1992",
        ),
        (
            "Kirkstall Abbey has about 1,200 visitors in an average week.",
            'Fill in: "Kirkstall Abbey has about ____ visitors in an average week."',
            "1,200",
        ),
        (
            "The Armouries Museum of Leeds spent $2.5 million on swords and shields.",
            'Fill in: "The Armouries Museum of Leeds spent ____ on swords and shields."',
            "$2.5 million",
        ),
        (
            "Students of Ripon College gathered near the bridge in 1984.",
            'Fill in: "Students of Ripon College gathered near the bridge in ____."',
            "1984",
        ),
        # What leans on other sentences, what is a fragment, a list, a question or a heading.
        ("It was founded in 1636 by a vote of the Court of Massachusetts.", None, None),
        ("This museum was founded in 1636 by a vote in Massachusetts.", None, None),
        ("The city was founded in 1636 by a vote of the people.", None, None),
        ("Was Leeds Museum founded in 1636 by a vote in Massachusetts?", None, None),
        ("- Leeds Museum was established in 1819 in York", None, None),
        ("Leeds Museum opened.", None, None),
        ("The treaty signed in 1987 ended the war for good.", None, None),
        ("After Leeds Museum was established in York in 1819.", None, None),
    ],
)
def test_a_sentence_gives_its_question(
    sentence: str, question: str | None, answer: str | None
) -> None:
    found = asked(sentence)
    assert found == ([(question, (answer,))] if question else [])


def test_a_question_that_two_sentences_answer_is_not_asked() -> None:
    once = "Leeds Museum was opened in Leeds in 1819."
    again = "Leeds Museum was opened in Leeds in 1902."
    assert asked(once) == [('Fill in: "Leeds Museum was opened in Leeds in ____."', ("1819",))]
    assert asked(f"{once}\n\n{again}") == []
    assert make_drafts([document(once, "a"), document(again, "b")]) == []


def test_a_twin_asks_about_what_nothing_is_said_of() -> None:
    first = document("Leeds Museum was established by volunteers in 1819.", "a")
    second = document("Visitors like Ripon Museum for the quiet garden it has.", "b")
    drafts = make_drafts([first, second], most=10)
    original = next(d for d in drafts if d.kind is DraftKind.CLOZE)
    twin = next(d for d in drafts if d.kind is DraftKind.TWIN)
    assert original.question == 'Fill in: "Leeds Museum was established by volunteers in ____."'
    assert twin.question == 'Fill in: "Ripon Museum was established by volunteers in ____."'
    assert twin.twin_of == original.id
    assert twin.answers == ()
    # Said of it, too, a passage away: then there is an answer, and no twin.
    third = document("Visitors like Ripon Museum. The volunteers are proud of it.", "b")
    assert not [d for d in make_drafts([first, third], most=10) if d.kind is DraftKind.TWIN]


def test_at_most_a_third_are_twins_and_no_more_than_asked_for() -> None:
    names = ["Leeds", "Ripon", "York", "Durham", "Hull", "Whitby", "Selby", "Otley"]
    verbs = ["founded", "restored", "painted", "flooded", "extended", "robbed", "sold", "closed"]
    whom = ["monks", "farmers", "nuns", "miners", "sailors", "bakers", "weavers", "judges"]
    text = "\n\n".join(
        f"{name} Museum was {verb} by {people} in 1{year}."
        for year, (name, verb, people) in enumerate(zip(names, verbs, whom, strict=True), 750)
    )
    drafts = make_drafts([document(text)], most=9)
    assert len(drafts) == 9
    assert sum(d.kind is DraftKind.TWIN for d in drafts) == 3
    assert {d.twin_of for d in drafts if d.twin_of} <= {d.id for d in drafts}
    assert len(make_drafts([document(text)], most=1)) == 1
    assert make_drafts([document(text)], most=0) == []


def test_drafts_are_spread_over_documents() -> None:
    long = "\n\n".join(f"Hull Mill number {n} was sold in Hull in 1{n}." for n in range(700, 760))
    short = "Whitby Abbey was restored by volunteers in 1920."
    drafts = make_drafts([document(long, "long"), document(short, "short")], most=4)
    assert {d.evidence.document_id for d in drafts} == {"long", "short"}


def _whole(documents: list[SourceDocument], drafts: list[QuestionDraft]) -> None:
    by_id = {d.id: d.text for d in documents}
    for draft in drafts:
        text = by_id[draft.evidence.document_id]
        assert draft.evidence.span.of(text) == draft.evidence.text
        assert draft.evidence.span in sentences(text)
        if draft.kind is DraftKind.TWIN:
            continue
        (answer,) = draft.answers
        assert answer in " ".join(draft.evidence.text.split())


_FACTS = st.builds(
    "{} {} {} in {}.".format,
    st.sampled_from(["Leeds Museum", "The Bank of Ripon", "Henry Moore", "Ripon College", "It"]),
    st.sampled_from(["was founded", "was sold to York Bank", "moved to Hull", "bought 14 mills"]),
    st.sampled_from(["by Henry Moore", "near York Bank", "with help from Hull", ""]),
    st.integers(1700, 1720),
)
_PROSE = st.lists(st.one_of(_FACTS, texts), max_size=12).map("\n\n".join)


@settings(max_examples=150, deadline=None)
@given(st.lists(_PROSE, max_size=3), st.integers(0, 30), st.integers(0, 3))
def test_on_any_text_spans_hold_and_the_same_comes_again(
    prose: list[str], most: int, seed: int
) -> None:
    documents = [document(text, f"d{n}") for n, text in enumerate(prose)]
    drafts = make_drafts(documents, most=most, seed=seed)
    _whole(documents, drafts)
    assert len(drafts) <= most
    assert len({d.id for d in drafts}) == len(drafts)
    assert drafts == make_drafts(documents, most=most, seed=seed)
    everything = [span.of(d.text) for d in documents for span in sentences(d.text)]
    for draft in drafts:
        if draft.swap:
            _said_nowhere(draft.question, draft.swap.new, everything)


def _said_nowhere(question: str, name: str, everything: list[str]) -> None:
    """No sentence that holds the name holds half of the other words of the question."""
    assert question.count(name) == 1
    words = set(re.findall(r"\w+", question.replace(name, " ")))
    telling = {word for word in words if len(word) > 4}
    for sentence in everything:
        if name in sentence:
            assert sum(word in sentence for word in telling) < len(words) / 2


@pytest.mark.parametrize(
    "text",
    [
        "word " * 40_000,
        "Abc " * 50_000,
        "A" * 200_000,
        "1,1" * 66_000,
        "A. " * 66_000,
        "Mr. Bell of the " * 12_500,
        "In 1987, Bell was " * 11_000,
        "(" * 200_000,
        "Bell (BELL) " * 16_000,
        "\U0001f469\u200d\U0001f467 " * 50_000,
        "مرحبا بك " * 22_000,
        "He said \u201cno\u201d. " * 12_000,
    ],
)
def test_200_000_characters_without_rest_take_seconds_at_most(text: str) -> None:
    began = time.perf_counter()
    drafts = make_drafts([document(text)])
    assert time.perf_counter() - began < 15
    _whole([document(text)], drafts)


# The file


def _write(folder: Path, drafts: list[QuestionDraft], documents: list[SourceDocument]) -> Path:
    file = folder / "drafts.yaml"
    write_drafts(file, drafts, documents, {d.id: f"texts/{d.id}.txt" for d in documents})
    return file


def _loader(*documents: SourceDocument):
    by_path = {f"texts/{d.id}.txt": d.text for d in documents}

    def load(recorded: DraftedDocument) -> str:
        return by_path[recorded.path]

    return load


def _draft(question: str, answer: str, text: str = "x") -> QuestionDraft:
    evidence = GoldSpan(document_id="doc", start=0, end=len(text), text=text)
    return QuestionDraft(
        id="q1",
        kind=DraftKind.CLOZE,
        question=question,
        answers=(answer,),
        evidence=evidence,
    )


def test_the_file_is_easy_to_edit(tmp_path: Path) -> None:
    file = _write(tmp_path, [_draft('Who: "A #1"?', "- no", "x: y")], [document("x: y")])
    assert file.read_text(encoding="utf-8").split("\n\n", 1)[1] == (
        "documents:\n- id: doc\n  title: ''\n  path: texts/doc.txt\n"
        f"  sha256: {hashlib.sha256(b'x: y').hexdigest()}\n"
        "\ndrafts:\n\n"
        '- accept:\n  kind: cloze\n  question: |-\n    Who: "A #1"?\n  answers: |-\n    - no\n'
        "  sentence: |-\n    x: y\n  document: doc\n  characters: 0 to 4\n"
        "  id: q1\n"
    )


@settings(max_examples=200, deadline=None)
@given(text=texts, accept=st.sampled_from([None, True, False]))
def test_any_text_survives_the_file(*, text: str, accept: bool | None) -> None:
    line = " ".join(text.split())
    answers = (line,) if line else ()
    draft = QuestionDraft(
        id="q1",
        kind=DraftKind.CLOZE,
        question=line,
        answers=answers,
        evidence=GoldSpan(document_id=line or "d", start=0, end=len(text), text=text),
        accept=accept,
    )
    with tempfile.TemporaryDirectory() as folder:
        source = SourceDocument(id=line or "d", title=text, text=text)
        file = _write(Path(folder), [draft], [source])
        read = read_drafts(file)
    assert read.drafts == (draft,)
    assert (read.documents[0].title, read.documents[0].id) == (text, line or "d")


def test_a_file_with_decisions_is_not_overwritten(tmp_path: Path) -> None:
    file = _write(tmp_path, [], [])
    with pytest.raises(DatasetError, match="already exists"):
        write_drafts(file, [], [], {})
    assert read_drafts(file).drafts == ()


def test_what_a_person_accepts_and_edits_becomes_a_data_set(tmp_path: Path) -> None:
    source = document(ARTICLE)
    drafts = make_drafts([source], most=30)
    file = _write(tmp_path, drafts, [source])
    blocks = file.read_text(encoding="utf-8").split("\n- accept:")
    when = next(n for n, b in enumerate(blocks) if "Kirkstall Library was opened on ____." in b)
    where = next(n for n, b in enumerate(blocks) if "Kirkstall Abbey is located in ____." in b)
    other = next(n for n in range(1, len(blocks)) if n not in {when, where})
    blocks[when] = " yes" + blocks[when].replace(
        'Fill in: "Kirkstall Library was opened on ____."',
        'On what day: "which", #1 - was it opened?',
    ).replace("    12 May 1951\n", "    12 May 1951\n    May 12, 1951\n", 1)
    blocks[where] = " YES  # sure" + blocks[where]
    blocks[other] = " No" + blocks[other]
    file.write_text("\r\n".join("\n- accept:".join(blocks).split("\n")), encoding="utf-8-sig")

    got = accept_drafts(file, _loader(source), name="mine")
    assert (got.rejected, got.undecided) == (1, len(drafts) - 3)
    assert got.dataset.card.name == "mine"
    assert dict(got.dataset.documents) == {"doc": source}
    by_text = {q.text: q for q in got.dataset.questions}
    assert set(by_text) == {
        'On what day: "which", #1 - was it opened?',
        'Fill in: "Kirkstall Abbey is located in ____."',
    }
    edited = by_text['On what day: "which", #1 - was it opened?']
    assert edited.answers == ("12 May 1951", "May 12, 1951")
    assert edited.answerable
    assert edited.cluster == "doc"
    [span] = edited.spans
    assert span.span.of(ARTICLE) == span.text == "Kirkstall Library was opened on 12 May 1951."


def test_an_accepted_twin_is_an_unanswerable_question(tmp_path: Path) -> None:
    sources = [
        document("Leeds Museum was established by volunteers in 1819.", "a"),
        document("Visitors like Ripon Museum for the quiet garden it has.", "b"),
    ]
    file = _write(tmp_path, make_drafts(sources), sources)
    file.write_text(file.read_text().replace("accept:\n  kind: twin", "accept: y\n  kind: twin"))
    [twin] = accept_drafts(file, _loader(*sources)).dataset.questions
    assert twin.text == 'Fill in: "Ripon Museum was established by volunteers in ____."'
    assert (twin.answerable, twin.topic, twin.spans, twin.answers) == (False, "on", (), ())
    assert twin.cluster == "a"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("- accept:", "- accept: maybe", r"drafts\.yaml, line 15: draft q\w+: 'accept' is 'maybe'"),
        ("characters: 0 to", "characters: 1 to", r"line 15: draft q\w+: the text at 1 to 47"),
        ("characters: 0 to 47", "characters: 0 to 99999", "is not the sentence given"),
        ("characters: 0 to 47", "characters: 47 to 0", "not two offsets"),
        ("characters: 0 to 47", "characters: many", "not two offsets"),
        ("answers: |-\n    1819", "answers: |-\n    1820", "no answer is in the sentence"),
        ("  sentence: |-\n    Leeds", "  sentence: |-\n    Hull", "is not the sentence given"),
        ("document: doc", "document: dog", "records no document 'dog'"),
        ("answers: |-\n    1819", "answers:", "the answer is empty"),
        ("question: |-\n    Fill", "question: ''\n  kind: |-\n    Fill", "'kind' comes twice"),
        ("kind: cloze", "kind: riddle", "not one of cloze, twin"),
        ("kind: cloze", "sort: cloze", "'sort' is unknown"),
        ("  kind: cloze\n", "", r"draft q\w+: 'kind' is missing"),
        ("question: |-\n    Fill", "question: |-\n  [Fill", "line 19: could not find"),
        (
            'question: |-\n    Fill in: "Leeds Museum was opened near Hull Mill in ____."',
            "question: [1]",
            "be a text",
        ),
        ("drafts:\n", "drafts: many\nrest:\n", "unknown|has to be a list|damaged"),
        ("\ndocuments:", "\npapers:", "'papers' is unknown"),
        ("sha256: ", "sha256: 0", "changed since the drafts were made"),
    ],
)
def test_damage_is_named_with_its_place(tmp_path: Path, old: str, new: str, reason: str) -> None:
    source = document("Leeds Museum was opened near Hull Mill in 1819.")
    drafts = make_drafts([source])
    assert [d.question for d in drafts] == [
        'Fill in: "Leeds Museum was opened near Hull Mill in ____."'
    ]
    file = _write(tmp_path, drafts, [source])
    text = file.read_text()
    assert old in text
    accepted = text.replace("- accept:", "- accept: yes").replace(old, new, 1)
    if old == "- accept:":
        accepted = text.replace(old, new)
    file.write_text(accepted)
    with pytest.raises(DatasetError, match=reason):
        accept_drafts(file, _loader(source))


def test_nothing_accepted_is_said(tmp_path: Path) -> None:
    source = document(ARTICLE)
    file = _write(tmp_path, make_drafts([source]), [source])
    with pytest.raises(DatasetError, match=r"none of \d+ drafts is accepted \(0 rejected"):
        accept_drafts(file, _loader(source))


def test_a_changed_document_is_refused(tmp_path: Path) -> None:
    source = document(ARTICLE)
    file = _write(tmp_path, make_drafts([source]), [source])
    file.write_text(file.read_text().replace("accept:", "accept: yes"))
    with pytest.raises(DatasetError, match=r"the text of texts/doc\.txt changed"):
        accept_drafts(file, _loader(document(ARTICLE + "More.")))


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"[" * 5000, b"a: b: c", b"- 1", b"\x01"]
)
def test_what_is_no_file_of_drafts_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.yaml"
    file.write_bytes(content)
    with pytest.raises(DatasetError, match=r"other\.yaml"):
        read_drafts(file)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_drafts(tmp_path / "missing.yaml")
