"""XML, subtitles, and texts that are kept as they are."""

import pytest
from reading import headings, parsed, place_of, refusal

from citespan.index.parse.formats import marked, subtitles, xml
from citespan.index.parse.places import Line

SRT = (
    "1\r\n00:00:01,000 --> 00:00:03,000\r\n<i>It began</i>\r\nin Ghent.\r\n\r\n2\r\n00:00:03,500 "
    "--> 00:00:05,000\r\n"
    "It went on.\r\n\r\n3\r\n00:00:09,000 --> 00:00:10,000\r\n{\\an8}Later &amp; last.\r\n"
)


def test_subtitles_are_running_text():
    out = parsed(subtitles.read, SRT.encode())
    assert out.text == "It began in Ghent. It went on.\n\nLater & last."
    assert place_of(out, "in Ghent.") == Line(4)
    assert out.media_type == "application/x-subrip"


def test_voices_are_named():
    vtt = (
        "WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 align:start\n<v Ann>Hello <b>you</b>.</v>"
        "\n\n00:02.000 --> 00:03.000\n- Who?\n"
    )
    out = parsed(subtitles.read, vtt.encode())
    assert out.text == "Ann: Hello you.\n\n- Who?"
    assert out.media_type == "text/vtt"


def test_texts_without_times_are_no_subtitles():
    assert refusal(subtitles.read, b"hello")[0] == "corrupt"


def test_xml_of_prose_is_paragraphs():
    out = parsed(
        xml.read,
        b'<!DOCTYPE a PUBLIC "x" "file:///etc/passwd"><book><title>A Plan</title>\n<chapter>'
        b"<head>One</head>\n"
        b"<p>Some <i>mixed</i> text.</p></chapter></book>",
    )
    assert out.text == "A Plan\n\nOne\n\nSome mixed text."
    assert headings(out) == [(1, "A Plan"), (2, "One")]
    assert place_of(out, "Some mixed text.") == Line(3)
    assert out.title == "A Plan"


def test_xml_of_data_is_records():
    out = parsed(
        xml.read,
        b'<list><item code="de"><name>Germany</name><capital since="1990">Berlin</capital></item>\n'
        b'<item code="fr"><name>France</name><capital/></item></list>',
    )
    assert out.text == (
        "code: de; name: Germany; capital: Berlin; capital since: 1990.\n\ncode: fr; name: France."
    )
    assert place_of(out, "France") == Line(2)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<a><b></a>", "corrupt"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "unsupported"),
        (b"<a/>", "no_text"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16"), "unsupported"),
    ],
)
def test_xml_that_is_refused(data: bytes, code: str):
    assert refusal(xml.read, data)[0] == code


MARKDOWN = """---
title: "The Plan"
author: Ann
date: 2020-01-02
---

# One #

```
# no heading
```

Two words
---------

Text of
# Three
"""
RST = """Title: A Module
Created: 2013-08-01

=====
Over
=====

Abstract
========

Text.

Inner
-----

Other
=====
"""
ADOC = "= Book\n\n== Vector (`Zvamo`)\n\n----\n== no heading\n----\n\n=== Inner\n"
TEX = "\\documentclass{book}\n\\section{One \\emph{two}}\n% \\section{no}\n\\subsection*{Three}\n"


@pytest.mark.parametrize(
    ("text", "name", "found", "media_type"),
    [
        (MARKDOWN, "a.md", [(1, "One"), (2, "Two words"), (1, "Three")], "text/markdown"),
        (RST, "a.rst", [(1, "Over"), (2, "Abstract"), (3, "Inner"), (2, "Other")], "text/x-rst"),
        (ADOC, "a.adoc", [(1, "Book"), (2, "Vector (`Zvamo`)"), (3, "Inner")], "text/asciidoc"),
        (TEX, "a.tex", [(2, "One \\emph{two}"), (3, "Three")], "application/x-tex"),
        (TEX, "", [(2, "One \\emph{two}"), (3, "Three")], "application/x-tex"),
        ("# comment\nx = 1\n", "a.py", [], "text/x-source"),
        ("one\n\ntwo", "a.txt", [], "text/plain"),
    ],
)
def test_texts_are_kept_as_they_are(
    text: str, name: str, found: list[tuple[int, str]], media_type: str
):
    out = parsed(marked.read, text.encode(), name=name)
    assert out.text == text
    assert headings(out) == found
    assert out.media_type == media_type
    lines = text.split("\n")
    assert [(out.text[run.start : run.end], run.place) for run in out.runs] == [
        (line, Line(number)) for number, line in enumerate(lines, 1) if line
    ]


def test_fields_at_the_start_are_metadata():
    out = parsed(marked.read, MARKDOWN.encode(), name="a.md")
    assert (out.title, out.metadata) == ("The Plan", {"author": "Ann", "published": "2020-01-02"})
    rst = parsed(marked.read, RST.encode(), name="a.rst")
    assert (rst.title, rst.metadata) == ("A Module", {"published": "2013-08-01"})


def test_a_title_is_the_first_heading_otherwise():
    assert parsed(marked.read, ADOC.encode(), name="a.adoc").title == "Book"


def test_controls_and_marks_inside_a_text_stay():
    text = "a\x0bb\u200b\ufeffc\x01"
    assert parsed(marked.read, text.encode(), name="a.txt").text == text


@pytest.mark.parametrize(
    ("data", "code"), [(b"a\0b", "corrupt"), (b"  \n", "no_text"), (b"\x81\x8d" * 9, "corrupt")]
)
def test_texts_that_are_refused(data: bytes, code: str):
    assert refusal(marked.read, data)[0] == code
