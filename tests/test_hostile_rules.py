"""What rules do with questions, histories and model outputs is linear, and bounded as a whole.

The texts are made of what the rules look for. `TEST_CYCLES` of 100 makes 2,000 of them.
"""

import unicodedata
from collections.abc import Callable
from random import Random
from statistics import median

import pytest
from faults import NIGHTLY
from hostile import STEEPEST, TooSlow, growth, processor_limit

from citespan.evals.bench.hostile import (
    LONGEST_OUTPUT,
    Attacker,
    ask,
    measured,
    p99,
    read,
    taken_ms,
)
from citespan.qa.claims import markup
from citespan.qa.english.ellipsis import completed
from citespan.qa.english.leaning import leans
from citespan.qa.english.numbers import missing, numbers
from citespan.qa.english.question_parts import parts
from citespan.qa.english.topics import names, phrases, stems
from citespan.qa.english.wording import wording_of
from citespan.qa.errors import InvalidQuestion
from citespan.qa.question import understanding as conversation
from citespan.qa.question.rewriting import believed
from citespan.qa.question.understanding import understand
from citespan.qa.question.validation import MAX_QUESTION, checked_question, legible
from citespan.qa.types import Message

UNITS = 200 if NIGHTLY else 12
CASES = 2000 if NIGHTLY else 40
STUCK_S = 5.0  # of processor time: hundreds of times what one case takes

RULES: dict[str, Callable[[str], object]] = {
    "names": names,
    "phrases": phrases,
    "stems": stems,
    "leans": lambda text: leans(text, frozenset({"rome"})),
    "completed": lambda text: completed("And in 2019?", text),
    "with another name": lambda text: completed("And Rome?", text),
    "with another word": lambda text: completed("Why?", text),
    "completing": lambda text: completed(text, "When was Rome founded?"),
    "parts": parts,
    "legible": legible,
    "answer": conversation.plain,
    "believed": lambda text: believed("Who founded Rome?", text, ()),
    "sentence": markup.plain,
    "visible": markup.visible,
    "output": lambda text: read(text, 9),
    "output at once": lambda text: read(text, len(text)),
    "wording": wording_of.__wrapped__,
    "numbers": lambda text: missing(numbers(text), numbers(text)),
}


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_takes_more_than_linear_time(rule: str):
    attacker = Attacker(len(rule))
    for _ in range(UNITS):
        unit, end = attacker.unit() or "a", attacker.unit()

        def text(size: int, unit: str = unit, end: str = end) -> str:
            return unit * (size // len(unit) + 1) + end

        exponent = min(growth(RULES[rule], text), growth(RULES[rule], text))
        assert exponent <= STEEPEST, f"{unit!r} * n + {end!r}"


@pytest.mark.parametrize(
    ("unit", "end"),
    [
        ("it ", "?"),
        ("that one ", "?"),
        ("the city ", "?"),
        ("Polish x ", ""),
        ("Rome 1 x ", ""),
        ("does its ", "?"),
        ("it takes ", "?"),
        ("[a](", "](b)"),
        (". ", ""),
        ("1. ", ""),
        ("“( ", "Rome"),
        (".", ""),
        ("a. ", "["),
        ("\n ", "x"),
        ("1 m ", ""),
        ("in a. ", "b"),
    ],
)
def test_what_was_more_than_linear_is_not(unit: str, end: str):
    for name, rule in RULES.items():
        found = growth(rule, lambda size: unit * (size // len(unit) + 1) + end)
        assert found <= STEEPEST, name


def test_hostile_questions_and_outputs_are_through_soon():
    attacker = Attacker(1)
    for _ in range(40):
        question, history = attacker.question(), attacker.history()
        output = attacker.text(LONGEST_OUTPUT)
        try:
            with processor_limit(STUCK_S):
                understood = understand([*history, Message(role="user", content=question)])
                ask(question, history)
                read(output, 7)
        except TooSlow:
            pytest.fail(f"{question!r} after {len(history)} messages, or {output!r}")
        assert bool(understood.question) == (understood.small_talk is None)
        assert len(understood.question) <= MAX_QUESTION


@pytest.mark.skipif(not NIGHTLY, reason="2,000 hostile questions take some minutes")
def test_hostile_questions_take_at_most_50_ms():
    taken = dict(measured(CASES, 0))
    assert p99(taken["questions"]) <= 50


def test_of_a_history_the_latest_is_read_and_no_more():
    said = [
        Message(role="assistant" if at % 2 else "user", content=f"Where is Placename{at}?")
        for at in range(1000)
    ]
    last = Message(role="user", content="Where is it?")
    whole, few = understand([*said, last]), understand([*said[-50:], last])
    assert whole == few
    assert 10 < len(whole.history) <= 50
    long = Message(role="assistant", content="word " * 20_000)
    assert [len(one.content) for one in understand([long, last]).history] == [1200 + 1]
    unspaced = Message(role="assistant", content="ab" * 50_000)
    assert [one.content for one in understand([unspaced, last]).history] == ["ab" * 600 + " …"]


def test_what_a_history_takes_does_not_grow_with_it():
    def taken(count: int, unit: str) -> float:
        messages = [
            Message(role="assistant" if at % 2 else "user", content=unit * 20_000)
            for at in range(count)
        ]
        asked = [*messages, Message(role="user", content="And why?")]
        return median(taken_ms(lambda: understand(asked)) for _ in range(3))

    for unit in ("  \t", "[1](", "it ", "\n"):
        assert taken(1000, unit) <= 4 * taken(50, unit) + 20


PLAIN = (
    "Who founded Rome?",
    "When was it sacked?",
    "What about Big Ben?",
    "Thanks a lot!",
    "Who are you?",
    "How many people lived there in 2018?",
    "When does the first-aid office open, and who runs it?",
)
UNSEEN = (
    "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u200e", "\u200f", "\u061c",
    "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2069", "\u034f",
    "\u3164", "\ufe0f", "\U000e0041", "\x00", "\x1b", "\u180e", "\u115f",
)  # fmt: skip
BLANKS = ("\xa0", "\u2003", "\u202f", "\u3000", "\u2009", "\u205f")


def disguised(text: str, how: str, rng: Random) -> str:
    """The same to look at, in other characters."""
    if how == "unseen":
        return "".join(one + rng.choice(("", *UNSEEN)) for one in text)
    if how == "blanks":
        return "".join(rng.choice(BLANKS) if one == " " else one for one in text)
    if how == "wide":
        return "".join(chr(ord(one) + 0xFEE0) if one.isalnum() else one for one in text)
    if how == "bold":
        return "".join(chr(ord(one) - 97 + 0x1D41A) if "a" <= one <= "z" else one for one in text)
    return text.replace("ff", "\ufb00").replace("fi", "\ufb01")


@pytest.mark.parametrize("how", ["unseen", "blanks", "wide", "bold", "ligatures"])
@pytest.mark.parametrize("question", PLAIN)
def test_a_question_that_looks_the_same_is_understood_the_same(question: str, how: str):
    before = [
        Message(role="user", content="How tall is the Eiffel Tower?"),
        Message(role="assistant", content="It is 330 m tall."),
    ]
    rng = Random(question)  # noqa: S311
    other = disguised(question, how, rng)
    assert checked_question(other) == question
    expected = understand([*before, Message(role="user", content=question)])
    assert understand([*before, Message(role="user", content=other)]) == expected
    disguises = [Message(role=one.role, content=disguised(one.content, how, rng)) for one in before]
    assert understand([*disguises, Message(role="user", content=other)]) == expected


@pytest.mark.parametrize(
    "question",
    ["نمی‌دانم چرا؟", "Wer ist 👨\u200d👩\u200d👧?", "What is 10²?", "谁？", "½?"],
)
def test_what_is_seen_stays(question: str):
    assert checked_question(question) == question


def test_accents_are_composed():
    assert checked_question("What does Re\u0301gine sell?") == "What does Régine sell?"
    assert checked_question(unicodedata.normalize("NFD", "Đường")) == "Đường"


@pytest.mark.parametrize("text", ["\u200b\u00ad", "\u3164\u3164", "\u202e?", "\xa0"])
def test_what_is_not_seen_is_no_question(text: str):
    with pytest.raises(InvalidQuestion):
        checked_question(text)
