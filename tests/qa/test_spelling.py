"""Slips of the fingers are corrected by the words of what was found, and real words are not."""

import pytest

from citespan.qa.english.definitions import defined, defines
from citespan.qa.english.identifiers import code_names, is_of, siblings
from citespan.qa.english.order import latest_asked
from citespan.qa.english.spelling import respelled
from citespan.qa.evidence.newest import lacks_version, latest_titles

WORDS = frozenset(["weight", "height", "charge", "change", "close", "valve", "pressure"])
TEXTS = ["Close the valve.", "Valves hold the pressure and the height.", "A change is announced."]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("How do I close the vavle?", "How do I close the valve?"),  # swapped
        ("What is the presure?", "What is the pressure?"),  # left out
        ("Which vallve is it?", "Which valve is it?"),  # added
        ("Which pressuro is it in the vavle?", "Which pressure is it in the valve?"),
        ("What is the weight?", None),  # a word, though "height" is near
        ("What is the charge?", None),
        ("What does the Vavle cost?", None),  # a name
        ("What does the heighx hold?", "What does the height hold?"),
        ("What is a lvave?", None),  # too far
        ("What is the valve?", None),
    ],
)
def test_a_slip_is_corrected_where_one_word_is_meant(asked: str, meant: str | None) -> None:
    assert respelled(asked, TEXTS, WORDS.__contains__) == meant


def test_a_slip_that_may_be_two_words_stays() -> None:
    assert respelled("Where is the boarl?", ["boars", "board"], WORDS.__contains__) is None


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What is max_inflight for?", ["max_inflight"]),
        ("What does pump.flow.limit do, and Pump::open?", ["pump.flow.limit", "Pump::open"]),
        ("Is it e.g. 5 p.m. in the U.S. and/or a well-known end.", []),
        ("Who is at a.b@example.com or https://pumps.example.com/x?", []),
    ],
)
def test_names_of_code_have_joints(question: str, names: list[str]) -> None:
    found = code_names(question)
    assert len(found) == len(names)
    assert all(this.search(f"The {name}.") for this, name in zip(found, names, strict=True))
    assert not any(this.search(f"The {name}_x.") for this, name in zip(found, names, strict=True))


def test_a_definition_begins_with_its_term() -> None:
    assert defined("What is a check valve?") == "check valve"
    assert defined("What does GPM stand for?") == "GPM"
    assert defined("Who is the keeper?") is None
    assert defines("check valve", "A **check valve** lets water through one way.") is False
    assert defines("check valve", "A check valve lets water through one way.")
    assert not defines("check valve", "Check valves, see below.")
    assert not defines("check valve", "The tap is no check valve.")


def test_the_latest_version_may_be_named_after_its_product() -> None:
    asked = latest_asked("What is the newest Tidewatch version?")
    assert asked is not None
    assert asked.numbered
    assert lacks_version("What is the newest Tidewatch version?", ["Better than the PX8266."])
    assert not lacks_version("What is the newest Tidewatch version?", ["2.1 is out."])
    assert not lacks_version("What was changed in the latest version?", ["It is better."])
    assert not lacks_version("What is the latest news?", ["It rains."])


def test_headings_that_mention_versions_are_no_series() -> None:
    assert latest_titles(["2.1 (May)", "v2.0", "Release 1.9"])
    assert latest_titles(["Notes for 2.1", "Notes for 2.0"])
    assert not latest_titles(["The old pump (up to 2.1)", "Taps since 2.0", "Valves"])


@pytest.mark.parametrize(
    ("nearest", "verdict"),
    [
        (["It has two taps.", "Tidewatch Edge"], False),
        (["It has two taps.", "Tidewatch Taps"], None),  # what is asked about
        (["It has two taps.", "The tidewatch edge"], None),
        (["Pro has two taps.", "Tidewatch Edge"], True),
        (["It has two taps.", "Tidewatch Pro", "Tidewatch Edge"], True),
        (["It has two taps."], None),
    ],
)
def test_a_product_is_told_from_its_siblings(
    nearest: list[str],
    verdict: bool | None,  # noqa: FBT001
) -> None:
    (name,) = siblings("How many taps does Tidewatch Pro have?")
    assert is_of(name, nearest) is verdict


def test_words_at_a_beginning_are_no_names_of_two_words() -> None:
    assert not siblings("Which GPIOs does it use?")
    assert len(siblings("Is Tidewatch Pro free?")) == 1
    assert not siblings("What Tides are there in May?")
