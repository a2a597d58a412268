"""Characters that steer what shows them, by Unicode's own categories."""

import json
import sys
import unicodedata

import pytest
import regex
from hypothesis import given
from strategies import raw_texts

from citespan.index.text.unseen import escaped_json, shown

STEERING = regex.compile(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}--[\t\n]]", regex.VERSION1)
SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
JOINERS = "\u200c\u200d"
ALL = [chr(at) for at in range(sys.maxunicode + 1) if not 0xD800 <= at < 0xE000]


def test_every_character_keeps_its_value_in_json_and_none_that_steers_is_raw() -> None:
    encoded = escaped_json(json.dumps(ALL, ensure_ascii=False).encode())
    assert json.loads(encoded) == ALL
    assert STEERING.search(encoded.decode()) is None


def test_what_is_shown_is_all_but_what_steers() -> None:
    changed = {one for one in ALL if shown(one) != one}
    assert changed == {one for one in ALL if STEERING.match(one)} - {*SIGNS, *JOINERS}
    replaced = {one for one in changed if shown(one) == "\ufffd"}
    assert {one for one in changed if shown(one)} == replaced
    assert {unicodedata.category(one) for one in changed - replaced} <= {
        "Cf",
        "Cn",
    }  # by Python's older Unicode
    assert "\u202e" in replaced


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb\nc\r\n", "a\tb\nc\ufffd\n"),
        ("\x1b[2J\x9b2J\x00\x7f", "\ufffd[2J\ufffd2J\ufffd\ufffd"),
        ("soft\u00adhyphen \ufeffmark", "softhyphen mark"),
        ("\u202etxt.exe\u202c", "\ufffdtxt.exe\ufffd"),
        ("\U0001f469\u200d\U0001f467", "\U0001f469\u200d\U0001f467"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("lone \ud800", "lone \ufffd"),
    ],
)  # fmt: skip
def test_what_is_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


@given(raw_texts)
def test_what_is_shown_is_shown_again_as_it_is(text: str) -> None:
    assert shown(shown(text)) == shown(text)
    kept = text.encode(errors="replace").decode()
    assert json.loads(escaped_json(json.dumps([kept], ensure_ascii=False).encode())) == [kept]
