"""What a file is: content decides, names only between texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_files import MAIN, ole, ooxml, zip_of

from citespan.index.parse.request import Request, Unreadable
from citespan.index.parse.sniff import is_plain, sniff

OOXML = "application/vnd.openxmlformats-officedocument."
MACROS = "application/vnd.ms-{}.macroEnabled.main+xml"
ODF = "application/vnd.oasis.opendocument."
MAIL = b"Received: from a\r\n by b\r\nFrom: a@b.c\r\nSubject: x\r\n\r\nHello"

BY_CONTENT = {
    "pdf": (b"%PDF-1.7\n", "application/pdf"),
    "pdf after junk": (b"x" * 500 + b"%PDF-1.7\n", "application/pdf"),
    "docx": (
        ooxml(MAIN.format("wordprocessingml.document")),
        OOXML + "wordprocessingml.document",
    ),
    "dotm": (ooxml(MACROS.format("word.document")), OOXML + "wordprocessingml.document"),
    "pptx": (
        ooxml(MAIN.format("presentationml.presentation")),
        OOXML + "presentationml.presentation",
    ),
    "ppsm": (ooxml(MACROS.format("powerpoint.slideshow")), OOXML + "presentationml.presentation"),
    "xlsx": (ooxml(MAIN.format("spreadsheetml.sheet")), OOXML + "spreadsheetml.sheet"),
    "xlsm": (ooxml(MACROS.format("excel.sheet")), OOXML + "spreadsheetml.sheet"),
    "xlsb": (
        ooxml("application/vnd.ms-excel.sheet.binary.macroEnabled.main"),
        "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    ),
    "odt": (zip_of({"mimetype": ODF + "text"}), ODF + "text"),
    "ott": (zip_of({"mimetype": ODF + "text-template"}), ODF + "text"),
    "odp without mimetype": (
        zip_of({"content.xml": "", "META-INF/manifest.xml": f'"{ODF}presentation"'}),
        ODF + "presentation",
    ),
    "epub": (zip_of({"mimetype": "application/epub+zip"}), "application/epub+zip"),
    "xls": (ole("Workbook"), "application/vnd.ms-excel"),
    "msg": (ole("x", "__properties_version1.0"), "application/vnd.ms-outlook"),
    "encrypted ooxml": (ole("a", "b", "EncryptedPackage"), "application/x-encrypted-ooxml"),
    "rtf": (b"{\\rtf1 x}", "application/rtf"),
    "png": (b"\x89PNG\r\n\x1a\n", "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0", "image/jpeg"),
    "tiff": (b"II*\0", "image/tiff"),
    "webp": (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    "gif": (b"GIF89a", "image/gif"),
    "bmp": (b"BM" + b"\0" * 12 + b"\x28\0\0\0", "image/bmp"),
    "html": (b"\n<!-- x --><!DOCTYPE html><p>x", "text/html"),
    "xhtml": (b"<?xml version='1.0'?>\n<html xmlns='x'>", "text/html"),
    "xml": (b"<?xml version='1.0'?><feed/>", "application/xml"),
    "mail": (MAIL, "message/rfc822"),
    "mbox": (b"From a@b.c Thu Jan 1\n" + MAIL, "message/rfc822"),
    "json": (b' {"a": 1}', "application/json"),
    "jsonl": (b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson"),
    "csv": (b"a,b,c\n1,2,3\n4,5,6\n", "text/csv"),
    "tsv": (b"a\tb\tc\n1\t2\t3\n4\t5\t6\n", "text/tab-separated-values"),
    "srt": (b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHi\r\n", "application/x-subrip"),
    "vtt": (b"WEBVTT\n\n", "text/vtt"),
    "latex": (b"\\documentclass{article}", "text/x-tex"),
    "utf-16": ("Grüße".encode("utf-16"), "text/plain"),
    "text": (b"Dear all, we met, and ate, and slept.\n", "text/plain"),
}


@pytest.mark.parametrize("name", BY_CONTENT)
@pytest.mark.parametrize("hint", ["", "wrong.docx"])
def test_content_decides(name: str, hint: str):
    data, media_type = BY_CONTENT[name]
    assert sniff(data, Request(name=hint, media_type="")) == media_type


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.md", "text/markdown"),
        ("a.mdx", "text/markdown"),
        ("a.RST", "text/x-rst"),
        ("a.adoc", "text/asciidoc"),
        ("a.py", "text/x-python"),
        ("a.csv", "text/csv"),
        ("a.tex", "text/x-tex"),
        ("a.html", "text/plain"),  # it has no tag
        ("a.json", "text/plain"),  # it begins as no JSON
        ("a.eml", "text/plain"),  # it has no header
        ("a.pdf", "text/plain"),
        ("a", "text/plain"),
    ],
)
def test_names_decide_between_texts(name: str, media_type: str):
    assert sniff(b"Some words, and others.", Request(name=name)) == media_type


def test_a_media_type_decides_between_texts():
    assert sniff(b"<p>x", Request(media_type="text/html; charset=utf-8")) == "text/html"
    assert sniff(b"x", Request(media_type="text/markdown")) == "text/markdown"
    assert sniff(b"Subject: x\n\ny", Request(media_type="message/rfc822")) == "message/rfc822"


def test_a_memo_is_no_message():
    memo = b"To: All\nFrom: Me\nSubject: Lunch\n\nBring food."
    assert sniff(memo, Request(name="memo.txt")) == "text/plain"
    assert sniff(memo, Request(name="memo.eml")) == "message/rfc822"


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"", "corrupt", "empty"),
        (zip_of({"a.txt": "x"}), "unsupported", "unpack"),
        (zip_of({"mimetype": ODF + "graphics"}), "unsupported", "graphics"),
        (ooxml("x")[:-30], "corrupt", "cut short"),
        (b"PK\x03\x04" + b"\0" * 50, "corrupt", "cut short"),
        (zip_of({str(n): "" for n in range(20_001)}), "too_large", "20,000"),
        (ole("WordDocument"), "unsupported", "save it as .docx"),
        (ole("PowerPoint Document"), "unsupported", "save it as .pptx"),
        (ole("x"), "unsupported", "unknown"),
        (ole("x")[:1024], "corrupt", "damaged"),
        (ole("x")[:90], "corrupt", "damaged"),
        (b"%!PS-Adobe", "unsupported", "PDF"),
        (b"\x1f\x8b\x08", "unsupported", "unpack"),
        (b"\0\0\0\x18ftypheic", "unsupported", "JPEG"),
        (b"a\0b", "unsupported", "binary"),
    ],
)
def test_what_cannot_be_read_is_refused_with_advice(data: bytes, code: str, says: str):
    with pytest.raises(Unreadable, match=says) as refused:
        sniff(data, Request())
    assert refused.value.code == code


def test_an_embedded_workbook_makes_no_workbook():
    data = bytearray(ole("WordDocument", "ObjectPool"))
    embedded = 1024 + 3 * 128  # an entry that is not below the root
    name = "Workbook".encode("utf-16-le") + b"\0\0"
    data[embedded : embedded + len(name)] = name
    with pytest.raises(Unreadable, match="docx"):
        sniff(bytes(data), Request())


def test_plain_types_need_no_reader():
    assert all(map(is_plain, ["text/plain", "text/markdown", "text/x-python"]))
    assert not any(map(is_plain, ["text/html", "text/csv", "image/png"]))


@given(st.sampled_from(sorted(BY_CONTENT)), st.data())
def test_damaged_files_are_of_some_kind_or_refused(name: str, draw: st.DataObject):
    data = bytearray(BY_CONTENT[name][0])
    for _ in range(draw.draw(st.integers(1, 5))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    data = data[: draw.draw(st.integers(0, len(data)))]
    try:
        outcome = sniff(bytes(data), Request())
    except Unreadable as refused:
        outcome = refused.code
    assert "/" in outcome or outcome in {"unsupported", "encrypted", "corrupt", "too_large"}
