"""Presentations: the order of slides and shapes, titles, lists, tables, notes and footers."""

from office_files import P, R, package, pptx, relations, shape
from reading import furniture, headings, parsed, place_of, refusal

from citespan.index.parse.formats import pptx as reader
from citespan.index.parse.places import Slide


def read(slides: list[str], **more: object):
    return parsed(reader.read, pptx(slides, **more))  # pyright: ignore[reportArgumentType]


def test_titles_come_first_and_shapes_from_top_to_bottom():
    out = read(
        [
            shape(["Below."], y=900)
            + shape(["Above right."], y=100, x=50)
            + shape(["Above left."], y=100)
            + shape(["The", "Title"], kind="title", y=2000),
            shape(["Second"], kind="ctrTitle") + shape(["End."]),
        ]
    )
    assert out.text == "The Title\n\nAbove left.\n\nAbove right.\n\nBelow.\n\nSecond\n\nEnd."
    assert headings(out) == [(1, "The Title"), (1, "Second")]
    assert place_of(out, "Below.") == Slide(1)
    assert place_of(out, "End.") == Slide(2)
    assert out.title == "The Title"
    assert out.metadata == {"slides": 2}


def test_slides_are_in_the_order_of_the_presentation():
    ids = '<p:sldId r:id="b"/><p:sldId r:id="a"/>'
    slides = {
        f"ppt/{name}.xml": f"<p:sld {P}><p:cSld><p:spTree>{shape([name])}</p:spTree></p:cSld>"
        f"</p:sld>"
        for name in ("one", "two")
    }
    data = package(
        "ppt/p.xml",
        {
            "ppt/p.xml": f"<p:presentation {P} {R}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
            "ppt/_rels/p.xml.rels": relations(
                {"a": ("slide", "one.xml"), "b": ("slide", "two.xml")}
            ),
            **slides,
        },
    )
    out = parsed(reader.read, data)
    assert out.text == "two\n\none"
    assert place_of(out, "two") == Slide(1)


def test_shapes_in_groups_stay_together():
    group = (
        '<p:grpSp><p:nvGrpSpPr><p:cNvPr id="2" name="g"/><p:nvPr/></p:nvGrpSpPr>'
        '<p:grpSpPr><a:xfrm><a:off x="0" y="500"/></a:xfrm></p:grpSpPr>'
        f"{shape(['b'], y=20)}{shape(['a'], y=10)}</p:grpSp>"
    )
    assert read([group + shape(["c"], y=100) + shape(["d"], y=600)]).text == "c\n\na\n\nb\n\nd"


def test_notes_follow_their_slide_and_footers_are_furniture():
    footers = shape(["Acme"], kind="ftr", y=999) + shape(["7"], kind="sldNum")
    out = read([shape(["A"]) + footers, shape(["B"]) + footers], notes={1: "Say hello."})
    assert out.text == "A\n\nNotes: Say hello.\n\nB\n\nAcme"
    assert place_of(out, "Say hello.") == Slide(1, notes=True)
    assert furniture(out) == ["Acme"]


def test_hidden_slides_are_marked_and_hidden_shapes_left_out():
    out = read([shape(["A"]), shape(["B"]) + shape(["C"], more='hidden="1"')], hidden=(2,))
    assert out.text == "A\n\n(hidden slide)\n\nB"
    assert [one.code for one in out.warnings] == ["hidden_slide", "hidden_text"]


def test_lists_have_their_bullets_and_numbers():
    def line(text: str, properties: str) -> str:
        return f"<a:p><a:pPr>{properties}</a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>"

    number = '<a:buAutoNum type="alphaLcParenR"/>'
    body = line("First", number) + line("Second", number) + line("Dot", '<a:buChar char="-"/>')
    plain = shape([]).replace("</p:txBody>", f"{body}{line('None', '<a:buNone/>')}</p:txBody>")
    content = shape(["One", "Two", "Three", "Four"], kind="body", y=5)
    assert read([plain + content]).text == (
        "a) First\nb) Second\n• Dot\n\nNone\n\n• One\n• Two\n• Three\n• Four"
    )


def test_tables_pictures_and_charts():
    def cell(text: str) -> str:
        return f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    lines = (["Year", "Cost"], ["2020", "5 M"])
    rows = "".join(f"<a:tr>{''.join(map(cell, line))}</a:tr>" for line in lines)
    frame = (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="t" descr="Costs by year"/>'
        "<p:nvPr/>"
        f'</p:nvGraphicFramePr><a:tbl><a:tblPr firstRow="1"/>{rows}</a:tbl></p:graphicFrame>'
    )
    out = read([frame])
    assert out.text == "Year: 2020; Cost: 5 M.\n\nCosts by year"
    assert place_of(out, "5 M") == Slide(1)


def test_the_data_of_a_chart_are_rows():
    c = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'

    def points(name: str, *values: str) -> str:
        inside = "".join(f'<c:pt idx="{n}"><c:v>{one}</c:v></c:pt>' for n, one in enumerate(values))
        return f"<c:{name}><c:strCache>{inside}</c:strCache></c:{name}>"

    series = points("tx", "Sales") + points("cat", "North", "South") + points("val", "3", "4")
    data = package(
        "ppt/p.xml",
        {
            "ppt/p.xml": f'<p:presentation {P} {R}><p:sldIdLst><p:sldId r:id="a"/></p:sldIdLst>'
            f"</p:presentation>",
            "ppt/_rels/p.xml.rels": relations({"a": ("slide", "s.xml")}),
            "ppt/s.xml": f"<p:sld {P} {R}><p:cSld><p:spTree><p:graphicFrame>"
            f'<c:chart {c} r:id="x"/></p:graphicFrame></p:spTree></p:cSld></p:sld>',
            "ppt/_rels/s.xml.rels": relations({"x": ("chart", "c.xml")}),
            "ppt/c.xml": f"<c:chartSpace {c} "
            f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
            f"<c:chart><c:title><a:t>By region</a:t></c:title><c:ser>{series}</c:ser></c:chart>"
            f"</c:chartSpace>",
        },
    )
    assert parsed(reader.read, data).text == "By region\n\nNorth; Sales: 3.\n\nSouth; Sales: 4."


def test_a_slide_that_cannot_be_read_is_left_out():
    data = package(
        "ppt/p.xml",
        {
            "ppt/p.xml": f'<p:presentation {P} {R}><p:sldIdLst><p:sldId r:id="a"/><p:sldId '
            f'r:id="b"/>'
            "</p:sldIdLst></p:presentation>",
            "ppt/_rels/p.xml.rels": relations({"a": ("slide", "a.xml"), "b": ("slide", "b.xml")}),
            "ppt/a.xml": "<p:sld",
            "ppt/b.xml": f"<p:sld {P}><p:cSld><p:spTree>{shape(['Left.'])}</p:spTree></p:cSld>"
            f"</p:sld>",
        },
    )
    out = parsed(reader.read, data)
    assert (out.text, place_of(out, "Left.")) == ("Left.", Slide(2))
    assert [(one.code, one.partial) for one in out.warnings] == [("page_failed", True)]


def test_a_presentation_without_text_is_refused():
    assert refusal(reader.read, pptx([""]))[0] == "no_text"


def test_two_columns_are_read_one_after_the_other():
    def box(words: str, x: int, y: int) -> str:
        made = shape([words], x=x, y=y)
        return made.replace(f'y="{y}"/>', f'y="{y}"/><a:ext cx="40" cy="5"/>')

    left = box("Basic", 0, 10) + box("5 euro", 0, 20)
    right = box("Plus", 50, 10) + box("9 euro", 50, 20)
    assert read([left + right]).text == "Basic\n\n5 euro\n\nPlus\n\n9 euro"
    across = box("Basic", 0, 10) + box("Plus", 50, 10) + box("5 euro", 0, 20)
    assert read([across]).text == "Basic\n\nPlus\n\n5 euro"


def test_lists_inside_of_lists_are_indented_and_raised_numbers_are_raised():
    text = "<a:p>{}<a:r><a:rPr{}/><a:t>{}</a:t></a:r></a:p>"
    lines = (
        text.format("", "", "Needs")
        + text.format('<a:pPr lvl="1"/>', "", "a room")
        + "<a:p><a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline='30000'/><a:t>3</a:t></a:r></a:p>"
    )
    made = shape(["x"], kind="body").replace("<p:txBody>", "<p:txBody><a:bodyPr/><a:lstStyle/>")
    made = made.replace("<a:p><a:r><a:t>x</a:t></a:r></a:p>", lines)
    assert read([made]).text == "• Needs\n  • a room\n• 10³"
