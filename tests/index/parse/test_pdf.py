"""PDF to text and boxes. The values come from where the test put the words."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_pdf import Page, Pdf, prose, text

from citespan.index.parse import Parsed, Request, Unreadable
from citespan.index.parse.formats.pdf import read, render
from citespan.index.parse.isolation import Sandbox
from citespan.index.parse.isolation.checks import check
from citespan.index.parse.places import Box


def parsed(*pages: Page, **fields: object) -> Parsed:
    made = Pdf(list(pages), **fields)  # pyright: ignore[reportArgumentType]
    result = read(made.write(), Request(ocr="never"))
    assert check(result) is result
    return result


def box_of(result: Parsed, words: str) -> Box:
    """The box of words that stand on one line."""
    start = result.text.index(words)
    end = start + len(words)
    run = next(run for run in result.runs if run.start <= start and end <= run.end)
    assert isinstance(run.place, Box)
    edges = run.edges[2 * (start - run.start) : 2 * (end - run.start)]
    return Box(run.place.page, min(edges), run.place.y0, max(edges), run.place.y1)


LOREM = [
    "The quick brown fox jumps over the lazy dog near the river bank",
    "and then sleeps under a tall tree until the sun goes down behind",
    "the hills.",
]


def test_lines_of_a_paragraph_become_one_line():
    result = parsed(Page(prose(LOREM)))
    assert result.text.strip() == " ".join(LOREM)


def test_a_wide_gap_and_an_indent_begin_paragraphs():
    second = ["Another paragraph begins here and is as wide as the first one was", "and ends."]
    below = prose(LOREM) + prose(second, y=600)
    assert parsed(Page(below)).text.strip() == " ".join(LOREM) + "\n\n" + " ".join(second)
    indented = (
        prose(LOREM) + text(90, 700 - 3 * 14.4, second[0]) + text(72, 700 - 4 * 14.4, second[1])
    )
    assert parsed(Page(indented)).text.strip() == " ".join(LOREM) + "\n\n" + " ".join(second)


def test_small_capitals_run_into_the_next_line():
    capitals = "LIMITS OF THE HARBOUR AND OF ITS PIERS, SEEN FROM THE SEA AND FROM THE IN-"
    ended = "/F 9 Tf (LAND.) Tj /F 12 Tf ( The limits of the harbour are those of the law) Tj"
    heading = text(72, 700, capitals, 9) + f"BT 72 685.6 Td {ended} ET\n"
    found = parsed(Page(heading + prose(LOREM, y=671.2))).text.strip()
    assert found.startswith(capitals.removesuffix("-") + "LAND. The limits of the harbour are")
    other = text(72, 700, capitals, 9) + prose(LOREM, y=685.6)
    assert "\n\n" + LOREM[0] in parsed(Page(other)).text


def test_items_of_a_list_are_paragraphs():
    items = ["1. Wash the apples well.", "2. Cut them.", "3. Eat them all."]
    assert parsed(Page(prose(items))).text.strip() == "\n\n".join(items)


@pytest.mark.parametrize(
    ("first", "second", "read_as"),
    [
        ("We measured the cor-", "pus of English words.", "corpus"),  # a word of the list
        ("We like the flub-", "bergate because flubbergate is nice.", "the flubbergate because"),
        ("It is a well-", "known fact about them all.", "well-known"),
        ("The zorg-", "blat is nice, as a zorg-blat is.", "The zorg-blat is nice"),
        ("Meet Jean-", "Paul in the old town of Bern.", "Jean-Paul"),
    ],
)
def test_hyphens_at_line_ends(first: str, second: str, read_as: str):
    assert read_as in parsed(Page(prose([first, second]))).text


def test_boxes_are_where_the_words_are():
    result = parsed(Page(text(100, 500, "Hello brave world")))
    box = box_of(result, "Hello")
    assert box.page == 1
    assert box.x0 == pytest.approx(1000, abs=5)
    assert box.x1 == pytest.approx(1000 + 273.4, abs=8)  # of Helvetica's widths, at 12 points
    assert box.y0 < 7920 - 5000 < box.y1 + 40
    after = box_of(result, "world")
    assert after.x0 > box_of(result, "brave").x1


@pytest.mark.parametrize(
    ("rotate", "x", "y", "size"),
    [
        (0, 1000, 2920, (6120, 7920)),
        (90, 5000, 1000, (7920, 6120)),
        (180, 5120, 5000, (6120, 7920)),
        (270, 2920, 5120, (7920, 6120)),
    ],
)
def test_boxes_are_on_the_page_as_it_is_shown(rotate: int, x: int, y: int, size: tuple[int, int]):
    page = Page(text(100, 500, "Hi"), extra=f"/Rotate {rotate}")
    result = parsed(page)
    assert (result.pages[0].width, result.pages[0].height) == size
    place = result.runs[0].place
    assert isinstance(place, Box)
    assert min(abs(place.x0 - x), abs(place.x1 - x)) < 40
    assert min(abs(place.y0 - y), abs(place.y1 - y)) < 40


def test_boxes_count_from_the_crop_box():
    result = parsed(Page(text(100, 500, "Hello"), extra="/CropBox[50 100 400 600]"))
    assert (result.pages[0].width, result.pages[0].height) == (3500, 5000)
    box = box_of(result, "Hello")
    assert box.x0 == pytest.approx(500, abs=5)
    assert box.y1 == pytest.approx(1000, abs=40)


def test_ligatures_and_bullets_are_letters():
    to_unicode = (
        "<</Length 230>>\nstream\n/CIDInit /ProcSet findresource begin begincmap "
        "1 begincodespacerange <00><FF> endcodespacerange "
        "2 beginbfchar <41><FB01> <42><F0B7> endbfchar endcmap end end".ljust(230)
        + "\nendstream"
    )
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 100 0 R>>"
    page = Page(
        text(72, 700, "Ave words", font="G") + text(72, 650, "B item", font="G"),
        extra="/Resources<</Font<</G 101 0 R>>>>",
    )
    made = Pdf([page], objects=[to_unicode, font]).write()
    made = made.replace(b"/Resources<</Font<</F 3 0 R/B 5 0 R>>/XObject<</I 12 0 R>>>>", b" " * 64)
    result = read(made, Request(ocr="never"))
    assert result.text.split("\n\n") == ["five words", "• item"]
    assert len(result.runs[0].edges) == 2 * len("five words")


def test_headers_and_footers_are_moved_to_the_end():
    lines = ["alpha", "beta", "gamma", "delta"]
    pages = [
        Page(
            text(72, 760, "Annual report of the society")
            + text(72, 500, f"Something about {word} was said here, at some length.")
            + text(300, 30, f"Page {number} of 4")
        )
        for number, word in enumerate(lines, 1)
    ]
    result = parsed(*pages)
    ((start, end),) = result.furniture
    assert end == len(result.text)
    body, rest = result.text[:start], result.text[start:]
    assert "report" not in body
    assert "Page" not in body
    assert rest.count("Annual report of the society") == 4
    assert [f"Page {number} of 4" in rest for number in range(1, 5)] == [True] * 4
    assert box_of(result, "Page 3 of 4").page == 3


def test_a_sentence_runs_on_across_the_pages():
    first = [
        "This sentence begins on the first page of the document and it",
        "does not end before the",
    ]
    pages = [
        Page(prose(first) + text(72, 60, "* a note in small letters", 7)),
        Page(prose(["second page has begun and the reader has turned the leaf."])),
    ]
    assert "not end before the second page has begun" in parsed(*pages).text


def test_headings_by_size_and_by_outline():
    page = Page(text(72, 720, "A Large Title", 24) + prose(LOREM) + text(72, 600, "Small one", 12))
    outline = [
        "<</First 101 0 R/Last 101 0 R/Count 1>>",
        "<</Title(Small one)/Parent 100 0 R/Dest[10 0 R/Fit]>>",
    ]
    result = parsed(page, catalog="/Outlines 100 0 R", objects=outline)
    found = {result.text[one.start : one.end]: one.level for one in result.headings}
    assert found == {"A Large Title": 1, "Small one": 1}
    assert result.title == "A Large Title"


def test_rows_of_a_table_are_lines_with_bars():
    rows = [("Apples", "12", "3.40"), ("Pears", "7", "2.10"), ("Plums and figs", "120", "9.00")]
    content = "".join(
        text(x, 600 - 20 * at, cell)
        for at, row in enumerate(rows)
        for x, cell in zip((72, 250, 400), row, strict=True)
    )
    result = parsed(Page(content))
    assert result.text.strip().split("\n") == [" | ".join(row) for row in rows]
    assert box_of(result, "120").x0 == pytest.approx(2500, abs=10)
    assert all("|" not in result.text[run.start : run.end] for run in result.runs)


def test_rows_below_a_header_carry_its_labels():
    rows = [
        ("Price", "Weight"),
        ("Apples", "3.40", "12"),
        ("Pears", "2.10", "7"),
        ("Figs", "9", "1"),
    ]
    content = "".join(
        text(x, 600 - 20 * at, cell)
        for at, row in enumerate(rows)
        for x, cell in zip((72, 250, 400)[-len(row) :], row, strict=True)
    )
    result = parsed(Page(content))
    assert result.text.strip().split("\n") == [
        "Price | Weight",
        "",
        "Apples; Price: 3.40; Weight: 12.",
        "",
        "Pears; Price: 2.10; Weight: 7.",
        "",
        "Figs; Price: 9; Weight: 1.",
    ]
    (table,) = result.tables
    assert table.header == "Price | Weight"
    assert result.text[table.start :].startswith("Apples; Price")
    label = result.text.index("Price: 2.10")
    assert any(run.start == label and run.place == result.runs[0].place for run in result.runs)


def test_a_footnote_follows_the_paragraph_with_its_mark():
    marked = "(We met the Zorn,) Tj 5 Ts /F 7 Tf (3) Tj 0 Ts /F 12 Tf ( who sing.) Tj"
    content = f"BT /F 12 Tf 72 700 Td {marked} ET\n" + prose(LOREM, y=600)
    content += text(72, 80, "3", 6) + text(77, 78, "said as zoan", 8)
    assert parsed(Page(content)).text.strip().split("\n\n") == [
        "We met the Zorn,3 who sing.", "3 said as zoan", " ".join(LOREM),
    ]  # fmt: skip


_LEFTS = (72, 180, 300, 420)
_OFFICES = [("Oslo", "$ 1,200", "31", "4.5%"), ("Rome", "$ 980", "27", "3.9%")]
_STACKED = [
    (180, 700, "Annual"), (180, 686, "Budget"), (300, 700, "Staff in"), (300, 686, "2023"),
    (420, 686, "Growth"), (72, 686, "Office"),
]  # fmt: skip


def office_rows(rows: list[tuple[str, ...]], top: int) -> str:
    return "".join(
        text(x, top - 16 * at, cell)
        for at, row in enumerate(rows)
        for x, cell in zip(_LEFTS, row, strict=True)
    )


def test_a_header_of_several_lines_labels_the_cells_below():
    content = "".join(text(*one) for one in _STACKED) + office_rows(_OFFICES, 660)
    result = parsed(Page(content))
    assert result.text.strip().split("\n") == [
        "Office | Annual Budget | Staff in 2023 | Growth",
        "",
        "Office: Oslo; Annual Budget: $ 1,200; Staff in 2023: 31; Growth: 4.5%.",
        "",
        "Office: Rome; Annual Budget: $ 980; Staff in 2023: 27; Growth: 3.9%.",
    ]
    assert [one.header for one in result.tables] == [
        "Office | Annual Budget | Staff in 2023 | Growth"
    ]
    assert result.headings == []


def test_rows_on_the_next_page_have_the_labels_and_only_their_own_boxes():
    first = "".join(text(*one) for one in _STACKED) + office_rows(_OFFICES, 660)
    more = [("Kyiv", "$ 640", "12", "8.1%"), ("Bonn", "$ 75", "3", "0.4%")]
    result = parsed(Page(first), Page(office_rows(more, 700)))
    row = "Office: Bonn; Annual Budget: $ 75; Staff in 2023: 3; Growth: 0.4%."
    start = result.text.index(row)
    pages = {
        one.place.page
        for one in result.runs
        if isinstance(one.place, Box) and start <= one.start < start + len(row)
    }
    assert pages == {2}


def test_a_year_is_a_label_and_the_name_of_a_section_is_none():
    rows = [("Millions", "2021", "2020"), ("Assets:", "", ""), ("Cash", "$ 10", "$ 12")]
    content = "".join(
        text(x, 600 - 16 * at, cell)
        for at, row in enumerate([*rows, ("Land", "31", "30"), ("Tools", "(4)", "7")])
        for x, cell in zip((72, 250, 400), row, strict=True)
        if cell
    )
    lines = [line for line in parsed(Page(content)).text.split("\n") if line]
    assert lines == [
        "Millions | 2021 | 2020", "Assets:", "Millions: Cash; 2021: $ 10; 2020: $ 12.",
        "Millions: Land; 2021: 31; 2020: 30.", "Millions: Tools; 2021: (4); 2020: 7.",
    ]  # fmt: skip


def test_a_sentence_above_rows_is_no_header():
    sentence = text(72, 690, "Our offices grew in all of these towns over the last two years")
    lines = parsed(Page(sentence + office_rows(_OFFICES, 660))).text.strip().split("\n")
    assert lines[-2:] == [" | ".join(row) for row in _OFFICES]


def test_form_values_and_comments_follow_the_page():
    annotations = [
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(Name)/V(Ada Lovelace)/Rect[100 500 300 520]>>",
        "<</Type/Annot/Subtype/Text/Contents(Please check)/Rect[10 10 30 30]>>",
        "<</Type/Annot/Subtype/Text/F 2/Contents(Hidden note)/Rect[10 10 30 30]>>",
    ]
    page = Page(prose(LOREM), extra="/Annots[100 0 R 101 0 R 102 0 R]")
    result = parsed(page, catalog="/AcroForm<</Fields[100 0 R]>>", objects=annotations)
    assert result.text.strip().split("\n\n")[1:] == ["Name: Ada Lovelace", "Please check"]
    run = next(run for run in result.runs if "Ada" in result.text[run.start : run.end])
    assert run.place == Box(1, 1000, 2720, 3000, 2920)


def test_metadata():
    info = "/Title(On  Foxes)/Author(A. Writer)/CreationDate(D:20190102030405+01'30')"
    result = parsed(Page(prose(LOREM)), info=info, catalog="/Lang(en-US)")
    assert result.title == "On Foxes"
    assert result.metadata == {
        "author": "A. Writer",
        "language": "en-US",
        "pages": 1,
        "published": "2019-01-02T01:34:05Z",
    }
    assert result.made_by.startswith("pdf 6, pdfium ")


RIGHT = "opensesame"


def test_passwords():
    made = Pdf([Page(prose(LOREM))], password=RIGHT).write()
    for password, code in ((None, "encrypted"), ("wrong", "password_wrong")):
        with pytest.raises(Unreadable) as refused:
            read(made, Request(password=password))
        assert refused.value.code == code
        assert "wrong" not in str(refused.value)
    assert "lazy dog" in read(made, Request(password=RIGHT)).text


def test_a_page_that_fails_is_left_out_and_named():
    made = Pdf([Page(prose([f"This is page {number} of the report."])) for number in range(1, 11)])
    broken = made.write().replace(b"28 0 obj\n<</Type/Page", b"28 0 obj\n[/Type /Page", 1)
    result = read(broken, Request(ocr="never"))
    (warning,) = result.warnings
    assert (warning.code, warning.page, warning.partial) == ("page_failed", 7, True)
    assert "page 7" in warning.message
    assert "This is page 8" in result.text
    assert "This is page 7" not in result.text


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7\nnothing", "corrupt"),
        (Pdf([Page("")]).write(), "no_text"),
        (Pdf([Page("q 612 0 0 792 0 0 cm /I Do Q", image=b"\x80")]).write(), "no_text"),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, code: str):
    with pytest.raises(Unreadable) as refused:
        read(data, Request(ocr="never"))
    assert refused.value.code == code


def test_a_file_is_read_twice_in_the_same_way():
    made = Pdf([Page(prose(LOREM)), Page(prose(LOREM[:2]))]).write()
    sandbox = Sandbox()
    assert sandbox.parse(made, Request()) == sandbox.parse(made, Request())
    sandbox.close()


def test_pages_are_drawn():
    made = Pdf([Page("0 0 0 rg 0 0 306 792 re f")]).write()
    sandbox = Sandbox()
    picture = sandbox.render(made, 1, 200)
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20]) == 200
    assert int.from_bytes(picture[20:24]) == 258
    with pytest.raises(Unreadable, match="page 2"):
        sandbox.render(made, 2, 200)
    sandbox.close()


def test_left_is_black_and_right_is_white():
    picture = render(Pdf([Page("0 0 0 rg 0 0 306 792 re f")]).write(), 1, 100)
    at = picture.index(b"IDAT") + 4
    rows = zlib.decompress(picture[at:])
    first = rows[1:301]  # red, green and blue of 100 pixels
    assert first[:3] == b"\0\0\0"
    assert first[-3:] == b"\xff\xff\xff"


@settings(max_examples=60)
@given(st.data())
def test_damaged_files_are_read_or_refused(draw: st.DataObject):
    data = bytearray(Pdf([Page(prose(LOREM)), Page(prose(LOREM))]).write())
    for _ in range(draw.draw(st.integers(1, 8))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    data = data[: draw.draw(st.integers(9, len(data)))]
    try:
        check(read(bytes(data), Request(ocr="never")))
        outcome = "read"
    except Unreadable as refused:
        outcome = refused.code
    assert outcome in {"read", "corrupt", "no_text", "encrypted", "unsupported"}


def test_items_and_entries_of_contents_are_paragraphs_even_if_they_are_as_wide():
    items = [
        "\267 first item of the list",
        "\267 other item of the list",
        "\267 third item of a list",
    ]
    assert len(parsed(Page(prose(items))).text.split("\n\n")) == 3
    contents = ["One ............ 1", "Two ............ 2"]
    assert parsed(Page(prose(contents))).text.strip().split("\n\n") == contents


def test_a_number_of_a_page_is_furniture_if_it_counts():
    pages = [Page(prose(LOREM) + text(500 - 40 * n, 40 + 10 * n, str(n))) for n in (1, 2)]
    result = parsed(*pages)
    ((start, _),) = result.furniture
    assert result.text[start:].split() == ["1", "2"]
    alone = parsed(Page(prose(LOREM) + text(500, 40, "1850")))
    assert not alone.furniture
