"""Zip archives from outside, and files with passwords."""

import io
import struct
import warnings
import zipfile
from hashlib import sha256

import pytest
from office_files import docx, ole, paragraph, zipped
from reading import parsed

from citespan.index.parse.formats import docx as reader
from citespan.index.parse.formats.archive import MAX_EXPANDED, MAX_MEMBERS, Archive
from citespan.index.parse.request import Request, Unreadable

SPOKEN = "pässword"


def code_of(data: bytes, name: str | None = None) -> str:
    with pytest.raises(Unreadable) as caught:
        Archive(data).read(name or "missing")
    return caught.value.code


def test_members_are_read_by_name():
    archive = Archive(zipped({"a/b.xml": "x", "c": b"y"}))
    assert archive.names == ["a/b.xml", "c"]
    assert archive.read("a/b.xml") == b"x"
    assert ("c" in archive, "d" in archive) == (True, False)


def test_unsafe_and_second_names_are_left_out():
    out = io.BytesIO()
    names = ["a", "a", "../b", "/c", "d/../../e", "C:\\f"]
    with zipfile.ZipFile(out, "w") as archive, warnings.catch_warnings(action="ignore"):
        for number, name in enumerate(names):
            archive.writestr(name, str(number))
    opened = Archive(out.getvalue())
    assert opened.names == ["a"]
    assert opened.read("a") == b"0"
    assert [one.code for one in opened.warnings] == ["duplicate_name"] + ["unsafe_name"] * 4


def test_a_member_that_expands_too_much_is_refused():
    assert code_of(zipped({"a": b"A" * 2_000_000}), "a") == "too_large"
    assert Archive(zipped({"a": b"A" * 900_000})).read("a") == b"A" * 900_000


def test_an_archive_that_expands_too_much_is_refused():
    data = bytearray(zipped({"a": b"A" * 100}))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", MAX_EXPANDED + 1)
    assert code_of(bytes(data)) == "too_large"


def test_sizes_that_lie_are_noticed():
    data = bytearray(zipped({"a": b"A" * 1000}))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 5)
    assert code_of(bytes(data), "a") == "corrupt"


def test_many_members_are_refused():
    assert code_of(zipped({str(n): b"" for n in range(MAX_MEMBERS + 1)})) == "too_large"


@pytest.mark.parametrize(
    ("flag", "method", "code"),
    [(1, 8, "encrypted"), (0, 14, "unsupported"), (0, 99, "unsupported")],
)
def test_encryption_and_odd_methods_are_refused(flag: int, method: int, code: str):
    data = bytearray(zipped({"a": b"A" * 100}))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 8 : directory + 12] = struct.pack("<HH", flag, method)
    assert code_of(bytes(data), "a") == code


def test_what_is_damaged_is_refused():
    data = zipped({"a": b"".join(bytes([n % 251]) for n in range(5000))})
    assert code_of(data[:-10]) == "corrupt"
    assert code_of(data[:60] + b"??????" + data[66:], "a") == "corrupt"
    assert code_of(data) == "corrupt"  # a member that is missing


def refusal_with(data: bytes, password: str | None) -> str:
    with pytest.raises(Unreadable) as caught:
        reader.read(data, Request(password=password))
    return caught.value.code


def test_a_password_opens_an_encrypted_document():
    office = pytest.importorskip("msoffcrypto.format.ooxml")
    out = io.BytesIO()
    lines = [sha256(bytes([n])).hexdigest() for n in range(200)]  # the library needs some length
    body = "".join(map(paragraph, ["A secret.", *lines]))
    office.OOXMLFile(io.BytesIO(docx(body))).encrypt(SPOKEN, out)
    data = out.getvalue()
    assert refusal_with(data, None) == "encrypted"
    assert refusal_with(data, "other") == "password_wrong"
    assert reader.read(data, Request(password=SPOKEN)).text.startswith("A secret.\n\n")


def test_an_old_document_is_no_encrypted_one():
    data = ole({"WordDocument": b"x"})
    assert refusal_with(data, None) == "encrypted"
    assert refusal_with(data, "x") == "corrupt"


def test_archive_warnings_reach_the_reader():
    data = zipped({"../x": ""})
    with zipfile.ZipFile(io.BytesIO(docx(paragraph("Text.")))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert len(Archive(data).warnings) == 1
    assert [one.code for one in parsed(reader.read, zipped({**members, "../x": ""})).warnings] == [
        "unsafe_name"
    ]
