"""Chunks follow the shape of a text: headings, rows of tables, lines of code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citespan.index.corpus.contexts import contexts_of
from citespan.index.layout import Outline
from citespan.index.parse.parsed import Heading, Table
from citespan.index.text.chunking import counted_chunks
from citespan.index.text.shape import Shape
from citespan.index.types import Span


def words(text: str) -> int:
    return len(text.split())


def chunks(text: str, limit: int, shape: Shape) -> list[str]:
    return [span.of(text) for span, _ in counted_chunks(text, limit, words, shape)]


def headed(*sections: tuple[int, str, str]) -> tuple[str, Shape]:
    """A text of sections, each a level, a heading and a paragraph, and its shape."""
    text, headings = "", list[tuple[int, int]]()
    for level, heading, paragraph in sections:
        headings.append((len(text), level))
        text += f"{heading}\n\n" + (f"{paragraph}\n\n" if paragraph else "")
    return text, Shape(headings=headings)


def test_a_chunk_starts_at_each_heading_of_its_level_or_a_higher_one() -> None:
    text, shape = headed(
        (2, "Pumps", "They run."), (2, "Valves", "They turn."), (1, "Costs", "They rise.")
    )
    assert chunks(text, 50, shape) == [
        "Pumps\n\nThey run.",
        "Valves\n\nThey turn.",
        "Costs\n\nThey rise.",
    ]


def test_a_deeper_heading_starts_one_if_a_third_is_full() -> None:
    text, shape = headed((1, "Costs", "They rise."), (2, "Pumps", "They run."))
    assert chunks(text, 50, shape) == [text.strip()]
    assert chunks(text, 9, shape) == ["Costs\n\nThey rise.", "Pumps\n\nThey run."]
    deep, shape = headed((1, "Costs", "They rise."), (4, "Pumps", "They run."))
    assert chunks(deep, 9, shape) == [deep.strip()]


def test_text_before_the_first_heading_stands_alone() -> None:
    text, shape = headed((3, "Pumps", "They run."))
    moved = Shape(headings=[(start + 8, level) for start, level in shape.headings])
    assert chunks("Before.\n" + text, 50, moved) == ["Before.", "Pumps\n\nThey run."]


def test_a_heading_never_ends_a_chunk() -> None:
    text, shape = headed((1, "Costs", "They rise and rise."), (5, "Pumps", "They run all day."))
    assert chunks(text, 7, shape) == ["Costs\n\nThey rise and rise.", "Pumps\n\nThey run all day."]
    text, shape = headed((1, "All", ""), (2, "Costs", ""), (3, "Pumps", "They run."))
    assert chunks(text, 50, shape) == [text.strip()]


def test_rows_stay_whole_and_tables_stand_alone() -> None:
    rows = [f"Name: St. Louis {n}; Size: No. {n}." for n in range(4)]
    table = "\n\n".join(rows)
    text = f"Before it. More.\n\n{table}\n\nAfter it."
    start = text.index(rows[0])
    shape = Shape(lined=[Span(start, start + len(table))])
    assert chunks(text, 14, shape) == [
        "Before it. More.",
        "\n\n".join(rows[:2]),
        "\n\n".join(rows[2:]),
        "After it.",
    ]


def test_code_is_cut_by_lines() -> None:
    text = "def one(value):\n    return value. Next.\n\n\ndef two():\n    pass\n"
    outline = Outline(text, code=True)
    assert chunks(text, 5, outline.shape) == [
        "def one(value):\n    return value. Next.",
        "def two():\n    pass",
    ]


def test_furniture_is_left_out_unless_there_is_nothing_else() -> None:
    text = "The body.\n\nPage 1 of 2"
    assert chunks(text, 50, Outline(text, furniture=[(11, 22)]).shape) == ["The body."]
    assert chunks(text, 50, Outline(text, furniture=[(0, 22)]).shape) == [text]


def test_the_header_of_a_table_is_that_of_all_its_rows() -> None:
    text = "Heading\n\na | 1\n\na | 2\n\nb | 3"
    rows = [Table(9, 14, "A"), Table(16, 21, "A"), Table(23, 28, "B")]
    outline = Outline(text, [Heading(0, 7, 1)], rows)
    assert [span.of(text) for span in outline.shape.lined] == ["a | 1\n\na | 2", "b | 3"]
    assert outline.header(Span(0, 14)) == "A"
    assert outline.header(Span(16, 21)) == "A"
    assert outline.header(Span(23, 28)) == "B"
    assert outline.header(Span(0, 9)) == ""


@pytest.mark.parametrize(("room", "context"), [(40, "Name | Age"), (13, "")])
def test_a_header_that_rows_repeat_is_no_context_if_it_does_not_fit(
    room: int, context: str
) -> None:
    text = "Name: Ada; Age: 36.\n\nName: Bo; Age: 7."
    outline = Outline(text, (), [Table(0, 19, "Name | Age"), Table(21, 38, "Name | Age")])
    assert list(contexts_of(outline, "", [Span(0, 19)], words, room)) == [context]


def test_a_heading_that_repeats_the_title_is_no_context() -> None:
    text = "Harbour\n\nCranes\n\nOne lifts steel."
    outline = Outline(text, [Heading(0, 7, 1), Heading(9, 15, 2)])
    spans = [Span(17, 33)]
    assert list(contexts_of(outline, "HARBOUR", spans, words, 40)) == ["Cranes"]
    assert list(contexts_of(outline, "Ships", spans, words, 40)) == ["Harbour › Cranes"]


_lines = st.lists(st.sampled_from(["One two.", "Three. Four", "x", "", "A: 1; B: 2."]), max_size=12)


@given(_lines, st.data())
def test_chunks_hold_all_of_the_text_whatever_its_shape(
    lines: list[str], data: st.DataObject
) -> None:
    text = "\n".join(lines)
    places = st.integers(0, len(text))
    starts = sorted(data.draw(st.sets(places, max_size=5)))
    bounds = sorted(data.draw(st.sets(places, max_size=4)))
    shape = Shape(
        headings=[(start, data.draw(st.integers(1, 6))) for start in starts],
        lined=[Span(*pair) for pair in zip(bounds[::2], bounds[1::2], strict=False)],
    )
    found = counted_chunks(text, data.draw(st.integers(2, 12)), words, shape)
    covered = [at for span, _ in found for at in range(span.start, span.end)]
    assert len(covered) == len(set(covered))
    assert covered == sorted(covered)
    assert {at for at, one in enumerate(text) if not one.isspace()} <= set(covered)
