"""JSON and JSON Lines."""

import pytest
from reading import outside, parsed, place_of, refusal

from citespan.index.parse.formats import records as reader
from citespan.index.parse.places import Line


def read(text: str | bytes):
    return parsed(reader.read, text.encode() if isinstance(text, str) else text)


def test_each_value_follows_the_names_that_lead_to_it():
    out = read(
        '{\n"PUMA": {"values": {\n"48-02102": "Johnson County",\n"x": null}},\n"n": [1, 2.5, true]}'
    )
    assert out.text == "PUMA › values › 48-02102: Johnson County\n\nn: 1, 2.5, true"
    assert place_of(out, "Johnson County") == Line(3)
    assert place_of(out, "PUMA") == Line(2)
    assert outside(out) == "››::,,"
    assert out.media_type == "application/json"


def test_objects_of_a_list_are_records():
    out = read('[{"name": "Ann", "at": {"city": "Ghent"}, "tags": ["a", "b"]}, {"name": "Bob"}]')
    assert out.text == "name: Ann; at › city: Ghent; tags: a, b.\n\nname: Bob."


def test_lines_are_records():
    out = read('{"q": "Who?", "a": "Ann."}\n\n{"q": "When?", "a": 1990}\n')
    assert out.text == "q: Who?; a: Ann.\n\nq: When?; a: 1990."
    assert place_of(out, "1990") == Line(3)
    assert out.media_type == "application/jsonl"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"a": "x\\u00e9\\n y"}', "a: xé y"),
        ('{"a": "\\ud800"}', "a: \ufffd"),
        ('{"a": -1.5e3}', "a: -1.5e3"),
        ('{"": 1}', '"": 1'),
        ('"only"', "only"),
        ("[[1,2],[3]]", "0: 1, 2.\n\n1: 3."),
        ('{"o":[{"n":1},{"n":2}]}', "o › 0 › n: 1\n\no › 1 › n: 2"),
    ],
)
def test_values(text: str, shown: str):
    assert read(text).text in {shown, shown.replace("0: ", "").replace("1: ", "")}


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("{", "corrupt", "ends before '}' in line 1"),
        ('{"a": 1,\n}', "corrupt", "key in quotes is missing in line 2"),
        ('{"a"\n1}', "corrupt", "':' is missing in line 2"),
        ("[1 2]", "corrupt", "',' is missing"),
        ("[1,]", "corrupt", "a value is missing"),
        ('{"a": "b', "corrupt", "a string does not end"),
        ("// no", "corrupt", "a value is missing"),
        ("[" * 500, "too_large", "nested more than 200"),
        ("{}", "no_text", "no text"),
    ],
)
def test_what_is_refused(text: str, code: str, says: str):
    found, message = refusal(reader.read, text.encode())
    assert found == code
    assert says in message
