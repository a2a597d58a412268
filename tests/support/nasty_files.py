"""Files made to do harm, each small: bombs, loops, and references to other files."""

import random
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping

from office_files import W, docx, epub, odf, paragraph, pptx, shape, sheet, xlsx
from tiny_files import zip_of
from tiny_pdf import Page, Pdf, text

TARGET = "file:///etc/passwd"
_LAUGHS = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
_DOCTYPES = {
    "laughs": f'<!DOCTYPE d [<!ENTITY a "lol">{_LAUGHS}]>',
    "entity": f'<!DOCTYPE d [<!ENTITY j SYSTEM "{TARGET}">]>',
}


def _word(document: str) -> bytes:
    return zip_of(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
            'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/'
            'officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
            "</Relationships>",
            "word/document.xml": document,
            "../../../../tmp/out": "x",
        }
    )


def _png(width: int, height: int) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    size = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", size) + part(b"IDAT", zlib.compress(b"\0" * 99))


def _loop() -> bytes:
    form = "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 100 0 R>>>>"
    page = Page("/X Do " + text(72, 700, "A form that draws itself."))
    return Pdf([page], objects=[f"<<{form}/Length 5>>\nstream\n/X Do\nendstream"]).write()


_DOCUMENT = f"<w:document {W}><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>"
BOMBS: Mapping[str, Callable[[], bytes]] = {
    "laughs.docx": lambda: _word(_DOCTYPES["laughs"] + _DOCUMENT),
    "entity.docx": lambda: _word(_DOCTYPES["entity"] + _DOCUMENT),
    "ratio.docx": lambda: docx(paragraph("A" * 30_000_000)),
    "deep.docx": lambda: docx("<w:sdt><w:sdtContent>" * 9000 + "</w:sdtContent></w:sdt>" * 9000),
    "far-cell.xlsx": lambda: xlsx({"S": sheet({"A1": "<c><v>1</v></c>", "XFD1048576": "<c/>"})}),
    "spaces.odt": lambda: odf("text", '<text:p>a<text:s text:c="2000000000"/>b</text:p>'),
    "repeat.ods": lambda: odf(
        "spreadsheet",
        '<table:table><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
        "</table:table-row></table:table>",
    ),
    "climbing.epub": lambda: epub({"../../../../../etc/passwd": "x", "a.xhtml": "<p>Page</p>"}),
    "include.html": f'<p>Page</p><iframe src="{TARGET}"></iframe>'.encode,
    "deep.html": lambda: b"<!doctype html><body>" + b"<b>" * 20_000 + b"x",
    "include.rtf": rf'{{\rtf1 Page {{\field{{\*\fldinst INCLUDETEXT "{TARGET}"}}}}}}'.encode,
    "deep.rtf": lambda: b"{\\rtf1 " + b"{\\b " * 50_000 + b"x",
    "bin.rtf": lambda: b"{\\rtf1 \\bin2147483647 x",
    "deep.json": lambda: b"[" * 200_000,
    "nested.eml": lambda: (
        b"Subject: x\nContent-Type: message/rfc822\n\n" * 2000 + b"Subject: y\n\nz"
    ),
    "parts.eml": lambda: (
        b'Subject: x\nContent-Type: multipart/mixed; boundary="b"\n\n'
        + b"--b\nContent-Type: text/plain\n\nx\n" * 20_000
    ),
    "addresses.eml": lambda: b"To: " + b"a@b.c, " * 50_000 + b"\nSubject: x\n\nx",
    "field.csv": lambda: b'a,b\n"' + b"x" * 1_000_001 + b'",1\n',
    "huge.png": lambda: _png(60_000, 60_000),
    "loop.pdf": _loop,
    "count.pdf": lambda: Pdf([Page("")]).write().replace(b"/Count 1", b"/Count 999999999"),
    "empty.pdf": lambda: b"%PDF-1.7\n",
}

_SMALL: Mapping[str, Callable[[], bytes]] = {
    "small.pdf": lambda: Pdf([Page(text(72, 700, "One line of words."))]).write(),
    "small.docx": lambda: docx(paragraph("One line of words.")),
    "small.xlsx": lambda: xlsx({"S": sheet({"A1": "<c><v>1</v></c>"})}),
    "small.pptx": lambda: pptx([shape(["One line of words."])]),
    "small.odt": lambda: odf("text", "<text:p>One line of words.</text:p>"),
    "small.epub": lambda: epub({"a.xhtml": "<p>One line of words.</p>"}),
    "small.eml": lambda: b"From: a@b.c\nSubject: Words\nMIME-Version: 1.0\n\nOne line of words.\n",
    "small.html": lambda: b"<!doctype html><p>One line of words.</p>",
    "small.rtf": lambda: b"{\\rtf1 One line of words.}",
    "small.csv": lambda: b"a,b,c\n1,2,3\n4,5,6\n",
    "small.json": lambda: b'{"a": [1, 2, {"b": "words"}]}',
}


def mutated(times: int) -> Iterator[tuple[str, bytes]]:
    """Yield each small file so many times, with some bits turned or its end cut off."""
    chance = random.Random(17)  # noqa: S311  (the same files each time)
    for name, make in _SMALL.items():
        whole = make()
        for at in range(times):
            data = bytearray(whole)
            if at % 4 == 3:
                del data[chance.randrange(len(data)) :]
            else:
                for _ in range(chance.randint(1, 8)):
                    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            yield name, bytes(data)
