"""Texts of files as people see them: headings, items of lists, and sentences."""

from citespan.index import Span
from citespan.index.text import Kind, Unit
from citespan.index.text.structured import plain_units, structured_units

TEXT = """Needs

We need these. Buy them:

• a room:
  • for ten people
  1. with light
• a long walk

Costs
Rent; Light

(1) The parties agree that {long}.

===="""


def units(text: str, *headings: str) -> list[Unit]:
    spans = [Span(at := text.index(one), at + len(one)) for one in headings]
    found = structured_units(text, Span(0, len(text)), spans)
    assert all(one.view.text == one.span.of(text).replace("\n", " ") for one in found)
    return found


def test_items_are_without_their_marks_and_headings_by_themselves() -> None:
    found = units(TEXT, "Needs", "Costs")
    shown = [(one.kind, one.view.text, one.indent, one.numbered) for one in found[:7]]
    assert shown == [
        (Kind.HEADING, "Needs", 0, False),
        (Kind.SENTENCE, "We need these.", 0, False),
        (Kind.SENTENCE, "Buy them:", 0, False),
        (Kind.ITEM, "a room:", 0, False),
        (Kind.ITEM, "for ten people", 2, False),
        (Kind.ITEM, "with light", 2, True),
        (Kind.ITEM, "a long walk", 0, False),
    ]
    assert [one.kind for one in found[7:9]] == [Kind.HEADING, Kind.SENTENCE]
    groups = [one.group for one in found]
    assert groups == sorted(groups)
    assert groups[1] == groups[2]
    assert len({one.group for one in found if one.kind is Kind.ITEM}) == 2


def test_a_long_paragraph_with_a_number_is_no_item() -> None:
    found = units(TEXT.format(long="all is well and fair " * 20))
    assert found[-1].kind is Kind.SENTENCE
    assert found[-1].view.text.startswith("(1) The parties")


def test_a_span_from_inside_of_an_item_is_a_sentence() -> None:
    start = TEXT.index("ten people")
    found = structured_units(TEXT, Span(start, len(TEXT)), [])
    assert (found[0].kind, found[0].span) == (Kind.SENTENCE, Span(start, start + 10))


def test_nothing_but_rules_is_nothing() -> None:
    assert structured_units("----\n\n• •", Span(0, 8), []) == []


def test_plain_text_is_read_as_it_is_written() -> None:
    text = "A title that is longer than forty characters\n====\n\n- one\n- two"
    found = plain_units(text, Span(0, len(text)))
    assert [one.view.text for one in found] == [text.partition("\n")[0], "- one", "- two"]
    assert all(one.kind is Kind.SENTENCE for one in found)


def test_lines_that_an_editor_wrapped_are_read_as_one_but_not_those_of_code() -> None:
    text = "The huts of the northern valley and those\n  of the pass are dry. So be it.\n"
    whole = Span(0, len(text))
    found = plain_units(text, whole)
    assert [one.view.text for one in found] == [
        "The huts of the northern valley and those of the pass are dry.", "So be it.",
    ]  # fmt: skip
    assert found[0].span.of(text) == text[: text.index(" So")]
    assert found[0].view.origin(Span(0, 3)) == Span(0, 3)
    code = plain_units(text, whole, wrapped=False)
    assert [one.view.text for one in code] == [one.span.of(text) for one in found]
