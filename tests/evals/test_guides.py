"""The questions about guides, and what makes an answer to one right."""

from collections.abc import Callable

import pytest

from citespan.evals.studies.guides import QUESTIONS, GuideQuestion, verdict_of
from citespan.evals.studies.lines import records
from citespan.index import Corpus, Draft
from citespan.qa import Answer, Service
from citespan.qa.evidence.model.bundled import BundledReader


def test_each_question_has_an_answer_in_a_file_or_none() -> None:
    questions = records(QUESTIONS, GuideQuestion)
    assert len({one.id for one in questions}) == len(questions)
    assert all(bool(one.must) == bool(one.files) for one in questions)


@pytest.fixture
def asked(corpus: Corpus, reader: BundledReader) -> Callable[[str], Answer]:
    corpus.put(Draft(title="Bees", text="# Bees\n\nBees sleep in **January** and February.\n",
                     media_type="text/markdown"))  # fmt: skip
    return Service(corpus, reader).ask


def test_an_answer_is_right_with_all_strings(asked: Callable[[str], Answer]) -> None:
    answer = asked("When do bees sleep?")
    assert verdict_of(answer, ("March|january and", "february")) == "right"
    assert verdict_of(answer, ("january", "March")) == "in part"
    assert verdict_of(answer, ("March",)) == "wrong"
    assert verdict_of(answer, ()) == "false"
    nothing = asked("Who founded the Hanseatic League?")
    assert verdict_of(nothing, ("Lübeck",)) == "refused"
    assert verdict_of(nothing, ()) == "right"
