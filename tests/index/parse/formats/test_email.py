"""Messages: headers, parts, forms of a text, history, attachments, limits."""

import pytest
from reading import headings, outside, parsed, place_of, refusal

from citespan.index.parse.formats import email as reader
from citespan.index.parse.parsed import Member
from citespan.index.parse.places import Part

HEAD = (
    "From: Ann <ann@x.org>\nTo: Bob <bob@x.org>\nSubject: Plan\nDate: Sun, 8 May 2005 "
    "14:09:11 -0500\n"
)


def read(text: str | bytes):
    return parsed(reader.read, text.encode() if isinstance(text, str) else text)


def multipart(kind: str, *parts: str, boundary: str = "B") -> str:
    inside = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{inside}--{boundary}--\n'


PLAIN = "Content-Type: text/plain; charset=utf-8\n\n"
PAGE = "Content-Type: text/html; charset=utf-8\n\n"


def test_headers_are_lines_and_metadata():
    out = read(HEAD + "\nHello.\n\nBye.")
    assert out.text == (
        "From: Ann <ann@x.org>\nTo: Bob <bob@x.org>\nDate: Sun, 8 May 2005 14:09:11 -0500\n"
        "Subject: Plan\n\nHello.\n\nBye."
    )
    assert out.title == "Plan"
    assert out.metadata == {"author": "Ann <ann@x.org>", "published": "2005-05-08T19:09:11Z"}
    assert place_of(out, "Plan") == Part("headers")
    assert place_of(out, "Hello.") == Part("1")
    assert outside(out) == "::::"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=?UTF-8?Q?Caf=C3=A9?= =?utf-8?b?IGNoZXo=?= nous", "Café chez nous"),
        ("=?iso-8859-1?q?=E9?=", "é"),
        ("=?nonsense?q?abc?=", "abc"),
        ("two\n lines", "two lines"),
        ("raw é", "raw é"),
    ],
)
def test_encoded_words_are_decoded(value: str, shown: str):
    assert read(f"Subject: {value}\n\nx").title == shown


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("quoted-printable", "caf=C3=A9 =\nau lait", "café au lait"),
        ("base64", "Y2Fmw6k=", "café"),
        ("8bit", "café", "café"),
        ("nonsense", "café", "café"),
    ],
)
def test_bodies_are_decoded(encoding: str, body: str, text: str):
    out = read(
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{body}"
    )
    assert out.text == text


def test_plain_text_is_preferred_unless_it_says_little():
    page = PAGE + "<p>Hello in HTML, which is a little longer than the other one.</p>"
    full = PLAIN + "Hello in text, which is as long as the other."
    out = read(multipart("alternative", full, page))
    assert out.text == "Hello in text, which is as long as the other."
    assert place_of(out, "Hello") == Part("1")
    little = read(multipart("alternative", PLAIN + "See HTML", page))
    assert little.text == "Hello in HTML, which is a little longer than the other one."
    assert place_of(little, "Hello") == Part("2")


def test_parts_are_numbered_and_attachments_are_members():
    inner = multipart("alternative", PLAIN + "Text.", PAGE + "<p>Text.</p>", boundary="C")
    attached = (
        "Content-Type: text/csv\nContent-Disposition: attachment; "
        'filename="=?utf-8?q?caf=C3=A9=2Ecsv?="\n\na,b\n1,2'
    )
    logo = (
        'Content-Type: image/png; name="l.png"\nContent-ID: <a@b>\nContent-Transfer-Encoding: '
        "base64\n\nAAAA"
    )
    signature = "Content-Type: application/pgp-signature; name=s.asc\n\nxyz"
    out = read(HEAD + multipart("mixed", inner, attached, logo, signature, PLAIN + "After."))
    assert out.text.endswith("Plan\n\nText.\n\nAfter.")
    assert place_of(out, "Text.") == Part("1.1")
    assert place_of(out, "After.") == Part("5")
    assert out.members == [Member("café.csv", b"a,b\n1,2")]


def test_history_is_kept_and_marked():
    out = read(
        PLAIN + "I agree.\n\nOn Monday, Bob wrote:\n> Shall we?\n> > Once more.\n\n-----Original "
        "Message-----\nFrom: Cy"
    )
    assert out.text == (
        "I agree.\n\nOn Monday, Bob wrote:\n\n> Shall we?\n> > Once more.\n\n-----Original "
        "Message-----\n\nFrom: Cy"
    )
    assert headings(out) == [(2, "On Monday, Bob wrote:"), (2, "-----Original Message-----")]


def test_quotes_in_pages_are_marked():
    out = read(
        PAGE + "<p>Yes.</p><blockquote>Shall we?<blockquote>Again?</blockquote></blockquote>"
    )
    assert out.text == "Yes.\n\n> Shall we?\n\n> > Again?"


def test_forwarded_messages_are_read():
    forwarded = "Content-Type: message/rfc822\n\nFrom: Cy\nSubject: Old\n\nInside."
    out = read(HEAD + multipart("mixed", PLAIN + "See below.", forwarded))
    assert out.text.endswith("See below.\n\nFrom: Cy\nSubject: Old\n\nInside.")
    assert place_of(out, "Old") == Part("2")
    assert place_of(out, "Inside.") == Part("2.1")


def test_a_message_of_an_attachment_alone_has_members():
    out = read(
        "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nJVBERg=="
    )
    assert (out.text, out.members) == ("", [Member("a.pdf", b"%PDF")])


def nested(levels: int) -> str:
    head = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(levels)
    )
    return head + PLAIN + "hello\n" + "".join(f"--b{n}--\n" for n in reversed(range(levels)))


@pytest.mark.parametrize(
    "text",
    [
        nested(25),
        nested(3000),
        "Content-Type: message/rfc822\n\n" * 3000 + "x",
        multipart("mixed", *[PLAIN + "x"] * 2500),
    ],
)
def test_messages_of_too_many_parts_are_refused(text: str):
    assert refusal(reader.read, text.encode())[0] == "too_large"


def test_headers_without_end_are_cut():
    out = read(
        "To: "
        + "a@b.c, " * 100_000
        + "\nSubject: "
        + "=?utf-8?q?"
        + "a" * 20
        + "?= " * 40_000
        + "\n\nx"
    )
    assert len(out.text) < 2 * 16_384 + 100


def test_more_than_a_hundred_attachments_are_left_out():
    one = "Content-Type: text/x\nContent-Disposition: attachment; filename=a\n\nx"
    out = read(multipart("mixed", PLAIN + "x", *[one] * 102))
    assert len(out.members) == 100
    assert [one.code for one in out.warnings] == ["attachment"] * 2


def test_lines_of_a_list_keep_how_they_stand_to_each_other():
    out = read(HEAD + "\nWe have:\n\n   * rooms\n     - large\n   * trains\n")
    assert out.text.endswith("We have:\n\n* rooms\n  - large\n* trains")
