"""The most, the least and the latest are found by comparing whole tables, or not at all."""

import pytest

from citespan.index.corpus import chunk_of
from citespan.index.layout import outline_of
from citespan.index.parse import document_of
from citespan.index.types import Document, Draft, Passage, Scores, Span
from citespan.qa.english.definitions import says_what_it_is
from citespan.qa.english.order import is_past
from citespan.qa.evidence.covering import Wanted, is_headed
from citespan.qa.evidence.extremes import extreme_rows, latest_row
from citespan.qa.evidence.source import PassageDocuments

KAYAKS = """# Kayaks

| Kayak | Day rate | Weight | Seats | Colour |
| --- | --: | --: | --: | --- |
| Otter | 30 EUR | 24 kg | 1 | red |
| Heron | 45 EUR | 31 kg | 2 | blue |
| Tern | 45 EUR | 18 kg | 1 | red |
| Total | 120 EUR | 73 kg | 4 | |

# Paddles

| Paddle | Length |
| --- | --: |
| Long | 240 cm |
| Short | 2 m |

# Manuals

| Version | Name |
| --- | --- |
| 1.9 | Brook |
| 1.10 | River |
| next | Lake |
"""
TENTS = "tent: Alp; price: 90 EUR; beds: 2.\n\ntent: Fen; price: 140 EUR; beds: 4."


def stored(*texts: str) -> tuple[list[Passage], PassageDocuments]:
    documents: dict[str, Document] = {}
    for text in texts:
        kind = "text/markdown" if text.startswith("#") else "text/plain"
        one = document_of(Draft(text=text, title="hire", media_type=kind))
        documents[one.id] = one
    passages = [
        Passage(
            chunk=chunk_of(one, Span(0, 20), 5), title=one.title, text=one.text[:20],
            scores=Scores(),
        )
        for one in documents.values()
    ]  # fmt: skip
    outlines = {name: outline_of(one, None) for name, one in documents.items()}
    return passages, PassageDocuments(documents, outlines)


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Which kayak is the lightest?", ["Tern"]),
        ("What is the cheapest kayak?", ["Otter"]),
        ("Which kayak is the most expensive?", ["Heron", "Tern"]),
        ("Which kayak has the most seats?", ["Heron"]),
        ("Which tent has the highest price?", ["Fen"]),
        ("Which paddle is the longest?", []),  # of different units
        ("Which red kayak is the heaviest?", []),  # of some rows only
        ("Which kayak is the fastest?", []),
        ("Which canoe is the cheapest?", []),
        ("Which is the cheapest?", []),  # of two tables
        ("Which kayak has the most colour?", []),
        ("How heavy is the Tern?", []),
    ],
)
def test_rows_with_the_most_or_the_least_are_found(question: str, rows: list[str]) -> None:
    found = extreme_rows(question, *stored(KAYAKS, TENTS))
    assert [one.shown.split(": ")[1].split(";")[0] for one in found] == rows


def test_the_latest_version_of_a_table_is_found() -> None:
    (row,) = latest_row("What is the latest version?", *stored(KAYAKS))
    assert row.shown == "Version: 1.10; Name: River"
    (row,) = latest_row("Which version is the oldest?", *stored(KAYAKS))
    assert row.shown == "Version: 1.9; Name: Brook"
    assert not latest_row("What is new in the latest version?", *stored(KAYAKS))
    assert not latest_row("What is the latest version of the paddle?", *stored(KAYAKS))


def test_the_latest_version_is_that_of_the_best_document() -> None:
    other = "# Boats\n\n| Version | Name |\n| --- | --- |\n| 7.1 | Loch |\n| 7.2 | Fjord |\n"
    (row,) = latest_row("What is the latest version?", *stored(other, KAYAKS))
    assert row.shown == "Version: 7.2; Name: Fjord"


def test_a_heading_is_the_term_or_asks_for_it() -> None:
    assert is_headed("bowline", "Bowlines")
    assert is_headed("HUT", "What does the name HUT mean?")
    assert not is_headed("bowline", "Bowlines and hitches")


def test_a_heading_names_what_is_done() -> None:
    asked = Wanted("How do I mend a hemp rope?")
    assert asked.named_by("Mending a rope", "Mending a rope\nHemp ropes")
    assert not asked.named_by("Mending a rope", "Mending a rope\nNylon ropes")
    assert not asked.named_by("Rope", "Rope\nMending hemp")
    assert not asked.named_by("Mending a rope and a net", "Mending a rope and a net\nHemp")


def test_a_sentence_says_what_something_is() -> None:
    assert says_what_it_is("HUT", "The HUT (Hall) is a shed.")
    assert not says_what_it_is("HUT", "HUT uses rope.")
    assert not says_what_it_is("hut", "Huts are sheds.")


def test_headings_say_that_what_is_below_holds_no_longer() -> None:
    assert is_past("Legacy hire rules")
    assert is_past("Older versions")
    assert not is_past("Pass rules of the hut")


def test_the_words_of_a_name_written_as_one_are_words() -> None:
    assert Wanted("When does the order manager start?").covered("OrderManager starts at six.", "")
    assert not Wanted("What does OrderManager do?").covered("StockManager does it in order.", "")
