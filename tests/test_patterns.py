"""No regular expression of the packages takes more than linear time, whatever it is given.

All of them are found, in the modules and in the sources, and each is given texts that are made of
its own parts. `TEST_CYCLES` of 100 gives each twenty times as many.
"""

import re
from typing import Any

import pytest
import regex
from faults import NIGHTLY
from hostile import STEEPEST, steepest
from patterns import METHODS, Found, compiled, inline

from citespan.evals.drafting import twins
from citespan.evals.training.data import contexts
from citespan.qa.english import identifiers
from citespan.qa.english import small_talk as smalltalk

TEXTS = 1200 if NIGHTLY else 80
# Patterns made of what a function is given: with something that it may be given.
MADE: dict[str, Any] = {
    "citespan.qa.english.identifiers._date": identifiers.identifiers("on 14 May")[0].this,
    "citespan.qa.english.identifiers._named": identifiers.identifiers("Is locker 22 free?")[0].this,
    "citespan.qa.english.identifiers._whole": identifiers.identifiers("Is KX-317 free?")[0].this,
    "citespan.qa.english.identifiers.siblings": identifiers.siblings("Is Tidewatch Pro free?")[
        0
    ].kind,
    "citespan.evals.drafting.twins._once": twins._once("Aa Aa"),  # pyright: ignore[reportPrivateUsage]
    "citespan.evals.training.data.contexts._whole": contexts._whole("Aa Aa"),  # pyright: ignore[reportPrivateUsage]
}
EVERY = frozenset(METHODS)


def every_pattern() -> list[Found]:
    constants, (called, made) = compiled(), inline()
    assert set(made) == set(MADE), "give the pattern to a constant, or an example of it to MADE"
    return [*constants, *called, *(Found(name, one, EVERY) for name, one in MADE.items())]


def test_every_pattern_takes_linear_time():
    found = every_pattern()
    assert len(found) > 150
    slow: list[str] = []
    for one in found:
        exponent, text = steepest(one.pattern, one.methods, TEXTS)
        if exponent > STEEPEST:  # other work on the machine may have been in the way
            exponent, text = steepest(one.pattern, one.methods, TEXTS)
        if exponent > STEEPEST:
            slow.append(f"{one.place}: length ** {exponent:.1f} on {text}")
    assert slow == []


def test_the_patterns_that_are_known_are_found():
    places = {one.place.partition(":")[0]: one for one in every_pattern()}
    assert places["citespan.qa.english.leaning._LEAD"].methods == {"match", "fullmatch"}
    assert places["citespan.qa.english.small_talk._ALL"].methods == {"fullmatch"}
    assert (
        places["citespan.qa.english.small_talk._PATTERNS"].methods == EVERY
    )  # in a tuple: how is not known
    assert places["citespan.qa.question.understanding._LINK"].methods == {"sub"}
    assert places["citespan.evals.drafting.names._kind"].methods >= {"split"}  # in a call


SMALL_TALK = (  # as it was
    rf"(?:(?:{smalltalk._ANY}|{smalltalk._COURTESY})(?:\s+|\Z))+"  # pyright: ignore[reportPrivateUsage]
)
LEAD = (
    r"(?:(?:and|but|so|also|then|yes|yeah|yep|no|sure|ok|okay|thanks|thank you|great|right|cool"
    r"|i see|interesting|please|well|alright)\b(?:\s+(?:then|please|so much|very much))?"
    r"[\s,.;:!?]*)+"
)
LINK = (
    r"(?P<before>[ \t]*)!?\[(?P<label>[^\[\]\n]{0,200})\]\([^()\s]{0,2000}"
    r"(?:[ \t]+\"[^\"\n]*\")?\)"
)


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (SMALL_TALK, "fullmatch"),
        (LEAD, "fullmatch"),
        (LINK, "sub"),
        (r"(?:\w+\s?)*:", "match"),  # exponential
        (r"(?:x|y?x)+z", "match"),
        (r"(?:aa|a)*\.", "fullmatch"),
        (r"(?:\d+,?)+%", "search"),
        (r"\s+$", "sub"),  # square, by restarts
        (r"\d+%", "findall"),
        (r"<!--.*?-->", "sub"),
        (r"\w+@\w+\.com", "search"),
        (r",.*;", "split"),
        (r"\w*\d*!", "match"),  # square by itself
        (r"a.*b.*c", "search"),  # cubic
    ],
)
def test_patterns_that_are_slow_are_noticed(pattern: str, method: str):
    exponent, _ = steepest(re.compile(pattern), frozenset({method}), TEXTS)
    assert exponent > STEEPEST


def test_so_are_those_of_the_other_engine():
    exponent, _ = steepest(regex.compile(r"\p{Lu}\S* $"), frozenset({"search"}), TEXTS)
    assert exponent > STEEPEST


@pytest.mark.parametrize(
    "pattern",
    [r"\w+", r"(?<!\s)\s++x", r"x[ \t]{0,300}y", r"a[^a]*b", r"(?:(?:so|then)\s++)++", r".*"],
)
def test_patterns_that_are_not_slow_are_not(pattern: str):
    assert steepest(re.compile(pattern), EVERY, TEXTS)[0] <= STEEPEST
