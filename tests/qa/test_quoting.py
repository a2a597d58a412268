"""What is signed as a quote is the document's text, character for character, and nothing else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts, texts_with_spans

from citespan.index import Span
from citespan.index.text.segmentation import sentences
from citespan.qa.claims.context import Stretch
from citespan.qa.claims.quotes import quoted_span
from citespan.qa.claims.splitting import read_claim

TEXT = """\
# Dosage of the new drug

The usual dose is 1 0 mg for adults. Most people can not take more than that. The **first** dose \
is taken "at home", as a rule. Set `max_dose_mg` to 5 * 3 in the file. It was -5 degrees outside…
Please re-cover the old sofa, and don’t sit on it
before it is dry. The co\u00adope\u00adra\u00adtion of N\u00a0200 crews was good.
A cafe\u0301 is open. Is the new bridge open? He left us! The rate is 5.5 % a year, i.e. low.
𝟓 of them left early.

You must not:

- smoke inside of the building
- run down the stairs. Then wait outside for us.

You may:

1. Open the red valve slowly
2. Close the red valve.
- 5 degrees of frost are normal

It is not true that the
Harbour was closed in winter.

He lied: "The tower stands. It is very tall. It is not old."

| Not recommended |
| aspirin with wine |

She met them. "We are there now. We sleep in tents," she said.
"""
DOSE = "The usual dose is 1 0 mg for adults."
PLAIN = [
    "John Berg is nowhere in Paris today.",
    "The 3 10 minute walks cost 1,500 dollars.",
    "It is 5 * 3 metres wide, or -5, or x_1 of y_2.",
    'They "can not" re-cover it; the others don’t.',
]
JOINERS = "\u200c\u200d"


def stretch(text: str) -> Stretch:
    return Stretch(text, sentences(text))


def quoted(written: str, told: Stretch | None = None) -> str | None:
    told = told or STRETCH
    span = quoted_span(written, told, Span(0, len(told.text)))
    return span.of(told.text) if span else None


STRETCH = stretch(TEXT)


@pytest.mark.parametrize(
    "sentence",
    [
        "The usual dose is 1 0 mg for adults.",
        "Most people can not take more than that.",
        'The **first** dose is taken "at home", as a rule.',
        "Set `max_dose_mg` to 5 * 3 in the file.",
        "It was -5 degrees outside…",
        "A cafe\u0301 is open.",
        "Is the new bridge open?",
        "He left us!",
        "The rate is 5.5 % a year, i.e. low.",
        "𝟓 of them left early.",
        "1. Open the red valve slowly",
        "- 5 degrees of frost are normal",
        "# Dosage of the new drug",
        '"We are there now.',
        "Is the new bridge open? He left us!",
    ],
)
def test_what_is_the_same_is_a_quote(sentence: str):
    assert quoted(sentence) == sentence
    assert quoted(read_claim(f"{sentence} [1]").written) == sentence


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("The usual dose is 1 0 mg for adults", DOSE),
        ("  The usual\tdose\u3000is\n\n1 0\u00a0mg for adults.", DOSE),
        ("“The usual dose is 1 0 mg for adults.”", DOSE),
        ("“The usual dose is 1 0 mg for adults”.", DOSE),
        ("**The usual dose is 1 0 mg for adults**.", DOSE),
        ("- _“The usual dose is 1 0 mg for adults.”_", DOSE),
        ("1. The usual dose is 1 0 mg for adults.", DOSE),
        ("The usual do\u00adse is\u200b 1 0 mg for adults.", DOSE),
        (
            "Please re-cover the old sofa, and don’t sit on it before it is dry.",
            "Please re-cover the old sofa, and don’t sit on it\nbefore it is dry.",
        ),
        (
            "The cooperation of N 200 crews was good.",
            "The co\u00adope\u00adra\u00adtion of N\u00a0200 crews was good.",
        ),
        ("Open the red valve slowly.", "1. Open the red valve slowly"),
        ("- Open the red valve slowly.", "1. Open the red valve slowly"),
        ("Dosage of the new drug.", "# Dosage of the new drug"),
    ],
)
def test_a_quote_may_differ_in_what_the_rule_names(written: str, told: str):
    assert quoted(written) == told


@pytest.mark.parametrize(
    "written",
    [
        "The usual dose is 10 mg for adults.",  # white space
        "The usual dose is 1 0mg for adults.",
        "The usual dose is 1 0 mg foradults.",
        "The usual d ose is 1 0 mg for adults.",
        "The usual dose is 1 0 mg for adults .",
        "Most people cannot take more than that.",
        "It was - 5 degrees outside…",
        "The rate is 5.5% a year, i.e. low.",
        "Set `max_dose_mg` to 53 in the file.",  # marks
        "Set `max_dose_mg` to 5 3 in the file.",
        "Set `maxdosemg` to 5 * 3 in the file.",
        "Set `max_dose_mg` to 5 \\* 3 in the file.",
        "Set max_dose_mg to 5 * 3 in the file.",
        "It was 5 degrees outside…",
        "Please recover the old sofa, and don’t sit on it before it is dry.",
        "Please re-cover the old sofa, and don't sit on it before it is dry.",
        "Please re‐cover the old sofa, and don’t sit on it before it is dry.",
        "Please re-cover the old sofa and don’t sit on it before it is dry.",
        'The first dose is taken "at home", as a rule.',  # Markdown of the document
        "The **first** dose is taken at home, as a rule.",
        'The **first** dose is "taken" at home, as a rule.',
        "The **first** dose is taken “at home”, as a rule.",
        "The rate is 55 % a year, i.e. low.",  # digits
        "The rate is 5.5 % a year, i.e low.",
        "The rate is ５.5 % a year, i.e. low.",
        "5 of them left early.",
        "The usual dose is 0 1 mg for adults.",
        "2. Open the red valve slowly",
        "5 degrees of frost are normal",
        "A caf\u00e9 is open.",  # composed
        "the usual dose is 1 0 mg for adults.",  # letters
        "Is the new bridge open.",  # stops
        "He left us.",
        "It was -5 degrees outside.",
        "The usual dose is 1 0 mg for adults..",
        "The usual dose is 1 0 mg for adults…",
        "…The usual dose is 1 0 mg for adults.",
        "The usual dose … for adults.",
        "According to the report, the usual dose is 1 0 mg for adults.",  # parts, and more
        "The usual dose is 1 0 mg.",
        "usual dose is 1 0 mg for adults.",
        "The usual dose is 1 0 mg for adults. Most people can.",
        "He left us! Is the new bridge open?",
        "Open it",
        "He lied: The tower stands.",
    ],
)
def test_what_differs_otherwise_is_none(written: str):
    assert quoted(written) is None


@pytest.mark.parametrize(
    "written",
    [
        "Most people can",
        "smoke inside of the building",  # introduced by "You must not:"
        "run down the stairs.",
        "Then wait outside for us.",
        "Harbour was closed in winter.",  # the line before goes on in it
        "It is very tall.",  # inside of what is a lie
        "| aspirin with wine |",  # below "Not recommended"
    ],
)
def test_what_is_taken_back_around_it_is_none(written: str):
    assert quoted(written) is None


def test_what_is_not_taken_back_is_a_quote():
    assert quoted("Close the red valve.") == "2. Close the red valve."
    assert quoted("We are there now.") is None  # its quotation marks are left out
    assert quoted('We sleep in tents," she said.') == 'We sleep in tents," she said.'
    assert quoted(
        "Then he took three of them home.", stretch("No. Then he took three of them home.")
    )


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("他真的来了。她走了！", "他真的来了。", "他真的来了。"),
        ("他真的来了。她走了！", "他真的来了", "他真的来了。"),
        ("他真的来了。她走了！", "他真的来了。她走了！", "他真的来了。她走了！"),
        ("他真的来了。她走了！", "他真的来了。 她走了！", None),
        ("他真的来了。她走了！", "他真的 来了。", None),
        (
            "می\u200cخواهم به خانه بروم.",
            "می\u200cخواهم به خانه بروم.",
            "می\u200cخواهم به خانه بروم.",
        ),
        ("می\u200cخواهم به خانه بروم.", "میخواهم به خانه بروم.", None),
    ],
)
def test_scripts_without_spaces(text: str, written: str, expected: str | None):
    assert quoted(written, stretch(text)) == expected


def test_a_quote_lies_inside_of_the_passage():
    text = "The door is open now. " * 3
    found = quoted_span("The door is open now.", stretch(text), Span(22, 44))
    assert found == Span(22, 43)
    assert quoted_span("The door is open now.", stretch(text), Span(1, 20)) is None


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("It is big [1].", "It is big."),
        ("It is big. [1][2]", "It is big."),
        ("It [1] is 3[1]0 metres (2) big.", "It is 3 0 metres (2) big."),
        ("It is 5 [1].50 m wide.", "It is 5 .50 m wide."),
        ("It is **big** [1], and *old* [2].", "It is **big**, and *old*."),
        ("“It is big [1]”.", "“It is big”."),
        ("他来了[1]。", "他来了。"),
        ("It is big (1).", "It is big."),
        ("now\rhere\x1fin [1]", "now here in"),
    ],
)
def test_markers_are_left_out_without_joining_what_they_part(written: str, left: str):
    assert read_claim(written).written == left


@given(texts_with_spans(), texts)
def test_a_quote_is_spelled_as_it_is_written(placed: tuple[str, Span], other: str):
    text, span = placed
    for written in (span.of(text), other, *(one.of(text) for one in sentences(text))):
        found = quoted(written, stretch(text))
        assert found is None or bare(found) == bare(written)


@given(st.data())
def test_one_character_makes_a_quote_or_none(data: st.DataObject):
    """A character more, less, or another one, anywhere in a true sentence."""
    true = data.draw(st.sampled_from(PLAIN))
    at = data.draw(st.integers(0, len(true)))
    put = data.draw(st.sampled_from(["", *" \n\u200b0159aN\"“'’*_-–—.,:;!?%$+=~/\\"]))
    changed = true[:at] + put + true[data.draw(st.sampled_from([at, at + 1])) :]
    same = spelled(changed) == spelled(true)
    assert quoted(changed, stretch(" ".join(PLAIN))) == (true if same else None)


def spelled(text: str) -> str:
    """Every character that is seen, a space for white space, and no full stop at the end."""
    kept = "".join(one for one in text if one in JOINERS or unicodedata.category(one) != "Cf")
    return " ".join(kept.split()).removesuffix(".")


def bare(text: str) -> str:
    """The same without what may decorate a whole sentence."""
    return spelled(text).strip("“”„‘’«»「」『』\"'*_`.。｡．।۔•‣▪#>-–— ").lstrip("(0123456789.) ")
