"""Word documents: headings, lists, tables, notes, changes, furniture, and what is refused."""

import pytest
from office_files import R, W, docx, package, paragraph, relations, word_table, zipped
from reading import cells, furniture, headings, outside, parsed, place_of, refusal

from citespan.index.parse.formats import docx as reader
from citespan.index.parse.places import Cell, Node

STYLES = """
<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="Ti"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="Ue1"><w:name w:val="heading 1"/>
  <w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="Ue1"/>
  <w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Same"><w:name w:val="Same"/>
  <w:basedOn w:val="Ue1"/></w:style>
"""
NUMBERING = """
<w:abstractNum w:abstractNumId="0">
  <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>
    <w:lvlText w:val="%1."/></w:lvl>
  <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/>
    <w:lvlText w:val="%1.%2)"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1">
  <w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="&#xF0B7;"/></w:lvl>
</w:abstractNum>
<w:num w:numId="5"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="6"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="7"><w:abstractNumId w:val="0"/>
  <w:lvlOverride w:ilvl="0"><w:startOverride w:val="9"/></w:lvlOverride></w:num>
"""


def style(name: str) -> str:
    return f'<w:pStyle w:val="{name}"/>'


def item(list_id: int, depth: int = 0) -> str:
    return f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>'


def read(body: str, **parts: str):
    return parsed(reader.read, docx(body, **parts))


def test_headings_have_the_level_of_their_style_below_the_title():
    out = read(
        paragraph("The Plan", style("Ti"))
        + paragraph("Part One", style("Ue1"))
        + paragraph("Inner", style("Mine"))
        + paragraph("Body text.", style("a"))
        + paragraph("Part Two", style("Same"))
        + paragraph("Own level", '<w:outlineLvl w:val="2"/>'),
        styles=STYLES,
    )
    assert out.text == "The Plan\n\nPart One\n\nInner\n\nBody text.\n\nPart Two\n\nOwn level"
    assert headings(out) == [
        (1, "The Plan"),
        (2, "Part One"),
        (3, "Inner"),
        (2, "Part Two"),
        (4, "Own level"),
    ]
    assert out.title == "The Plan"
    assert place_of(out, "Body text.") == Node(4)
    assert (out.made_by, out.media_type) == (reader.MADE_BY, reader.MEDIA_TYPE)


def test_a_short_line_in_bold_is_a_heading_below_the_last_one():
    bold = "<w:b/>"
    out = read(
        paragraph("Rules", style("Ue1"))
        + paragraph("What to send", run=bold)
        + paragraph("This sentence is in bold.", run=bold)
        + paragraph("Not bold", run='<w:b w:val="0"/>'),
        styles=STYLES,
    )
    assert headings(out) == [(1, "Rules"), (2, "What to send")]


def test_numbers_and_bullets_are_written_out():
    out = read(
        paragraph("One", item(5))
        + paragraph("Inner", item(5, 1))
        + paragraph("Inner too", item(5, 1))
        + paragraph("Two", item(5))
        + paragraph("Again", item(5, 1))
        + paragraph("Point", item(6))
        + paragraph("Nine", item(7))
        + paragraph("None", item(0)),
        numbering=NUMBERING,
    )
    assert out.text == (
        "1. One\n\n1.a) Inner\n\n1.b) Inner too\n\n2. Two\n\n2.a) Again\n\n• Point\n9. Nine\n\nNone"
    )
    assert outside(out) == "1.1.a)1.b)2.2.a)•9."
    assert place_of(out, "Point") == Node(6)


def test_deleted_text_is_out_and_inserted_text_is_in():
    out = read(
        "<w:p><w:r><w:t>Pay </w:t></w:r><w:del><w:r><w:delText>ten</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>twenty</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>lost</w:t></w:r>"
        "</w:moveFrom>"
        "<w:r><w:t> euros.</w:t></w:r></w:p>"
        "<w:del><w:p><w:r><w:t>A paragraph that was deleted.</w:t></w:r></w:p></w:del>"
    )
    assert out.text == "Pay twenty euros."


def test_what_stands_inside_other_elements_is_read():
    out = read(
        "<w:sdt><w:sdtContent>" + paragraph("In a control.") + "</w:sdtContent></w:sdt>"
        '<w:p><w:hyperlink r:id="x"><w:r><w:t>A link</w:t></w:r></w:hyperlink>'
        "<w:r><w:tab/><w:t>after</w:t><w:noBreakHyphen/><w:t>tab</w:t><w:br/><w:t>line</w:t>"
        "</w:r></w:p>"
        '<w:p><w:fldSimple w:instr="PAGE"><w:r><w:t>7</w:t></w:r></w:fldSimple>'
        "<w:r><w:instrText>HYPERLINK</w:instrText></w:r>"
        '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r></w:p>'
    )
    assert out.text == "In a control.\n\nA link\tafter-tab\nline\n\n7✓"


def test_text_boxes_are_read_once_and_pictures_are_described():
    box = "<w:txbxContent>" + paragraph("In the box.") + "</w:txbxContent>"
    out = read(
        "<w:p><w:r><mc:AlternateContent "
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<mc:Choice><w:drawing>{box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict>"
        "</mc:Fallback></mc:AlternateContent><w:t>Before it.</w:t></w:r></w:p>"
        '<w:p><w:r><w:drawing><wp:docPr xmlns:wp="urn:wp" id="1" descr="A map of Ghent"/>'
        "</w:drawing></w:r></w:p>"
    )
    assert out.text == "Before it.\n\nIn the box.\n\nA map of Ghent"


def test_notes_follow_their_paragraph_and_comments_come_last():
    reference = '<w:r><w:footnoteReference w:id="2"/><w:commentReference w:id="0"/></w:r>'
    out = read(
        f"<w:p><w:r><w:t>A claim.</w:t></w:r>{reference}</w:p>" + paragraph("More."),
        footnotes=f'<w:footnote w:id="2">{paragraph("Its source.")}</w:footnote>',
        comments=f'<w:comment w:id="0" w:author="Ann">{paragraph("Check this.")}</w:comment>',
    )
    assert out.text == "A claim.\n\nFootnote 1: Its source.\n\nMore.\n\nComment by Ann: Check this."
    assert place_of(out, "Its source.") == Node(2)


def test_headers_and_footers_are_furniture_at_the_end():
    out = read(paragraph("Body."), header=paragraph("Draft 3"), footer=paragraph("Draft 3"))
    assert out.text == "Body.\n\nDraft 3"
    assert furniture(out) == ["Draft 3"]


def test_hidden_text_is_left_out_with_a_warning():
    out = read(paragraph("Seen.") + paragraph("Unseen.", run="<w:vanish/>"))
    assert out.text == "Seen."
    assert [one.code for one in out.warnings] == ["hidden_text"]


def test_a_table_is_a_paragraph_for_each_row():
    out = read(
        word_table(
            [["Year", "City", "People"], ["2020", "Ghent", "263 927"], ["2021", "Bruges", ""]]
        )
    )
    assert out.text == "City: Ghent; Year: 2020; People: 263 927.\n\nCity: Bruges; Year: 2021."
    assert cells(out)[:4] == [
        ("table 1", 1, 2, "City"),
        ("table 1", 2, 2, "Ghent"),
        ("table 1", 1, 1, "Year"),
        ("table 1", 2, 1, "2020"),
    ]
    assert [(out.text[one.start : one.end], one.header) for one in out.tables] == [
        (out.text, "City | Year | People")
    ]


def test_cells_that_were_merged_count_for_all_that_they_cover():
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"

    wide, start, on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    head = "<w:trPr><w:tblHeader/></w:trPr>"
    out = read(
        f"<w:tbl><w:tr>{head}{cell('Team')}{cell('Goals', wide)}</w:tr>"
        f"<w:tr>{head}{cell('')}{cell('home')}{cell('away')}</w:tr>"
        f"<w:tr>{cell('North', start)}{cell('1')}{cell('2')}</w:tr>"
        f"<w:tr>{cell('', on)}{cell('3')}{cell('4')}</w:tr></w:tbl>"
    )
    assert out.text == (
        "Team: North; Goals home: 1; Goals away: 2.\n\nTeam: North; Goals home: 3; Goals away: 4."
    )


def test_tables_that_are_no_tables():
    out = read(
        word_table([["A frame"], ["around text."]], header=False)
        + word_table([["Name", "Ann"], ["Born", "1990"]], header=False)
    )
    assert out.text == "A frame\n\naround text.\n\nName: Ann.\n\nBorn: 1990."
    assert place_of(out, "1990") == Cell("table 1", 2, 2)


def test_metadata_is_what_the_file_states():
    core = (
        '<cp:coreProperties xmlns:cp="urn:cp" xmlns:dc="urn:dc"><dc:title>A Title</dc:title>'
        "<dc:creator>Ann</dc:creator><dc:created>2020-01-02T03:04:05Z</dc:created>"
        "<dc:modified>yesterday</dc:modified><dc:language>en-GB</dc:language></cp:coreProperties>"
    )
    relation = (
        '<Relationships><Relationship Id="a" Type="x/officeDocument" Target="/word/document.xml"/>'
        '<Relationship Id="b" Type="x/core-properties" Target="core.xml"/></Relationships>'
    )
    body = f"<w:document {W}><w:body>{paragraph('x')}</w:body></w:document>"
    data = zipped({"_rels/.rels": relation, "word/document.xml": body, "core.xml": core})
    out = parsed(reader.read, data)
    assert out.title == "A Title"
    assert out.metadata == {
        "author": "Ann",
        "published": "2020-01-02T03:04:05Z",
        "language": "en-GB",
    }


def test_namespaces_of_strict_documents_are_understood():
    data = docx(paragraph("Strict."))
    strict = package(
        "word/document.xml",
        {
            "word/document.xml": "<w:document "
            'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main">'
            f"<w:body>{paragraph('Strict.')}</w:body></w:document>"
        },
    )
    assert parsed(reader.read, strict).text == parsed(reader.read, data).text == "Strict."


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"PK\3\4 no zip", "corrupt", "damaged zip"),
        (docx(""), "no_text", "no text"),
        (zipped({"_rels/.rels": "<Relationships/>"}), "corrupt", "names no main document"),
        (package("word/document.xml", {}), "corrupt", "lacks its part"),
        (
            package("word/document.xml", {"word/document.xml": "<w:document"}),
            "corrupt",
            "not valid XML",
        ),
        (
            package(
                "word/document.xml",
                {"word/document.xml": '<!DOCTYPE d [<!ENTITY x "y">]><d>&x;</d>'},
            ),
            "unsupported",
            "declares a document type",
        ),
        (
            package("word/document.xml", {"word/document.xml": "<d>" * 300 + "</d>" * 300}),
            "corrupt",
            "depth",
        ),
    ],
)
def test_files_that_are_refused(data: bytes, code: str, says: str):
    found, message = refusal(reader.read, data)
    assert found == code
    assert says in message


def test_nothing_outside_of_the_file_is_read():
    body = paragraph("inside")
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>"
    relation = (
        '<Relationships><Relationship Id="a" Type="x/header" TargetMode="External" '
        'Target="file:///etc/passwd"/>'
        '<Relationship Id="b" Type="x/styles" Target="../../../../etc/passwd"/>'
        '<Relationship Id="c" Type="x/footer" Target="file:///etc/passwd"/></Relationships>'
    )
    out = parsed(
        reader.read,
        package(
            "word/document.xml",
            {"word/document.xml": document, "word/_rels/document.xml.rels": relation},
        ),
    )
    assert out.text == "inside"


def test_the_data_of_a_chart_follow_its_paragraph():
    c = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    points = '<c:pt idx="0"><c:v>{}</c:v></c:pt>'
    chart = (
        f"<c:chartSpace {c}><c:chart><c:ser><c:tx>{points.format('Sales')}</c:tx>"
        f"<c:cat>{points.format('North')}</c:cat><c:val>{points.format('3')}</c:val></c:ser>"
        "</c:chart></c:chartSpace>"
    )
    drawn = (
        f'<w:p><w:r><w:t>Below.</w:t><w:drawing><c:chart {c} r:id="c1"/></w:drawing></w:r></w:p>'
    )
    data = package(
        "word/document.xml",
        {
            "word/document.xml": f"<w:document {W} {R}><w:body>{drawn}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations({"c1": ("chart", "c.xml")}),
            "word/c.xml": chart,
        },
    )
    assert parsed(reader.read, data).text == "Below.\n\nNorth; Sales: 3."


def test_lists_inside_of_lists_are_indented_and_powers_and_fractions_are_readable():
    body = "".join(
        paragraph(words, item(5, depth)) for words, depth in (("a", 0), ("b", 1), ("c", 0))
    )
    math = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    fraction = (
        f"<w:p><m:oMath {math}><m:f><m:num><m:r><m:t>a+1</m:t></m:r></m:num><m:den><m:r><m:t>b"
        "</m:t></m:r></m:den></m:f><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>n+k"
        "</m:t></m:r></m:sup></m:sSup></m:oMath></w:p>"
    )
    high = paragraph("2", run='<w:vertAlign w:val="superscript"/>')
    out = read(body + fraction + high, numbering=NUMBERING.replace("%1.%2)", "%2)"))
    assert out.text.endswith("\n\n(a+1)/bx^(n+k)\n\n²")
    lines = out.text.split("\n")[:3]
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 2, 0]


PAGE = """<html><body><h1>Terms</h1><p>Pay within 30 days.</p>
<table><tr><th>Plan</th><th>Price</th></tr><tr><td>Small</td><td>9</td></tr></table></body></html>"""
TAKEN = '<w:altChunk r:id="rId9"/>'
IN_PARTS = f"""MIME-Version: 1.0
Content-Type: multipart/related; boundary="xx"

--xx
Content-Type: text/html; charset="utf-8"

{PAGE}
--xx--
"""


def taking_in(name: str, chunk: str | bytes, body: str = TAKEN) -> bytes:
    return package(
        "word/document.xml",
        {
            "word/document.xml": f"<w:document {W} {R}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations({"rId9": ("aFChunk", name)}),
            f"word/{name}": chunk,
        },
    )


@pytest.mark.parametrize(("name", "chunk"), [("a.htm", PAGE), ("a.mht", IN_PARTS)])
def test_a_page_that_the_document_takes_in_is_read_at_its_place(name: str, chunk: str):
    body = (
        paragraph("Before.")
        + word_table([["Room", "Seats"], ["Oak", "12"]])
        + TAKEN
        + paragraph("After.")
    )
    out = parsed(reader.read, taking_in(name, chunk, body))
    assert out.text.startswith("Before.\n\n")
    assert out.text.endswith("\n\nAfter.")
    assert headings(out) == [(1, "Terms")]
    assert place_of(out, "Terms") == Node(2)
    assert place_of(out, "Pay within 30 days.") == Node(3)
    assert place_of(out, "Small") == Cell("table 2", 2, 1)
    assert place_of(out, "After.") == Node(4)
    assert furniture(out) == []
    assert [out.text[table.start : table.end] for table in out.tables][
        1
    ] == "Plan: Small; Price: 9."


@pytest.mark.parametrize(
    ("name", "chunk"),
    [
        ("a.txt", "First.\n\nSecond."),
        ("a.rtf", r"{\rtf1 First.\par\par Second.}"),
        ("a.docx", docx(paragraph("First.") + paragraph("Second."))),
    ],
)
def test_other_contents_that_the_document_takes_in_are_read(name: str, chunk: str | bytes):
    out = parsed(reader.read, taking_in(name, chunk))
    assert out.text == "First.\n\nSecond."
    assert place_of(out, "Second.") == Node(2)


@pytest.mark.parametrize(
    ("name", "chunk"),
    [
        (
            "a.htm",
            "<nav>Home</nav><p>Seen.</p><p style='display:none'>SECRET</p><footer>F</footer>",
        ),
        ("a.htm", "<!-- mime-version: --><p>Seen.</p><p style='display:none'>SECRET</p>"),
        ("a.txt", "Seen.".encode("utf-16")),
        ("a.mht", "\ufeff" + IN_PARTS.replace(PAGE, "<p>Seen.</p>")),
    ],
)
def test_what_is_hidden_in_what_it_takes_in_is_left_out(name: str, chunk: str | bytes):
    out = parsed(reader.read, taking_in(name, chunk, TAKEN + paragraph("After.")))
    assert "Seen." in out.text
    assert "SECRET" not in out.text
    assert "mime" not in out.text.lower()
    assert furniture(out) == []  # it would end what is searched


@pytest.mark.parametrize("name", ["a.png", "a.xml", "a.txt"])
def test_what_is_no_text_is_not_taken_in(name: str):
    body = TAKEN + paragraph("After.")
    out = parsed(reader.read, taking_in(name, b"\x89PNG\r\n\x1a\n" + bytes(range(256)), body))
    assert out.text == "After."
    assert [(one.code, one.partial) for one in out.warnings] == [("part_failed", True)]


def test_an_empty_page_that_it_takes_in_lacks_nothing():
    out = parsed(reader.read, taking_in("a.htm", "<body></body>", TAKEN + paragraph("After.")))
    assert (out.text, out.warnings) == ("After.", [])


def test_each_part_is_taken_in_once():
    assert parsed(reader.read, taking_in("a.txt", "Seen.", TAKEN * 100)).text == "Seen."


def test_documents_inside_of_one_another_end_somewhere():
    inner = docx(paragraph("Deep."))
    for _ in range(6):
        inner = taking_in("a.docx", inner, paragraph("Above.") + TAKEN)
    out = parsed(reader.read, inner)
    assert "Deep." not in out.text
    assert [(one.code, one.partial) for one in out.warnings] == [("part_failed", True)]
