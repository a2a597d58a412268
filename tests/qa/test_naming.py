"""What a question names tells which passages may answer it."""

from strategies import document

from citespan.index import Passage, Span
from citespan.index.layout import outline_of
from citespan.index.types import Chunk, Scores
from citespan.qa.evidence.naming import Named
from citespan.qa.evidence.pieces import pieces_of


def among(question: str, *texts: str) -> list[str]:
    """Return the texts that may answer, each of them the passage of a document."""
    documents = {f"d{at}": document(text, id=f"d{at}") for at, text in enumerate(texts)}
    pieces = [
        piece
        for name, one in documents.items()
        for piece in pieces_of(
            Passage(
                chunk=Chunk(
                    id=int(name[1:]), document_id=name, revision=1, span=Span(0, len(one.text)),
                    tokens=9,
                ),
                title="", text=one.text, scores=Scores(),
            ),
            one,
            outline_of(one, None),
        )
    ]  # fmt: skip
    return [piece.view.text for piece in Named(question).among(pieces, documents)]


def test_a_passage_that_names_only_another_of_the_kind_is_left_out() -> None:
    eleven, ten = "On Windows 11 it starts by itself.", "On Windows 10 it asks first."
    assert among("Does it start on Windows 11?", ten, eleven) == [eleven]


def test_a_passage_that_names_none_of_the_kind_may_answer() -> None:
    eleven, none = "Windows 11 came later than this guide.", "Windows is untested."
    assert among("Does it run on Windows 11?", none, eleven) == [none, eleven]


def test_if_all_name_another_too_those_with_some_of_it_may_answer() -> None:
    first, second = "Locker 12 is next to gate 3.", "Locker 14 is next to gate 5."
    assert among("Is locker 12 next to gate 5?", first, second, "Gates open.") == [first, second]


def test_a_year_by_itself_does_not_outweigh_a_name() -> None:
    plan, year = "Plan B costs 9 euros, as in 2024.", "Prices are reviewed in 2025."
    assert among("How much is plan B in 2025?", plan, year) == [plan]
    race, rain = "Race 5 was won by Ann, born in 1990.", "In 2021 it rained."
    assert among("Who won race 5 in 2021?", race, rain) == [race]


def test_what_no_document_names_is_answered_by_none() -> None:
    assert among("Does it run on Windows 11?", "Windows is untested.") == []
