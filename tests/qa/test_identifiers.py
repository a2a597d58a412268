"""What a question names by number, code, letter or date."""

import pytest

from citespan.qa.english.identifiers import identifiers, is_of


@pytest.mark.parametrize(
    ("question", "said", "other"),
    [
        ("Who rents garage 41?", "Garage 41 is let to Ms Orre.", "Garage 410 is let to Mr Eke."),
        ("What is RX-77 made of?", "RX 77: steel", "RX-771: steel"),
        ("When was invoice 2031-0042 paid?", "Invoice 2031-0042 was paid.", "Invoice 2031-0024"),
        ("Who lives in Flat C?", "Flat C: Ms Orre", "Flat D: Mr Eke"),
        ("What is new in version 4.10.2?", "4.10.2 (May)", "4.10.20 (June)"),
        ("What happened on 3 June?", "On June 3 it rained.", "On 13 June it snowed."),
        ("How fast is the Kestrel 500?", "The Kestrel 500 flies fast.", "The Kestrel 50 flies."),
        ("What did World War 2 change?", "World War II changed it.", "World War I changed it."),
    ],
)
def test_a_thing_is_told_from_its_neighbour(question: str, said: str, other: str) -> None:
    (one,) = identifiers(question)
    assert one.firm
    assert is_of(one, [said]) is True
    assert is_of(one, [other]) is False
    assert is_of(one, ["Nothing of it."]) is None
    assert is_of(one, ["It holds two.", other, said]) is False  # the nearest decides


@pytest.mark.parametrize(
    "question",
    [
        "Does the battery last 24 months?",
        "Can I cancel within 14 days?",
        "Does the tank hold 60 litres?",
        "How many people over 65 live there?",
        "Is a 30-day trial offered?",
        "When does the shop open at 9:30?",
        "Who was the 42nd president?",
        "Does it exceed 100?",
        "Why should I take a rest?",
        "Which of the 3 boats is fastest?",
        "What do I get for the first 10,000 miles?",
        "Who pays the first 1,000,000 euros?",
        "A client has EUR 18 left. May we keep it?",
    ],
)
def test_what_counts_or_measures_names_nothing(question: str) -> None:
    assert identifiers(question) == []


def test_a_year_may_be_left_out_of_a_document() -> None:
    (year,) = identifiers("What was the fee in 2031?")
    assert not year.firm
    assert is_of(year, ["Fees of 2031"]) is True
    assert is_of(year, ["Fees of 2030"]) is False
