"""Headings and pointers are no answers, if the question is not one that they can answer."""

from dataclasses import replace

import pytest
from strategies import document

from citespan.index import Corpus, Draft, Passage, Span
from citespan.index.layout import outline_of
from citespan.index.text import Kind
from citespan.index.types import Chunk, Scores
from citespan.qa import Service
from citespan.qa.evidence.candidates import candidates
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.evidence.pointers import only_points
from citespan.qa.evidence.protocol import Reading
from citespan.qa.evidence.selection import ReadPassage
from citespan.qa.evidence.source import PassageDocuments
from citespan.qa.types import Status


def offered(text: str, question: str, *, title: str = "", answer: str = "") -> list[str]:
    """Return what of a text can be evidence for a question, as it is shown."""
    stored = replace(document(text), media_type="text/markdown")
    chunk = Chunk(
        id=1, document_id=stored.id, revision=1, span=Span(0, len(text)), tokens=9, context=""
    )
    passage = Passage(chunk=chunk, title=title, text=text, scores=Scores())
    source = PassageDocuments({stored.id: stored}, {stored.id: outline_of(stored, None)})
    (piece,) = source.pieces(passage)
    start = text.index(answer) if answer else 0
    reading = Reading(
        relevance=1.0, probability=0.9, marks=(),
        answer=Span(start, start + len(answer)) if answer else None,
    )  # fmt: skip
    read = ReadPassage(piece=piece, passage=passage, reading=reading)
    return [one.shown for one in candidates(read, source.units(piece), question)]


RELEASE = "# Tern 4.2 of Ida Holm\n\nIt has maps.\n"


@pytest.mark.parametrize(
    ("question", "title", "said"),
    [
        ("Which version of Tern has maps?", "", True),
        ("Who made Tern?", "Tern 4.2 of Ida Holm", True),
        ("What is the latest version of Tern?", "Tern 4.2 of Ida Holm", True),
        ("Tern maps", "", True),
        ("Tern maps", "Tern 4.2 of Ida Holm", False),
        ("What is Tern?", "Tern 4.2 of Ida Holm", False),
        ("How do I print maps with Tern?", "", False),
        ("how to print", "", False),
        ("Does Tern have maps?", "", False),
        ("How many versions has Tern?", "", True),
    ],
)
def test_a_heading_answers_what_it_can_say(question: str, title: str, said: bool) -> None:  # noqa: FBT001
    found = offered(RELEASE, question, title=title, answer="Tern 4.2 of Ida Holm")
    assert found == [*(["Tern 4.2 of Ida Holm"] if said else []), "It has maps."]


def test_a_title_alone_is_no_answer(corpus: Corpus, reader: BundledReader) -> None:
    text = "# Data deletion requests\n"
    corpus.put(
        Draft(id="one", title="Data deletion requests", text=text, media_type="text/markdown")
    )
    with Service(corpus, reader) as service:
        assert service.ask("How do I request a data deletion?").status is Status.ABSTAINED


@pytest.mark.parametrize(
    "pointer",
    [
        "See [Components](/components).",
        "Please refer to the [guide](https://a.example/g) for more information.",
        "[How to open it](/open) for details.",
        "For a full list of the taps, see the [documentation](/taps).",
        "Learn more about taps in the [handbook][1].",
        "https://a.example/taps",
    ],
)
def test_a_pointer_is_no_evidence_unless_it_is_asked_where(pointer: str) -> None:
    text = f"Turn the tap.\n\n{pointer}\n"
    assert offered(text, "How do I open the tap?") == ["Turn the tap."]
    assert len(offered(text, "Where is the list of taps?")) == 2


@pytest.mark.parametrize(
    "sentence",
    [
        "See the manager before you leave.",
        "Open the [settings](/settings).",
        "See [settings](/settings): the tap is to be closed at night.",
        "Ida wrote [the guide](/guide) for details of taps.",
        "The address is https://a.example/taps.",
    ],
)
def test_a_sentence_that_says_more_is_evidence(sentence: str) -> None:
    assert len(offered(f"{sentence}\n", "How do I open the tap?")) == 1


def test_a_table_of_contents_is_no_evidence() -> None:
    links = "- [Open it](#open)\n- [Close it](#close)\n"
    text = f"It turns.\n\nOn this page:\n\n{links}\nThat is all.\n"
    question = "How do I open the tap?"
    assert offered(text, question) == ["It turns.", "That is all."]
    others = text.replace("(#close)", "(/close)")
    assert len(offered(others, question)) == 5


def test_a_row_is_no_pointer() -> None:
    stored = document("https://a.example/taps\n")
    (unit,) = outline_of(stored, None).units(Span(0, len(stored.text)))
    assert only_points(unit, stored.text)
    assert not only_points(replace(unit, kind=Kind.ROW), stored.text)
