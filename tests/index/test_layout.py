"""Places by character: what comes back is what a list of every character says."""

from bisect import bisect_right
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citespan.index.errors import StoreCorrupt
from citespan.index.layout import Layout, Outline, encoded, where_in_file, where_in_text
from citespan.index.layout.columns import packed, unpacked
from citespan.index.layout.outline import markdown_headings
from citespan.index.parse.parsed import Builder, Heading, PageSize, Parsed, ReadingWarning, Table
from citespan.index.parse.places import Box, Cell, Line, Node, Part, Place, PlaceRun, Slide
from citespan.index.types import Span

_small = st.integers(-300, 7000)
_words = st.text(max_size=5)
_others = st.one_of(
    st.builds(Cell, _words, st.integers(1, 9), st.integers(1, 9)),
    st.builds(Slide, st.integers(1, 9), st.booleans()),
    st.builds(Part, _words, _words),
    st.builds(Node, st.integers(1, 10**6), _words),
    st.builds(Line, st.integers(1, 10**6)),
)


@st.composite
def runs(draw: st.DrawFn) -> list[PlaceRun]:
    found: list[PlaceRun] = []
    at = 0
    for _ in range(draw(st.integers(0, 12))):
        start = at + draw(st.integers(0, 3))
        length = draw(st.integers(1, 6))
        at = start + length
        if draw(st.booleans()):
            found.append(PlaceRun(start, at, draw(_others)))
            continue
        edges = [draw(_small) for _ in range(2 * length)] if draw(st.booleans()) else []
        box = Box(draw(st.integers(1, 3)), draw(_small), 10, draw(_small), 20)
        found.append(PlaceRun(start, at, box, edges))
    return found


def expected(found: list[PlaceRun], span: Span) -> list[Place]:
    """The places of a span, by walking every run."""
    places: list[Place] = []
    for run in found:
        start, end = max(run.start, span.start), min(run.end, span.end)
        if start >= end:
            continue
        place = run.place
        if run.edges and isinstance(place, Box) and end - start < run.end - run.start:
            lefts = run.edges[2 * (start - run.start) : 2 * (end - run.start) : 2]
            rights = run.edges[2 * (start - run.start) + 1 : 2 * (end - run.start) : 2]
            place = Box(place.page, min(lefts), place.y0, max(rights), place.y1)
        if not places or places[-1] != place:
            places.append(place)
    return places


def parsed(found: list[PlaceRun], **more: object) -> Parsed:
    length = found[-1].end if found else 1
    pages = [PageSize(6120, 7920)] * 3
    whole = {"text": "x" * length, "media_type": "application/pdf", "made_by": "test 1"}
    return Parsed(**(whole | {"runs": found, "pages": pages} | more))  # type: ignore[arg-type]


@given(st.lists(st.integers(-(2**29), 2**29)))
def test_columns_come_back(values: list[int]) -> None:
    assert unpacked(packed(values), len(values)).tolist() == values


def test_columns_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="no column"):
        unpacked(packed([1, 2, 3]), 2)
    with pytest.raises(ValueError, match="32 bits"):
        packed([0, 2**31])


@given(runs(), st.data())
def test_places_are_those_of_every_character(found: list[PlaceRun], data: st.DataObject) -> None:
    made = parsed(found)
    layout = Layout(encoded(made))
    assert encoded(made) == encoded(made)
    assert list(layout.problems(len(made.text))) == []
    for _ in range(5):
        start = data.draw(st.integers(0, len(made.text)))
        end = data.draw(st.integers(start, len(made.text)))
        assert layout.places(Span(start, end)) == expected(found, Span(start, end))


def test_marks_come_back() -> None:
    made = parsed(
        [PlaceRun(0, 30, Line(1))],
        headings=[Heading(0, 4, 1)],
        tables=[Table(5, 9, "Name; Age")],
        furniture=[(20, 30)],
        warnings=[ReadingWarning("page_failed", "page 2 could not be read", 2, partial=True)],
    )
    layout = Layout(encoded(made))
    for name in ("headings", "tables", "furniture", "pages", "warnings"):
        found = [tuple(one) if name == "furniture" else one for one in getattr(layout, name)]
        assert found == getattr(made, name)


def test_edges_are_kept_by_page_and_some_lines() -> None:
    line = [edge for at in range(50) for edge in (100 * at, 100 * at + 90)]
    found = [
        PlaceRun(50 * n, 50 * n + 50, Box(n // 40 + 1, 0, n, 4990, n + 1), line) for n in range(80)
    ]
    data = encoded(parsed(found))
    assert len(msgspec.msgpack.decode(data)[1]) == 4
    assert Layout(data).places(Span(50 * 79 + 10, 50 * 79 + 12)) == [Box(2, 1000, 79, 1190, 80)]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ([PlaceRun(0, 5, Line(1)), PlaceRun(3, 6, Line(2))], "overlap"),
        ([PlaceRun(2, 2, Line(1))], "empty"),
        ([PlaceRun(0, 2, Box(1, 0, 0, 9, 9), [1, 2])], "two edges"),
        ([PlaceRun(0, 1, Line(1), [1, 2])], "two edges"),
    ],
)
def test_runs_that_are_no_map_are_refused(found: list[PlaceRun], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        encoded(parsed(found))


@given(runs(), st.data())
def test_damage_is_noticed_or_harmless(found: list[PlaceRun], data: st.DataObject) -> None:
    raw = bytearray(encoded(parsed(found)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(StoreCorrupt):
        layout = Layout(bytes(raw))
        length = found[-1].end if found else 1
        if not list(layout.problems(length)):
            assert isinstance(layout.places(Span(0, length)), list)


def test_problems_are_named() -> None:
    layout = Layout(
        encoded(parsed([PlaceRun(0, 4, Box(4, 0, 0, 9, 9))], headings=[Heading(0, 9, 1)]))
    )
    assert list(layout.problems(4)) == [
        "it names pages that the file does not have",
        "it marks headings or tables outside the text",
    ]
    assert next(layout.problems(5)) == "its runs are those of another text"


def test_boxes_are_shares_of_the_shown_page() -> None:
    edges = [edge for at in range(10) for edge in (612 * at, 612 * at + 612)]
    made = parsed([PlaceRun(0, 10, Box(2, 0, 792, 6120, 1584), edges)])
    outline = Outline(made.text)
    where = where_in_file(Layout(encoded(made)), outline, Span(1, 3), None, original=True)
    assert where.page == 2
    (box,) = where.boxes
    assert (box.page, box.x0, box.y0, box.x1, box.y1) == (2, 0.1, 0.1, 0.3, 0.2)
    assert where.place is None
    assert where.original


def test_the_pieces_of_a_line_are_one_box() -> None:
    made = parsed(
        [
            PlaceRun(0, 4, Box(1, 0, 10, 100, 20)),
            PlaceRun(5, 9, Box(1, 110, 10, 200, 20)),
            PlaceRun(10, 14, Box(1, 0, 30, 90, 40)),
        ]
    )
    where = where_in_file(Layout(encoded(made)), Outline(""), Span(0, 14), None, original=False)
    assert [(round(box.x0 * 6120), round(box.x1 * 6120)) for box in where.boxes] == [
        (0, 200),
        (0, 90),
    ]


def test_a_row_points_to_the_cell_of_its_answer() -> None:
    builder = Builder()
    for column, (label, value) in enumerate([("Name", "Ada"), ("Age", "36")], start=1):
        builder.add(label, Cell("People", 1, column))
        builder.separate(": ")
        builder.add(value, Cell("People", 7, column))
        builder.separate("; ")
    made = parsed(builder.runs, text=builder.text)
    layout, outline = Layout(encoded(made)), Outline(builder.text)
    whole = Span(0, builder.length)
    where = where_in_file(layout, outline, whole, None, original=True)
    assert where.place == Cell("People", 7, 1)
    assert where.cells == tuple(run.place for run in builder.runs)
    at = builder.text.index("36")
    assert where_in_file(layout, outline, whole, Span(at, at + 2), original=True).place == Cell(
        "People", 7, 2
    )


MARKDOWN = """Before.

# Top

Text.

```
# no heading
```

## Left ##

Words.

#### Deep

More.

## Right

#hash
"""


def test_headings_of_markdown_and_their_path() -> None:
    outline = Outline(MARKDOWN, list(markdown_headings(MARKDOWN)))

    def path(word: str, *, above: bool = False) -> tuple[str, ...]:
        return outline.path(MARKDOWN.index(word), above=above)

    assert path("Before") == ()
    assert path("no heading") == ("Top",)
    assert path("Words") == ("Top", "Left")
    assert path("More") == ("Top", "Left", "Deep")
    assert path("#hash") == ("Top", "Right")
    assert path("## Left") == ("Top", "Left")
    assert path("## Left", above=True) == ("Top",)


@given(st.lists(st.integers(1, 6), max_size=20), st.integers(0, 80))
def test_a_path_is_made_of_the_last_headings_of_falling_levels(
    levels: list[int], start: int
) -> None:
    text = "".join(f"h{at:02} " for at in range(len(levels)))
    headings = [Heading(4 * at, 4 * at + 3, level) for at, level in enumerate(levels)]
    outline = Outline(text, headings)
    expect: list[str] = []
    lowest = 7
    for at in reversed(range(bisect_right([one.start for one in headings], start))):
        if levels[at] < lowest:
            lowest = levels[at]
            expect.insert(0, f"h{at:02}")
    assert outline.path(start) == tuple(expect)


def test_plain_text_has_lines() -> None:
    text = "One.\nTwo.\n\nThree."
    where = where_in_text(text, Outline(text), Span(text.index("Three"), len(text)))
    assert where.place == Line(4)
    assert where.headings == ()
