"""Pages of HTML: blocks, lists, definitions, tables, furniture, hidden elements, encodings."""

import pytest
from reading import cells, furniture, headings, parsed, place_of, refusal

from citespan.index.parse.formats import html as reader
from citespan.index.parse.places import Cell, Node


def read(page: str | bytes, **hints: str):
    return parsed(reader.read, page.encode() if isinstance(page, str) else page, **hints)


def test_blocks_and_headings():
    out = read(
        "<title>A &amp; B</title><h1>Main</h1>one<br>two<p>  three <b>bold</b>\n four&nbsp;five</p>"
        "<h2 id='x'>Sub <i>part</i></h2><div>six<div>seven</div>eight</div><pre>  a\n   b</pre>"
    )
    assert out.text == (
        "Main\n\none\ntwo\n\nthree bold four five\n\nSub part\n\nsix\n\nseven\n\neight\n\na\n b"
    )
    assert headings(out) == [(1, "Main"), (2, "Sub part")]
    assert out.title == "A & B"
    assert place_of(out, "Sub part") == Node(4, "x")
    assert place_of(out, "seven") == Node(6, "x")


def test_lists_and_definitions():
    out = read(
        "<ul><li>a<li>b<ol start=3><li>c</li><li><p>d</p><p>more</p></li></ol></ul>"
        "<dl><dt>Term</dt><dd>Meaning</dd><dt>Other</dt><dd><p>First.</p><p>Second.</p></dd></dl>"
    )
    assert out.text == (
        "• a\n• b\n  3. c\n  4. d\n\nmore\n\nTerm: Meaning\n\nOther: First.\n\nSecond."
    )


def test_tables_are_rows():
    out = read(
        "<table><caption>Costs</caption><tr><th>Item<th>Price<th>Note<tr><td>Ink<td>3 €<td>"
        "<tr><td>Pens <br>blue<td rowspan=2>4 €<td>x<tr><td>Paper<td>y</table>"
    )
    assert out.text == (
        "Costs\n\nItem: Ink; Price: 3 €.\n\nItem: Pens blue; Price: 4 €; Note: x.\n\n"
        "Item: Paper; Price: 4 €; Note: y."
    )
    assert ("table 1", 3, 2, "4 €") in cells(out)
    assert place_of(out, "Paper") == Cell("table 1", 4, 1)


def test_two_columns_without_a_header_are_labels_and_values():
    out = read("<table><tr><td>Fixed in<td>3.5.1<tr><td>Announced<td>5 Jul 2023</table>")
    assert out.text == "Fixed in: 3.5.1.\n\nAnnounced: 5 Jul 2023."


def test_tables_that_frame_a_page_are_no_tables():
    out = read("<table><tr><td><h1>Top</h1><td><table><tr><td>a<td>b<td>c</table></table>")
    assert out.text == "Top\n\na: b: c" or out.text == "Top\n\na | b | c"
    assert headings(out) == [(1, "Top")]


def test_what_is_not_shown_is_left_out():
    out = read(
        "<p>seen</p><script>x()</script><style>p{}</style><template><p>t</p></template><noscript>"
        "n</noscript>"
        "<p hidden>a</p><p style='color:red; display : none'>b</p><div style='visibility:hidden'>"
        "<p>c</p></div>"
        "<span style='font-size:0'>d</span><!-- e --><p style='opacity:0.5'>half</p>"
    )
    assert out.text == "seen\n\nhalf"
    assert {one.code for one in out.warnings} == {"hidden_text"}


def test_navigation_and_footers_are_furniture_at_the_end():
    out = read(
        "<header>Site</header><nav><ul><li>Home</ul></nav><main><header><h1>Title</h1></header>"
        "<p>Body.</p>"
        "<aside>Inside.</aside></main><footer>© Us</footer><div role=navigation>More</div>"
    )
    assert out.text == "Title\n\nBody.\n\nInside.\n\nSite\n\n• Home\n\n© Us\n\nMore"
    assert furniture(out) == ["Site\n\n• Home\n\n© Us\n\nMore"]


def test_pictures_are_described():
    assert read("<p>See <img src=x alt='the map'>.</p>").text == "See the map ."


def test_metadata():
    out = read(
        "<html lang=en-US><meta name=author content='Ann'><meta property='article:published_time' "
        "content='2020-01-02T03:04:05+02:00'><meta name=last-modified content='2021-05-06'><p>x"
    )
    assert out.metadata == {
        "author": "Ann",
        "published": "2020-01-02T01:04:05Z",
        "modified": "2021-05-06",
        "language": "en-US",
    }


@pytest.mark.parametrize(
    ("data", "hints"),
    [
        ("<p>é</p>".encode(), {}),
        ("\ufeff<p>é</p>".encode(), {}),
        ("<p>é</p>".encode("utf-16"), {}),
        ("<meta charset=iso-8859-1><p>é</p>".encode("latin-1"), {}),
        ("<p>é</p>".encode("cp1252"), {}),
        ("<p>é</p>".encode("cp850"), {"encoding": "cp850"}),
        ("<meta charset=nonsense><p>é</p>".encode(), {}),
    ],
)
def test_encodings(data: bytes, hints: dict[str, str]):
    assert read(data, **hints).text == "é"


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ("<div>" * 5000 + "x", "too_large"),
        ("<p " + " ".join(f"a{n}=1" for n in range(9000)) + ">x", "too_large"),
        ("<p></p><script>x</script>", "no_text"),
    ],
)
def test_what_is_refused(page: str, code: str):
    assert refusal(reader.read, page.encode())[0] == code


def test_elements_that_belong_to_a_heading_are_in_it():
    out = read("<hgroup><h2>II</h2><p>Mr. Ukridge</p></hgroup><p>Text.</p>")
    assert headings(out) == [(2, "II Mr. Ukridge")]


def test_nothing_is_fetched():
    page = (
        '<base href="file:///etc/"><iframe src="passwd"></iframe><img '
        'src="file:///etc/passwd"><p>x</p>'
    )
    assert read(page + '<object data="file:///etc/passwd">y</object>').text == "x"


def test_raised_numbers_do_not_run_into_the_number_before():
    out = read(
        "<p>Built in 1840<sup><a href='#n1'>1</a></sup> on 10<sup>3</sup> m<sup>2</sup>, the "
        "1<sup>st</sup> and 1850<a href='#n2' role='doc-noteref'>2</a>.</p>"
        "<ol type='a'><li>x</ol><h2>A<br>B</h2>"
    )
    assert out.text == "Built in 1840[1] on 10³ m², the 1st and 1850[2].\n\na. x\n\nA B"


def test_a_header_goes_through_the_rows_that_its_cells_cover():
    out = read(
        "<table><thead><tr><th rowspan=2>Team</th><th colspan=2>2023</th></tr></thead>"
        "<tr><th>Q1</th><th>Q2</th></tr><tr><td>North</td><td>4</td><td>5</td></tr>"
        "<tr><td>South</td><td>6</td><td>7</td></tr></table>"
    )
    assert out.text.startswith("Team: North; 2023 Q1: 4; 2023 Q2: 5.")
