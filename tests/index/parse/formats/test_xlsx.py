"""Workbooks: what cells show, where they stand, headers, merged cells, hidden sheets, limits."""

import pytest
from office_files import S, number_cell, sheet, text_cell, xlsx
from reading import cells, headings, parsed, place_of, refusal

from citespan.index.parse.formats import grid
from citespan.index.parse.formats import xlsx as reader
from citespan.index.parse.places import Cell


def read(one: str, **more: object):
    return parsed(reader.read, xlsx({"Data": one}, **more))  # pyright: ignore[reportArgumentType]


def table(lines: list[list[str | float]], first: int = 1) -> dict[str, str]:
    """Cells from A down: strings and numbers; empty strings are no cells."""
    return {
        f"{chr(65 + column)}{row}": text_cell(value)
        if isinstance(value, str)
        else number_cell(value)
        for row, line in enumerate(lines, first)
        for column, value in enumerate(line)
        if value != ""
    }


def test_rows_below_a_header_name_their_columns():
    out = read(sheet(table([["Rank", "Name", "Pay"], [1, "Ann", 10.5], [2, "Bob", ""]])))
    assert out.text == "Data\n\nName: Ann; Rank: 1; Pay: 10.5.\n\nName: Bob; Rank: 2."
    assert headings(out) == [(1, "Data")]
    assert cells(out)[:6] == [
        ("Data", 1, 2, "Name"),
        ("Data", 2, 2, "Ann"),
        ("Data", 1, 1, "Rank"),
        ("Data", 2, 1, "1"),
        ("Data", 1, 3, "Pay"),
        ("Data", 2, 3, "10.5"),
    ]
    assert out.metadata == {"sheets": 1}


def test_titles_above_a_header_are_paragraphs_and_empty_rows_divide():
    lines: list[list[str | float]] = [
        ["Report"],
        ["Item", "Cost"],
        ["Ink", 3],
        [],
        ["Note", ""],
        [],
        ["Pens", 4],
    ]
    out = read(sheet(table(lines)))
    assert out.text == ("Data\n\nReport\n\nItem: Ink; Cost: 3.\n\nNote\n\nItem: Pens; Cost: 4.")


def test_tables_next_to_each_other_are_apart():
    left: list[list[str | float]] = [
        ["City", "Code", "", "Agency", "Code"],
        ["Ghent", "GNT", "", "Health", "HHS"],
    ]
    out = read(sheet(table(left)))
    assert out.text == "Data\n\nCity: Ghent; Code: GNT.\n\nAgency: Health; Code: HHS."


def test_years_may_be_a_header():
    out = read(sheet(table([["Region", 2019, 2020], ["North", 5, 7]])))
    assert out.text == "Data\n\nRegion: North; 2019: 5; 2020: 7."


def test_without_a_header_cells_are_apart_by_bars():
    out = read(sheet(table([["Ann", 1, 2], ["Bob", 3, 4]])))
    assert out.text == "Data\n\nAnn | 1 | 2\n\nBob | 3 | 4"
    assert place_of(out, "4") == Cell("Data", 2, 3)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c t="str"><f>A1&amp;"x"</f><v>cached</v></c>', "cached"),
        ('<c t="s"><v>1</v></c>', "shared two"),
        ('<c t="d"><v>2020-01-02</v></c>', "2020-01-02"),
        ("<c><f>1+1</f><v>2</v></c>", "2"),
        (number_cell(0.12, 1), "12%"),
        (number_cell(43831, 2), "2020-01-01"),
        ("<c><v>1E300</v></c>", "1E+300"),
        ("<c><v>nonsense</v></c>", "nonsense"),
        (
            '<c t="inlineStr"><is><r><t>two </t></r><r><t>runs</t></r><rPh><t>x</t></rPh></is></c>',
            "two runs",
        ),
    ],
)
def test_a_cell_shows_what_the_program_shows(cell: str, shown: str):
    out = read(sheet({"B3": cell}), formats=("0%", "yyyy-mm-dd"), strings=("one", "shared  two"))
    assert out.text == f"Data\n\n{shown}"
    assert place_of(out, shown) == Cell("Data", 3, 2)


def test_cells_that_show_nothing_are_left_out():
    wrong = '<c t="s"><v>99</v></c>'
    assert read(sheet({"A1": wrong, "A2": "<c/>", "A3": text_cell("x")})).text == "Data\n\nx"


def test_days_count_from_1904_in_files_of_old_macs():
    cells_ = {"A1": number_cell(0, 1)}
    out = read(sheet(cells_), formats=("yyyy-mm-dd",), since_1904=True)
    assert out.text == "Data\n\n1904-01-01"


def test_merged_cells_count_for_all_that_they_cover():
    lines: list[list[str | float]] = [
        ["", "Men", ""],
        ["Town", "young", "old"],
        ["Ghent", 1, 2],
        ["", 3, 4],
    ]
    merges = '<mergeCells><mergeCell ref="B1:C1"/><mergeCell ref="A3:A4"/></mergeCells>'
    out = read(sheet(table(lines), merges))
    assert out.text == (
        "Data\n\nTown: Ghent; Men young: 1; Men old: 2.\n\nTown: Ghent; Men young: 3; Men old: 4."
    )
    assert [one for one in cells(out) if one[3] == "Ghent"] == [("Data", 3, 1, "Ghent")] * 2


def test_a_merged_title_is_no_header():
    merges = '<mergeCells><mergeCell ref="A1:C1"/></mergeCells>'
    out = read(
        sheet(table([["All costs", "", ""], ["Item", "Kind", "Cost"], ["Ink", "wet", 3]]), merges)
    )
    assert out.text == "Data\n\nAll costs\n\nItem: Ink; Kind: wet; Cost: 3."


def test_a_merge_of_the_whole_sheet_costs_nothing():
    merges = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    assert read(sheet(table([["a"], ["b"]]), merges).replace("", "")).text == "Data\n\na\n\nb"


def test_hidden_sheets_are_kept_and_marked():
    data = xlsx(
        {"Sheet1": sheet(table([["seen"]])), "Old": sheet(table([["unseen"]]))}, hidden=("Old",)
    )
    out = parsed(reader.read, data)
    assert out.text == "seen\n\nOld (hidden sheet)\n\nunseen"
    assert [one.code for one in out.warnings] == ["hidden_sheet"]


def test_cells_without_references_are_counted():
    one = (
        f"<worksheet {S}><sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v>"
        f"</c></row></sheetData></worksheet>"
    )
    assert [one[1:] for one in cells(read(one))] == [(1, 1, "1"), (1, 2, "2"), (2, 1, "3")]


def test_far_cells_need_no_room():
    out = read(sheet({"A1": number_cell(1), "XFD1048576": number_cell(2)}))
    assert place_of(out, "2") == Cell("Data", 1_048_576, 16_384)


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grid, "MAX_CELLS", 5)
    code, message = refusal(reader.read, xlsx({"Data": sheet(table([[1, 2, 3], [4, 5, 6]]))}))
    assert code == "too_large"
    assert "filter its rows" in message


def test_a_sheet_that_is_damaged_is_left_out():
    out = parsed(reader.read, xlsx({"A": sheet(table([["kept"]])), "B": "<worksheet><sheetData>"}))
    assert out.text == "A\n\nkept"
    assert [(one.code, one.partial) for one in out.warnings] == [("page_failed", True)]
