"""Written questions: each is answered where its file says so, and passages are used as judged."""

from typing import Literal

import msgspec
import pytest

from citespan.evals.training.errors import TrainingError
from citespan.evals.training.everyday import (
    ABROAD,
    OWN,
    EverydayQuestion,
    drafts_of,
    pairs_of,
    read_questions,
)
from citespan.evals.training.everyday.questions import JudgedPassage
from citespan.evals.training.examples import Example
from citespan.index import Corpus
from citespan.index.types import Draft

LOCKERS = """# Lockers

Small lockers cost 2 euros a day. Large lockers cost 5 euros a day.

Keys are handed out at the desk.

The desk is next to the stairs.
"""
BIKES = "# Bikes\n\nA bike costs 9 euros a day. The small ones are for children.\n"
BOATS = "# Boats\n\nA boat costs 30 euros a day, and a small one 20.\n"
FILES = {f"shop/{name}.md": name for name in ("lockers", "bikes", "boats")}


@pytest.fixture
def shop(corpus: Corpus) -> Corpus:
    for name, text in {"lockers": LOCKERS, "bikes": BIKES, "boats": BOATS}.items():
        corpus.put(Draft(id=name, title=name, text=text, media_type="text/markdown"))
    return corpus


def made(
    shop: Corpus, asked: EverydayQuestion, away: tuple[str, ...] = (), seed: int = 1
) -> list[Example]:
    return list(pairs_of(shop, FILES, asked, lambda group: group not in away, seed=seed))


def small(*judged: JudgedPassage) -> EverydayQuestion:
    return EverydayQuestion(
        collection="shop",
        file="lockers.md",
        question="what do I pay for a small locker",
        gold=("Small lockers cost 2 euros a day.",),
        answer="2 euros",
        judged=judged,
    )


def of_boats(says: Literal["yes", "no", "unsure"], quote: str = "") -> JudgedPassage:
    end = len(BOATS.rstrip())
    return JudgedPassage(file="boats.md", start=0, end=end, says=says, quote=quote)


def test_a_passage_with_the_gold_answers_and_others_do_not(shop: Corpus) -> None:
    examples = made(shop, small())
    assert [one.problem() for one in examples] == [None] * len(examples)
    given, *others = examples
    assert [one.of(given.passage) for one in given.answers] == ["2 euros"]
    assert given.evidence
    assert given.evidence[0].of(given.passage) == "Small lockers cost 2 euros a day."
    assert given.group == "shop/lockers.md"
    removed = next(one for one in others if one.kind == "removed")
    assert "2 euros" not in removed.passage
    assert removed.twin == given.twin
    assert {one.kind for one in others} == {"removed", "retrieved"}
    assert not any(one.answerable for one in others)


def test_what_was_judged_is_obeyed(shop: Corpus) -> None:
    def boats(*judged: JudgedPassage) -> list[bool | None]:
        found = made(shop, small(*judged))
        return [one.answerable for one in found if "boat" in one.passage]

    assert boats(of_boats("no")) == [False]
    assert boats(of_boats("unsure")) == []
    assert boats(of_boats("yes", "a small one 20")) == [True]
    assert boats(of_boats("yes", "not there")) == []


def test_without_gold_nothing_answers(shop: Corpus) -> None:
    asked = EverydayQuestion(
        collection="shop", file="lockers.md", question="what do I pay for a medium locker"
    )
    examples = made(shop, asked)
    assert not any(one.answerable for one in examples)
    for seed in range(9):  # the file that it seems to be of is always there
        assert any("locker" in one.passage for one in made(shop, asked, seed=seed))
    assert {one.source for one in examples} == {"everyday"}


def test_a_near_twin_is_set_against_a_passage_of_its_file(shop: Corpus) -> None:
    asked = EverydayQuestion(
        collection="shop",
        file="lockers.md",
        question="what do I pay for a small locker at weekends",
        twin=small().question,
    )
    near = [one for one in made(shop, asked) if one.kind == "near"]
    assert ["lockers" in one.passage.casefold() for one in near] == [True]
    assert not near[0].answerable
    assert near[0].twin == made(shop, small())[0].twin
    assert near[0].id != made(shop, small())[0].id


def test_of_several_passages_judged_not_to_answer_the_last_counts(shop: Corpus) -> None:
    bikes = JudgedPassage(file="bikes.md", start=0, end=len(BIKES.rstrip()), says="no")
    for judged, word in (((bikes, of_boats("no")), "boat"), ((of_boats("no"), bikes), "bike")):
        against = [one for one in made(shop, small(*judged)) if one.kind == "retrieved"]
        assert [word in one.passage for one in against] == [True]


def test_a_passage_of_another_collection_is_judged(shop: Corpus) -> None:
    files = {**FILES, "port/boats.md": "boats"}
    del files["shop/boats.md"]
    judged = msgspec.structs.replace(of_boats("yes", "a small one 20"), collection="port")
    found = list(pairs_of(shop, files, small(judged), lambda group: True, seed=1))
    assert [one.answerable for one in found if "boat" in one.passage] == [True]


def test_a_question_in_another_language_is_of_another_source(shop: Corpus) -> None:
    asked = msgspec.structs.replace(small(), question="Wie teuer ist ein Schrank?", language="de")
    assert {one.source for one in made(shop, asked)} == {"abroad"}
    assert asked.is_abroad
    assert not small().is_abroad


def test_files_of_other_parts_are_left_out(shop: Corpus) -> None:
    for says in ("yes", "no"):
        asked = small(of_boats(says, "a small one 20"))
        assert any("boat" in one.passage for one in made(shop, asked))
        assert not any("boat" in one.passage for one in made(shop, asked, away=("shop/boats.md",)))


def test_gold_is_once_in_its_file() -> None:
    asked = EverydayQuestion(collection="shop", file="a", question="?", gold=("euros",))
    with pytest.raises(TrainingError, match=r"shop/a: 'euros' is there 2 times"):
        asked.spans(LOCKERS)


def test_the_questions_fit_their_documents() -> None:
    texts = {group: draft.text for group, draft in drafts_of([*OWN, *ABROAD])}
    assert {group.partition("/")[0] for group in texts} == {*OWN, *ABROAD}
    questions = read_questions()
    assert len({(one.collection, one.question) for one in questions}) == len(questions)
    own = [one for one in questions if one.collection in {*OWN, *ABROAD}]
    assert {one.group for one in own} == {*texts}
    for one in own:
        one.spans(texts[one.group])  # raises if a text is not there once
        assert not one.answer or any(one.answer in gold for gold in one.gold)


def test_a_twin_has_no_gold_and_its_question_has() -> None:
    questions = {(one.collection, one.question): one for one in read_questions()}
    twins = [one for one in questions.values() if one.twin]
    assert twins
    for one in twins:
        of = questions[one.collection, one.twin]
        assert of.gold
        assert not one.gold
        assert of.group == one.group
        assert one.part == "train"  # the files that report have none
