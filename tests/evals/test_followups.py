"""INSCIT's conversations are read, and follow-ups are measured on them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from citespan.evals.datasets.sources.inscit import Turn, convert_inscit
from citespan.evals.errors import DatasetError
from citespan.evals.studies.followups import (
    after_another,
    all_questions,
    in_context,
    last_two,
    main,
    stand_alone,
)
from citespan.index.types import Context


def evidence(passage_id: str, text: str) -> dict[str, object]:
    return {"passage_id": passage_id, "passage_text": text, "passage_titles": []}


def turn(said: list[str], *passages: dict[str, object], before: object = ()) -> dict[str, object]:
    return {"context": said, "labels": [{"evidence": passages}], "prevEvidence": before}


FIRST = evidence("Rome:1", "Romulus founded Rome.")
SECOND = evidence("Rome:2", "The Goths sacked Rome in 410.")
SAID = ["Who founded Rome?", "Romulus.", "When was it sacked?"]


def write(folder: Path, *turns: dict[str, object], title: str = "Rome") -> None:
    row = {"seedArticle": {"title": title}, "turns": turns}
    (folder / "dev.jsonl").write_text(json.dumps(row) + "\n")


def test_turns_and_passages(tmp_path: Path):
    write(tmp_path, turn(SAID[:1], FIRST), turn(SAID, SECOND, before=[[FIRST]]))
    turns, passages = convert_inscit(tmp_path)
    assert turns == [
        Turn("Rome", ("Who founded Rome?",), frozenset({"Rome:1"})),
        Turn("Rome", tuple(SAID), frozenset({"Rome:2"})),
    ]
    assert [(one.id, one.title) for one in passages] == [("Rome:1", "Rome"), ("Rome:2", "Rome")]


def test_a_context_that_ends_with_an_answer_is_refused(tmp_path: Path):
    write(tmp_path, turn(SAID[:2], FIRST))
    with pytest.raises(DatasetError, match="end with a question"):
        convert_inscit(tmp_path)


def test_the_ways_to_ask():
    asked = Turn("Rome", tuple(SAID), frozenset())
    assert stand_alone(asked) == "Rome: When was it sacked?"
    context = Context(query="When was it sacked? Rome", weight=1.0)
    assert in_context(asked) == ("When was it sacked?", context)
    assert last_two(asked) == "Who founded Rome? When was it sacked?"
    assert all_questions(Turn("", ("a", "-", "b", "-", "c"), frozenset())) == "a b c"


def test_what_stands_alone_is_asked_after_another_conversation():
    gold = frozenset({"x"})
    rome = [Turn("Rome", tuple(SAID[:1]), gold), Turn("Rome", tuple(SAID), gold)]
    nile = Turn("Nile", ("Where is the Nile?",), gold)
    assert after_another([*rome, nile, Turn("Nile", ("Is it wet?",), frozenset())]) == [
        Turn("Rome", ("Who founded Rome?",), gold),
        Turn("Nile", (*SAID[:2], "Where is the Nile?"), gold),
    ]


def test_follow_ups_are_measured(tmp_path: Path):
    write(tmp_path, turn(SAID[:1], FIRST), turn(SAID, SECOND))
    runs = [
        CliRunner().invoke(main, [str(tmp_path), "--half", half]) for half in ("chosen", "measured")
    ]
    assert sorted(run.exit_code for run in runs) == [0, 1]  # the one conversation is in one half
    shown = next(run.output for run in runs if run.exit_code == 0)
    assert "1 follow-ups of 1 conversations, 1 rewritten" in shown
    assert shown.count("recall@5 1.000 [1.000, 1.000] p=1.000") == 3 * 5 + 2 * 3
