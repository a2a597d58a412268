"""Pairs made of guides: questions of their structure, and passages as they are found and read."""

import pytest

from citespan.evals.training.examples import Example
from citespan.evals.training.guides.pairs import pairs_of
from citespan.evals.training.guides.questions import GuideAsked, GuideKind, questions_of
from citespan.index import Corpus
from citespan.index.types import Draft

WORDS = {"install", "configure", "using", "use", "export", "exporting", "set"}
PAGE = """# Kelp

Kelp is a program that counts boats.

## Installing Kelp

Kelp runs on two systems only.

1. Fetch the archive.
2. Unpack it.

Then look at the counter.

A sentence more.

## Export your boats

Press the long button.

## String lengths

They are short.

## Why does Kelp count my boat twice?

It has two masts. Tie them together.

## Options

- `count_all`: counts rafts and barges as boats, too.
- Quiet mode: hides what is counted from everybody else.
- 5: the number five is no name of anything here.

| Harbour | Berths |
| ------- | ------ |
| Noss    | 41     |
| Wray    | 17     |
"""
LIMITS: dict[GuideKind, int] = {"asked": 9, "how": 9, "what": 9, "named": 9, "row": 9}


@pytest.fixture
def guide(corpus: Corpus) -> Corpus:
    others = {
        "masts": "# Masts\n\nA mast may be tied to another one.\n\nThe long button is red.\n",
        "modes": "# Modes\n\nThe loud mode shouts what is counted.\n",
    }
    for name, text in {"kelp": PAGE, **others}.items():
        corpus.put(Draft(id=name, title=name, text=text, media_type="text/markdown"))
    return corpus


@pytest.fixture
def asked(guide: Corpus) -> dict[str, GuideAsked]:
    document = guide.get("kelp")
    found = questions_of(document, guide.places.outline(document), WORDS.__contains__)
    return {one.question: one for one in found}


def test_headings_definitions_items_and_rows_are_asked(asked: dict[str, GuideAsked]) -> None:
    assert {question: one.kind for question, one in asked.items()} == {
        "What is Kelp?": "what",
        "How do I install Kelp?": "how",
        "How do I export your boats?": "how",
        "Why does Kelp count my boat twice?": "asked",
        "What does count_all do?": "named",
        "What is Quiet mode?": "named",
        "What is the berths of Noss?": "row",
        "What is the berths of Wray?": "row",
    }


def test_what_answers_is_known(asked: dict[str, GuideAsked]) -> None:
    def said(question: str) -> list[str]:
        return [span.of(PAGE).strip("-|` ") for span in asked[question].evidence or ()]

    assert said("How do I install Kelp?") == [
        "Kelp runs on two systems only.", "Fetch the archive.", "Unpack it.",
    ]  # fmt: skip
    assert said("Why does Kelp count my boat twice?") == [
        "It has two masts.", "Tie them together.",
    ]  # fmt: skip
    assert said("What is the berths of Wray?") == ["Wray    | 17"]
    assert asked["What is the berths of Wray?"].answer == "17"


def made(guide: Corpus, seed: int = 1) -> list[Example]:
    return list(pairs_of("kelp", guide, WORDS.__contains__, LIMITS, seed))


def test_passages_answer_or_do_not(guide: Corpus) -> None:
    examples = made(guide)
    assert [example.problem() for example in examples] == [None] * len(examples)
    assert {example.kind.partition("-")[2] for example in examples} == {
        "given", "removed", "retrieved",
    }  # fmt: skip
    by_id = {example.id: example for example in examples}
    assert len(by_id) == len(examples)
    for example in examples:
        if example.kind == "row-given":
            assert [answer.of(example.passage) for answer in example.answers] in (["41"], ["17"])
        if example.kind == "named-removed":
            given = by_id[example.id.replace("removed", "given")]
            assert given.evidence
            assert given.evidence[0].of(given.passage) not in example.passage
            assert given.twin == example.twin
        if example.kind.endswith("retrieved"):
            assert not example.answerable
            assert not example.twin
            given = by_id[example.id.partition("#")[0] + "#given"]
            for evidence in given.evidence or ():
                assert evidence.of(given.passage) not in example.passage


def test_equal_seeds_make_equal_pairs(guide: Corpus) -> None:
    assert made(guide) == made(guide)
    assert made(guide) != made(guide, seed=2)


def test_a_larger_limit_only_adds(guide: Corpus) -> None:
    few = pairs_of("kelp", guide, WORDS.__contains__, {"named": 1}, 1)
    assert {example.id for example in few} < {example.id for example in made(guide)}
