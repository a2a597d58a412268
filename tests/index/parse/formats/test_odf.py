"""OpenDocument: text, presentations and spreadsheets."""

import pytest
from office_files import odf, zipped
from reading import cells, furniture, headings, parsed, place_of, refusal

from citespan.index.parse.formats import odf as reader
from citespan.index.parse.places import Cell, Node, Slide

LISTS = (
    '<text:list-style style:name="N"><text:list-level-style-number text:level="1" '
    'style:num-format="1"'
    ' style:num-suffix="."/><text:list-level-style-number text:level="2" style:num-format="a"'
    ' style:num-suffix=")"/></text:list-style>'
    '<text:list-style style:name="B"><text:list-level-style-bullet text:level="1" '
    'text:bullet-char="-"/>'
    "</text:list-style>"
)


def read(body: str, kind: str = "text", **more: str):
    return parsed(reader.read, odf(kind, body, **more))


def items(style: str, *inside: str, more: str = "") -> str:
    listed = "".join(f"<text:list-item>{one}</text:list-item>" for one in inside)
    return f'<text:list text:style-name="{style}" {more}>{listed}</text:list>'


def test_headings_paragraphs_and_spaces():
    out = read(
        '<text:p text:style-name="Title">A Plan</text:p><text:h text:outline-level="1">One</text:h>'
        '<text:p>two<text:s text:c="3"/>words<text:tab/>and<text:line-break/>a\n   <text:span>'
        "line</text:span></text:p>"
    )
    assert out.text == "A Plan\n\nOne\n\ntwo   words\tand\na line"
    assert headings(out) == [(1, "A Plan"), (2, "One")]
    assert place_of(out, "words") == Node(3)
    assert out.title == "A Plan"
    assert out.media_type == "application/vnd.oasis.opendocument.text"


def test_a_short_line_in_bold_is_a_heading():
    bold = (
        '<style:style style:name="P1"><style:text-properties fo:font-weight="bold"/></style:style>'
        '<style:style style:name="P2" style:parent-style-name="P1"/>'
        '<style:style style:name="T1"><style:text-properties fo:font-weight="normal"/>'
        "</style:style>"
    )
    out = read(
        '<text:p text:style-name="P2">What to do</text:p>'
        '<text:p text:style-name="P1"><text:span text:style-name="T1">Not this</text:span>'
        "</text:p>",
        automatic=bold,
    )
    assert headings(out) == [(1, "What to do")]


def test_lists_have_their_numbers():
    one, two = "<text:p>one</text:p>", "<text:p>two</text:p>"
    out = read(
        items("N", one + items("", two, one), two)
        + items("N", one, more='text:continue-numbering="true"')
        + items("N", one)
        + items("B", two),
        automatic=LISTS,
    )
    assert out.text == "1. one\n  a) two\n  b) one\n2. two\n3. one\n1. one\n• two"


def test_notes_follow_comments_come_last_and_deletions_are_out():
    out = read(
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p>"
        "</text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        '<text:p>A claim<text:note text:note-class="footnote"><text:note-citation>1'
        "</text:note-citation>"
        "<text:note-body><text:p>Its source.</text:p></text:note-body></text:note>."
        "<office:annotation><dc:creator>Ann</dc:creator><text:p>Check.</text:p>"
        "</office:annotation></text:p>"
        "<text:p>More.</text:p>"
    )
    assert out.text == "A claim.\n\nFootnote 1: Its source.\n\nMore.\n\nComment by Ann: Check."


def test_headers_and_footers_are_furniture():
    styles = (
        "<style:header><text:p>Draft</text:p></style:header><style:footer><text:p>Draft"
        "</text:p></style:footer>"
    )
    out = read("<text:p>Body.</text:p>", styles=styles)
    assert (out.text, furniture(out)) == ("Body.\n\nDraft", ["Draft"])


def test_text_boxes_and_pictures():
    out = read(
        "<text:p>Before<draw:frame><draw:text-box><text:p>Inside.</text:p></draw:text-box>"
        "</draw:frame>"
        "<draw:frame><draw:image/><svg:desc>A map</svg:desc></draw:frame></text:p>"
    )
    assert out.text == "Before A map\n\nInside."


TABLE = (
    '<table:table table:name="Sums"><table:table-header-rows><table:table-row>'
    "<table:table-cell><text:p>Town</text:p></table:table-cell>"
    '<table:table-cell table:number-columns-spanned="2"><text:p>Costs</text:p></table:table-cell>'
    "<table:covered-table-cell/></table:table-row></table:table-header-rows>"
    '<table:table-row table:number-rows-repeated="2">'
    "<table:table-cell><text:p>Ghent</text:p></table:table-cell><table:table-cell "
    'office:value="0.12">'
    "<text:p>12%</text:p></table:table-cell><table:table-cell><text:p>3</text:p>"
    "</table:table-cell></table:table-row>"
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
    'table:number-columns-repeated="16384"/></table:table-row></table:table>'
)


def test_tables_in_text_are_rows():
    out = read(TABLE)
    assert out.text == "Town: Ghent; Costs: 12%; Costs: 3.\n\nTown: Ghent; Costs: 12%; Costs: 3."
    assert cells(out)[-1] == ("table 1", 3, 3, "3")


def test_sheets_show_what_the_program_shows():
    hide = (
        '<style:style style:name="ta2"><style:table-properties table:display="false"/>'
        "</style:style>"
    )
    hidden = TABLE.replace('table:name="Sums"', 'table:name="Old" table:style-name="ta2"')
    out = read(TABLE + hidden, "spreadsheet", automatic=hide)
    assert headings(out) == [(1, "Sums"), (1, "Old (hidden sheet)")]
    assert cells(out)[3] == ("Sums", 2, 2, "12%")
    assert out.metadata == {"sheets": 2}
    assert [one.code for one in out.warnings] == ["hidden_sheet"]


def test_cells_that_are_repeated_without_end_are_refused():
    endless = (
        '<table:table><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
        "</table:table-row></table:table>"
    )
    assert refusal(reader.read, odf("spreadsheet", endless))[0] == "too_large"


def test_spaces_are_not_written_without_end():
    out = read('<text:p>a<text:s text:c="2000000000"/>b</text:p>')
    assert len(out.text) == 1002


def test_slides_have_titles_order_and_notes():
    def frame(text: str, y: str, kind: str = "") -> str:
        return (
            f'<draw:frame presentation:class="{kind}" svg:y="{y}" svg:x="1cm"><draw:text-box>'
            f"<text:p>{text}</text:p></draw:text-box></draw:frame>"
        )

    out = read(
        f"<draw:page>{frame('Low', '9cm')}{frame('High', '1in')}{frame('Name', '5cm', 'title')}"
        f"<presentation:notes>{frame('Say so.', '1cm', 'notes')}</presentation:notes></draw:page>"
        f"<draw:page><draw:frame>{TABLE}</draw:frame></draw:page>",
        "presentation",
    )
    assert out.text.startswith("Name\n\nHigh\n\nLow\n\nNotes: Say so.\n\nTown: Ghent; Costs: 12%")
    assert place_of(out, "Say so.") == Slide(1, notes=True)
    assert place_of(out, "High") == Slide(1)
    assert out.metadata == {"slides": 2}


def test_metadata():
    meta = (
        "<dc:title>Plan</dc:title><meta:initial-creator>Ann</meta:initial-creator><dc:creator>Bob"
        "</dc:creator>"
        "<meta:creation-date>2015-09-23T17:33:00</meta:creation-date><dc:language>nl-BE"
        "</dc:language>"
        '<meta:document-statistic meta:page-count="2"/>'
    )
    out = read("<text:p>x</text:p>", meta=meta)
    assert out.title == "Plan"
    assert out.metadata == {
        "author": "Ann",
        "published": "2015-09-23T17:33:00",
        "language": "nl-BE",
        "pages": 2,
    }


@pytest.mark.parametrize(
    ("members", "code"),
    [
        (
            {"META-INF/manifest.xml": "<m:x><manifest:encryption-data/></m:x>", "content.xml": ""},
            "encrypted",
        ),
        ({"mimetype": "application/vnd.oasis.opendocument.text"}, "corrupt"),
        ({"content.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "unsupported"),
        ({"content.xml": "<a/>"}, "corrupt"),
    ],
)
def test_what_is_refused(members: dict[str, str], code: str):
    assert refusal(reader.read, zipped(members))[0] == code


def test_a_table_of_one_column_is_a_frame():
    frame = (
        "<table:table><table:table-row><table:table-cell><text:p>Framed.</text:p>"
        "</table:table-cell></table:table-row></table:table>"
    )
    out = read(frame)
    assert (out.text, place_of(out, "Framed.")) == ("Framed.", Node(1))
    assert Cell("table 1", 1, 1) not in [run.place for run in out.runs]
