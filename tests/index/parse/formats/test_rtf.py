"""Rich text."""

import pytest
from reading import cells, headings, parsed, place_of, refusal

from citespan.index.parse.formats import rtf as reader
from citespan.index.parse.places import Node

HEAD = (
    r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Times;}}"
    r"{\stylesheet{\s0 Normal;}{\s1\outlinelevel0 heading 1;}{\s2 heading 2;}}"
    r"{\info{\title A Plan}{\author Ann}{\creatim\yr2016\mo4\dy26}}"
)


def read(body: str):
    return parsed(reader.read, (HEAD + body + "}").encode("latin-1"))


def test_paragraphs_headings_and_characters():
    out = read(
        r"\pard\s1 One\par\pard\plain\s2 Inner\par\pard\outlinelevel2 Own\par\pard\s0 caf\'e9 "
        r"\u8364?5 \emdash\~{\b bold}\par "
    )
    assert out.text == "One\n\nInner\n\nOwn\n\ncafé €5 —\xa0bold"
    assert headings(out) == [(1, "One"), (2, "Inner"), (3, "Own")]
    assert place_of(out, "Inner") == Node(2)
    assert out.title == "A Plan"
    assert out.metadata == {"author": "Ann", "published": "2016-04-26"}


def test_a_short_line_in_bold_is_a_heading():
    out = read(
        r"\pard\s1 One\par\pard\plain{\b Duties }\par\pard {\b Note:} not all is bold\par"
        r"\pard\b Staff\b0\par\pard\b This one ends with a stop.\plain\par\pard \bullet\par "
    )
    assert headings(out) == [(1, "One"), (2, "Duties"), (2, "Staff")]
    assert not any("\ue000" <= one <= "\uf8ff" for one in out.text)


def test_surrogates_are_joined_or_replaced():
    assert read(r"\pard \u-10187?\u-9138? and \u-10187?.").text == "\U0001d44e and \ufffd."


def test_footnotes_follow_their_paragraph():
    out = read(
        r"\pard A claim{\super {\footnote \pard\plain Its {\i source}.}} here.\par More.\par "
    )
    assert out.text == "A claim here.\n\nFootnote 1: Its source.\n\nMore."


def test_lists_have_their_bullets():
    out = read(
        r"\pard {\listtext\'b7\tab}One\par {\listtext\'b7\tab}Two\par {\listtext 1)\tab}Three\par "
    )
    assert out.text == "• One\n• Two\n1) Three"


def test_tables_are_rows():
    out = read(
        r"\trowd Town\cell Code\cell Note\cell\row Ghent\cell G\cell x\cell\row\pard After.\par "
    )
    assert out.text == "Town: Ghent; Code: G; Note: x.\n\nAfter."
    assert cells(out)[-1] == ("table 1", 2, 3, "x")


@pytest.mark.parametrize("body", ["", r"\bin2147483647 ", "{" * 20000])
def test_what_holds_no_text_is_refused(body: str):
    assert refusal(reader.read, (HEAD + body).encode())[0] == "no_text"


def test_what_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reader, "_MAX_BYTES", 10)
    assert refusal(reader.read, HEAD.encode())[0] == "too_large"


def test_what_nobody_sees_is_left_out_and_boxes_are_read():
    out = read(
        r"\pard Seen. {\deleted Gone \{here\}. }{\v Hidden. }\revised New.\v No.\v0  Yes."
        r"{\shp{\*\shpinst{\sp{\sn x}}{\shptxt\pard In a box.\par}}}\par\pard Next\column Last\par "
    )
    assert out.text == "Seen. New. Yes.\n\nIn a box.\n\nNext\n\nLast"


def test_numbers_of_old_lists_and_cells_that_go_on():
    row = r"\trowd{}\cellx1\cellx2\cellx3\pard\intbl {}\cell {}\cell {}\cell\row "
    out = read(
        r"{\pntext 1.\tab}\pard Ask.\par{\pntext 2.\tab}\pard Go.\par "
        + row.format("", "Land", "Day", "Night") + row.format(r"\clvmgf", "France", "45", "9")
        + row.format(r"\clvmrg", "", "50", "9")
    )  # fmt: skip
    assert out.text.startswith("1. Ask.\n2. Go.\n\n")
    assert out.text.endswith("Land: France; Day: 45; Night: 9.\n\nLand: France; Day: 50; Night: 9.")


def test_a_picture_without_the_length_of_its_bytes_is_passed_over():
    """As pandoc writes pictures: digits behind a mark of bytes that says no number."""
    assert read(r"\pard A {\pict\jpegblip\bin ffd8ff} tree\par ").text == "A  tree"
    assert read(r"\pard A {\pict\jpegblip\bin3 {}{} tree\par ").text == "A  tree"
