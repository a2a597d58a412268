"""Workbooks of older kinds."""

import struct

import pytest
from office_files import ole, sheet, text_cell, xlsx, zipped
from reading import cells, headings, parsed, refusal

from citespan.index.parse.formats import sheets as reader


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def text(row: int, column: int, value: str) -> bytes:
    head = struct.pack("<HHHHB", row, column, 0, len(value), 1)
    return record(0x0204, head + value.encode("utf-16-le"))


def number(row: int, column: int, value: float) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, column, 0, value))


def workbook(*inside: bytes, hidden: bool = False, first: bytes = b"") -> bytes:
    """A workbook of one sheet, "Data", in the format of Excel 97."""
    start = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 0)) + first
    listed = struct.pack("<BBBB", int(hidden), 0, 4, 0) + b"Data"
    offset = len(start) + 4 + 4 + len(listed) + 4
    book = start + record(0x0085, struct.pack("<I", offset) + listed) + record(0x000A)
    page = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 0))
    return ole({"Workbook": book + page + b"".join(inside) + record(0x000A)})


def test_rows_below_a_header():
    out = parsed(
        reader.read,
        workbook(
            text(1, 1, "Town"), text(1, 2, "People"), text(2, 1, "Ghent"), number(2, 2, 263927.0)
        ),
    )
    assert out.text == "Data\n\nTown: Ghent; People: 263927."
    assert headings(out) == [(1, "Data")]
    assert cells(out)[-1] == ("Data", 3, 3, "263927")
    assert out.media_type == "application/vnd.ms-excel"
    assert out.metadata == {"sheets": 1}


def test_hidden_sheets_are_marked():
    out = parsed(reader.read, workbook(text(0, 0, "x"), hidden=True))
    assert out.text == "Data (hidden sheet)\n\nx"
    assert [one.code for one in out.warnings] == ["hidden_sheet"]


def test_an_encrypted_workbook_needs_a_password():
    data = workbook(text(0, 0, "x"), first=record(0x002F, b"\1\0\1\0\1\0" + bytes(48)))
    assert refusal(reader.read, data)[0] == "encrypted"
    hints = {"password": "x"}
    assert refusal(reader.read, data, **hints)[0] in {"password_wrong", "corrupt"}


@pytest.mark.parametrize(
    "data", [b"nothing", zipped({"xl/workbook.bin": b"no"}), ole({"Workbook": b"\xff" * 50})]
)
def test_what_is_damaged_is_refused(data: bytes):
    code, message = refusal(reader.read, data)
    assert code in {"corrupt", "no_text"}
    assert message


def test_places_agree_with_the_reader_of_the_newer_kind():
    from citespan.index.parse.formats import xlsx as newer

    data = xlsx(
        {
            "Data": sheet(
                {
                    "B3": text_cell("a"),
                    "C3": text_cell("b"),
                    "B4": text_cell("c"),
                    "D9": text_cell("d"),
                }
            )
        }
    )
    assert cells(parsed(reader.read, data)) == cells(parsed(newer.read, data))
