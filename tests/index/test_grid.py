"""Tables as grids: every cell is the very characters of its value."""

import pytest
from reading import parsed

from citespan.index.layout import Layout, encoded, grids_in
from citespan.index.parse.formats import html, tables
from citespan.index.types import Span

CSV = (
    "Metal,Price; spot,Note\n"
    "Copper,9140 dollars,rose; see Price; spot: later\n"
    "Zinc,,fell.\n"
    "Tin 🎈,1 dollar,\n"
)


@pytest.fixture(scope="module")
def read() -> tuple[str, Layout]:
    made = parsed(tables.read, CSV.encode())
    return made.text, Layout(encoded(made))


def grids(read: tuple[str, Layout], within: Span | None = None) -> list[list[dict[str, str]]]:
    text, layout = read
    return [
        [{grid.labels[cell.column]: cell.span.of(text) for cell in row} for row in grid.rows]
        for grid in grids_in(text, layout, within or Span(0, len(text)))
    ]


def test_each_cell_is_its_value(read: tuple[str, Layout]) -> None:
    assert grids(read) == [
        [
            {
                "Metal": "Copper",
                "Price; spot": "9140 dollars",
                "Note": "rose; see Price; spot: later",
            },
            {"Metal": "Zinc", "Note": "fell."},
            {"Metal": "Tin 🎈", "Price; spot": "1 dollar"},
        ]
    ]


def test_only_whole_rows_within_a_span_are_given(read: tuple[str, Layout]) -> None:
    text = read[0]
    zinc = text.index("Metal: Zinc")
    for start in (zinc - 3, zinc - 1, zinc):
        assert [len(one) for one in grids(read, Span(start, len(text)))] == [2]
    assert [len(one) for one in grids(read, Span(zinc + 1, len(text)))] == [1]
    assert [len(one) for one in grids(read, Span(0, zinc + 5))] == [1]
    assert [len(one) for one in grids(read, Span(3, text.index("Metal: Tin")))] == [1]
    assert grids(read, Span(0, 5)) == []


def test_a_table_of_very_many_columns_is_no_grid() -> None:
    for columns, found in ((40, 1), (41, 0)):
        header = ",".join(f"Label {n}" for n in range(columns))
        row = ",".join(f"value {n}" for n in range(columns))
        made = parsed(tables.read, f"{header}\n{row}\n".encode())
        assert len(grids((made.text, Layout(encoded(made))))) == found


def test_a_table_without_labels_is_no_grid() -> None:
    made = parsed(html.read, b"<p>One</p><table><tr><td>a</td><td>b</td></tr></table>")
    assert grids((made.text, Layout(encoded(made)))) == []
