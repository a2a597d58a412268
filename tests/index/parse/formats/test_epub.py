"""E-books: the order of reading, titles, metadata, and names that climb out."""

from office_files import epub, zipped
from reading import headings, parsed, place_of, refusal

from citespan.index.parse.formats import epub as reader
from citespan.index.parse.places import Part

PAGE = (
    '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
    "<body>{}</body></html>"
)


def test_members_are_read_in_order_with_their_places():
    book = epub(
        {
            "b.xhtml": PAGE.format('<h1 id="one">One</h1><p>First.</p><a id="x"/>'),
            "a.xhtml": PAGE.format(
                "<h2>Two</h2><table><tr><th>A</th><th>B</th></tr><tr><td>k</td><td>v</td></tr>"
                "</table>"
            ),
        }
    )
    out = parsed(reader.read, book)
    assert out.text == "One\n\nFirst.\n\nTwo\n\nA: k; B: v."
    assert headings(out) == [(1, "One"), (2, "Two")]
    assert place_of(out, "First.") == Part("book/b.xhtml", "one")
    assert place_of(out, "v") == Part("book/a.xhtml", "")


def test_a_member_without_heading_gets_the_title_of_the_contents():
    ncx = (
        '<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" '
        '"http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">'
        "<ncx><navMap><navPoint><navLabel><text>Chapter the First</text></navLabel>"
        '<content src="c%201.xhtml#top"/></navPoint></navMap></ncx>'
    )
    out = parsed(reader.read, epub({"c 1.xhtml": PAGE.format("<p>It began.</p>")}, contents=ncx))
    assert out.text == "Chapter the First\n\nIt began."
    assert headings(out) == [(1, "Chapter the First")]
    assert len(out.runs) == 1


def test_metadata():
    metadata = (
        "<dc:title>A Book</dc:title><dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator>"
        '<dc:date>1906</dc:date><dc:language>en</dc:language><meta property="dcterms:modified">'
        "2020-01-02T03:04:05Z</meta>"
    )
    out = parsed(reader.read, epub({"a.xhtml": PAGE.format("<p>x</p>")}, metadata=metadata))
    assert out.title == "A Book"
    assert out.metadata == {
        "author": "Ann, Bob",
        "published": "1906",
        "modified": "2020-01-02T03:04:05Z",
        "language": "en",
    }


def test_members_cannot_be_outside_of_the_book():
    out = parsed(
        reader.read, epub({"a.xhtml": PAGE.format("<p>x</p>"), "../../../../etc/passwd": ""})
    )
    assert out.text == "x"
    assert reader.path_of("book", "../../../etc/passwd") == "etc/passwd"
    assert [one.code for one in out.warnings] == ["unsafe_name", "part_failed"]


def test_what_is_refused():
    assert refusal(reader.read, zipped({"mimetype": "application/epub+zip"}))[0] == "corrupt"
    protected = zipped(
        {
            "META-INF/encryption.xml": '<e><CipherReference URI="OEBPS/c1.xhtml"/></e>',
            "META-INF/container.xml": "",
        }
    )
    assert refusal(reader.read, protected)[0] == "encrypted"
