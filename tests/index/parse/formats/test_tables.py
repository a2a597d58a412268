"""CSV and TSV; and the same rows from files of every kind."""

import pytest
from office_files import docx, number_cell, odf, sheet, text_cell, word_table, xlsx
from reading import cells, parsed, place_of, refusal

from citespan.index.parse.formats import docx as word
from citespan.index.parse.formats import grid, html
from citespan.index.parse.formats import odf as open_document
from citespan.index.parse.formats import tables as reader
from citespan.index.parse.formats import xlsx as excel
from citespan.index.parse.places import Cell


def read(text: str | bytes, **hints: str):
    return parsed(reader.read, text.encode() if isinstance(text, str) else text, **hints)


def test_each_row_is_a_paragraph_with_its_key_first():
    out = read("Rank,Major,Median\n1,PETROLEUM ENGINEERING,110000\n2,MINING,75000\n")
    assert out.text == (
        "Major: PETROLEUM ENGINEERING; Rank: 1; Median: 110000.\n\nMajor: MINING; Rank: 2; "
        "Median: 75000."
    )
    assert place_of(out, "110000") == Cell("", 2, 3)
    assert [one[1:3] for one in cells(out)[:4]] == [(1, 2), (2, 2), (1, 1), (2, 1)]
    assert [(out.text[one.start : one.end], one.header) for one in out.tables] == [
        (out.text, "Major | Rank | Median")
    ]
    assert out.media_type == "text/csv"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("one line, with a comma\nanother\nthird, fourth, fifth\n", ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_what_splits_rows_alike(text: str, delimiter: str):
    assert reader.delimiter_of(text) == delimiter


def test_quotes_line_ends_and_gaps():
    out = read('name,note\r\n"Ann, B.","two\r\nlines ""quoted"""\r\n\r\nCy,\r\n')
    assert out.text == 'name: Ann, B.; note: two lines "quoted".\n\nname: Cy.'
    assert place_of(out, "Cy") == Cell("", 4, 1)


def test_a_table_without_a_header_has_bars():
    assert read("Ann,1\nBob,2\n").text == "Ann | 1\n\nBob | 2"


def test_bytes_of_other_encodings():
    out = read("naam,plaats\nZoë,Gent\n".encode("cp1252"))
    assert out.text == "naam: Zoë; plaats: Gent."
    assert [one.code for one in out.warnings] == ["encoding"]
    assert read("naam;plaats\nZoë;Gent\n".encode("utf-16")).text == "naam: Zoë; plaats: Gent."
    assert read("naam,plaats\nZoë,Gent\n".encode("cp850"), encoding="cp850").text == out.text
    assert refusal(reader.read, b"a,b\n\x81\x8d,\x90\n" * 9)[0] == "corrupt"


def test_large_tables_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reader, "MAX_ROWS", 10)
    code, message = refusal(reader.read, b"a,b\n" + b"x,1\n" * 12)
    assert (code, "more than 10 rows" in message) == ("too_large", True)
    assert refusal(reader.read, b"a,b\n" + b"x,1\n" * 99)[0] == "too_large"
    monkeypatch.setattr(grid, "MAX_CELLS", 5)
    assert refusal(reader.read, b"a,b\n" + b"x,1\n" * 4)[0] == "too_large"
    monkeypatch.setattr(reader, "MAX_BYTES", 5)
    assert refusal(reader.read, b"a,b\nx,1\n")[0] == "too_large"


def test_a_cell_without_end_is_refused():
    assert refusal(reader.read, b'a,b\n"' + b"x" * 1_500_000)[0] == "too_large"


LINES = [
    ["Rank", "Town", "People"],
    ["1", "Antwerp", "529247"],
    ["2", "Ghent", "263927"],
    ["3", "Bruges", ""],
]
TEXT = (
    "Town: Antwerp; Rank: 1; People: 529247.\n\nTown: Ghent; Rank: 2; People: "
    "263927.\n\nTown: Bruges; Rank: 3."
)


def test_the_same_rows_from_files_of_every_kind():
    comma = "\n".join(map(",".join, LINES))
    cells_ = {
        f"{'ABC'[column]}{row}": number_cell(value) if value.isdecimal() else text_cell(value)
        for row, line in enumerate(LINES, 1)
        for column, value in enumerate(line)
        if value
    }
    page = "".join(
        "<tr>" + "".join(f"<t{'d' if n else 'h'}>{value}" for value in line)
        for n, line in enumerate(LINES)
    )
    lines = "".join(
        "<table:table-row>"
        + "".join(
            f"<table:table-cell><text:p>{value}</text:p></table:table-cell>" for value in line
        )
        + "</table:table-row>"
        for line in LINES
    )
    table = f'<table:table table:name="Sheet1">{lines}</table:table>'
    assert [
        read(comma).text,
        parsed(excel.read, xlsx({"Sheet1": sheet(cells_)})).text,
        parsed(html.read, f"<table>{page}</table>".encode()).text,
        parsed(word.read, docx(word_table(LINES))).text,
        parsed(word.read, docx(word_table(LINES, header=False))).text,
        parsed(open_document.read, odf("spreadsheet", table)).text,
        parsed(open_document.read, odf("text", table)).text,
    ] == [TEXT] * 7


def test_labels_of_empty_columns_are_kept():
    assert read("Town,Code,Note\nGhent,G,\n").text == "Note\n\nTown: Ghent; Code: G."
