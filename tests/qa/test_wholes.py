"""Parts of one thing are cited as that thing: lists inside of lists, code with its words."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from strategies import document

from citespan.index import Passage, Span
from citespan.index.layout import outline_of
from citespan.index.text.markdown import markdown_units
from citespan.index.text.rst import rst_units
from citespan.index.text.structured import structured_units
from citespan.index.text.unread import code_spans
from citespan.index.text.view import View
from citespan.index.types import Chunk, Scores
from citespan.qa import Citation
from citespan.qa.answer.events import Composer
from citespan.qa.english.question_parts import asks_for_several, asks_for_steps
from citespan.qa.evidence.covering import Wanted
from citespan.qa.evidence.nearby import helpful
from citespan.qa.evidence.pieces import Piece, pieces_of, shown_as_one
from citespan.qa.evidence.protocol import Reading
from citespan.qa.evidence.selection import ReadPassage, Sentence
from citespan.qa.evidence.wholes import UnitsRead, wholes, with_list_asked
from citespan.qa.types import Support

LINES = """Ropes come in two kinds:

- thin ropes:
    - for flags
    - for tents
- thick ropes:
    - for ships

To knot one:

1. Make a loop:

    ```sh
    ropectl loop --wide
    ```

2. Pull.

The hut holds ropes. The things in the hut are:

- a stove
- two beds
"""


def chosen(quote: str, text: str = LINES, document_id: str = "one") -> Sentence:
    start = text.index(quote)
    chunk = Chunk(
        id=1, document_id=document_id, revision=1, span=Span(0, len(text)), tokens=9, context=""
    )
    passage = Passage(chunk=chunk, title="", text=text, scores=Scores())
    return Sentence(
        passage=passage, span=Span(start, start + len(quote)), evidence=0.9, answer=None,
        shown=quote,
    )  # fmt: skip


def read(document_id: str = "one") -> list[UnitsRead]:
    units = markdown_units(LINES, Span(0, len(LINES)), code_spans(LINES))
    return [UnitsRead(document_id, units, "The hut")]


def shown(sentences: list[Sentence]) -> list[str]:
    return [one.shown for one in sentences]


def test_a_list_inside_of_an_item_is_cited_with_the_item() -> None:
    found = wholes([chosen("for flags"), chosen("for tents")], read())
    assert shown(found) == ["- thin ropes:\n    - for flags\n    - for tents"]


def test_code_below_an_item_is_cited_with_it() -> None:
    assert shown(wholes([chosen("ropectl loop --wide")], read())) == [
        "Make a loop:\nropectl loop --wide"
    ]
    (whole,) = wholes([chosen("Make a loop:"), chosen("Pull.")], read())
    assert whole.shown == "To knot one:\n1. Make a loop:\n   ropectl loop --wide\n2. Pull."


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("1. Tie.\n2. Cut.\n", "1. Tie.\n2. Cut."),
        ("4) Tie.\n5) Cut.\n", "4. Tie.\n5. Cut."),
        ("1. Tie.\n1. Cut.\n", "- Tie.\n- Cut."),
        ("1. Tie.\n1. Cut.\n2. Go.\n", "- Tie.\n- Cut.\n- Go."),
        ("0. Tie.\n1. Cut.\n", "0. Tie.\n1. Cut."),
        ("1. Tie.\n    1. Twice.\n2. Cut.\n    1. Once.\n    2. Look.\n",
         "1. Tie.\n    1. Twice.\n2. Cut.\n    1. Once.\n    2. Look."),
        ("- Tie.\n    - Twice.\n\n    Go back.\n", "- Tie.\n    - Twice.\nGo back."),
        ("* Tie.\n* Cut.\n", "- Tie.\n- Cut."),
        ("1. Tie.\n    1. Twice.\n    2. Pull.\n2. Cut.\n",
         "1. Tie.\n    1. Twice.\n    2. Pull.\n2. Cut."),
        ("- Tie.\n\n  It holds. Look.\n- Cut.\n", "- Tie.\n  It holds. Look.\n- Cut."),
    ],
)  # fmt: skip
def test_steps_keep_the_numbers_that_tell_them_apart(text: str, seen: str) -> None:
    assert shown_as_one(markdown_units(text, Span(0, len(text)))) == seen


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("#. Tie.\n#. Cut.\n", "- Tie.\n- Cut."),
        ("(2) Tie.\n(3) Cut.\n", "2. Tie.\n3. Cut."),
    ],
)
def test_steps_of_restructured_text_have_numbers_too(text: str, seen: str) -> None:
    assert shown_as_one(rst_units(text, Span(0, len(text)))) == seen


def test_steps_of_files_have_numbers_too() -> None:
    text = "1) Tie.\n2) Cut.\n"
    assert shown_as_one(structured_units(text, Span(0, len(text)), [])) == "1. Tie.\n2. Cut."


def code(commands: int) -> tuple[str, list[UnitsRead]]:
    lines = "\n\n".join(f"# part {n}\nropectl knot --number {n} --wide" for n in range(commands))
    text = f"It is so.\n\nTo knot all, run:\n\n```sh\n{lines}\n```\n\nWait.\n"
    units = markdown_units(text, Span(0, len(text)), code_spans(text))
    return text, [UnitsRead("one", units)]


@pytest.mark.parametrize("cited", ["To knot all, run:", "# part 1\nropectl knot --number 1 --wide"])
def test_code_is_cited_with_its_words_whichever_is_found(cited: str) -> None:
    text, units = code(3)
    one = chosen(cited, text)
    (whole,) = wholes([replace(one, answer=one.span)], units)
    assert whole.shown.startswith("To knot all, run:\n# part 0\nropectl knot --number 0 --wide\n")
    assert whole.shown.endswith("--number 2 --wide")
    assert whole.answer == one.span


def test_of_long_code_the_words_stand_before_the_first_part_alone() -> None:
    text, units = code(40)
    first = "To knot all, run:\n# part 0\nropectl knot --number 0 --wide"
    seventh = "# part 7\nropectl knot --number 7 --wide"
    assert shown(wholes([chosen("To knot all, run:", text)], units)) == [first]
    assert shown(wholes([chosen(seventh, text)], units)) == [seventh]
    both = [chosen("# part 0\nropectl knot --number 0 --wide", text), chosen(seventh, text)]
    assert shown(wholes(both, units)) == [first, seventh]


def test_a_step_of_a_long_list_is_cited_with_what_is_below_it() -> None:
    below = "\n".join(f"    - Pull the rope number {n} until it is tight." for n in range(12))
    text = f"1. Make a loop\n{below}\n2. Make another loop\n{below}\n3. Rest\n"
    units = [UnitsRead("one", markdown_units(text, Span(0, len(text))))]
    (found,) = wholes([chosen("Make another loop", text)], units, steps=True)
    assert found.shown.startswith("2. Make another loop\n    - Pull the rope number 0 until")
    assert found.shown.endswith("Pull the rope number 11 until it is tight.")
    assert shown(wholes([chosen("Rest", text)], units, steps=True)) == ["Rest"]


def test_of_what_follows_only_what_helps_is_added() -> None:
    text = "Make a loop. Ropes are old. Then pull it. It holds.\n"
    units = markdown_units(text, Span(0, len(text)))
    passage = chosen("Make a loop.", text).passage
    piece = Piece(
        passage=passage, path=(), span=Span(0, len(text)), view=View.same(text, Span(0, 9))
    )
    reading = Reading(relevance=1.0, probability=0.9, marks=(), answer=None)
    read = ReadPassage(piece=piece, passage=passage, reading=reading)
    judged = [
        replace(chosen(one.view.text, text), evidence=evidence)
        for one, evidence in zip(units, (0.4, 0.1, 0.2, 0.4), strict=True)
    ]
    found = wholes(
        judged[:1], [UnitsRead("one", units)], said=helpful([(read, judged)], 0.3), steps=True
    )
    assert shown(found) == ["Make a loop.", "Then pull it.", "It holds."]
    known = helpful([(read, judged[:1])], 0.3)  # the others cannot be evidence
    assert shown(wholes(judged[:1], [UnitsRead("one", units)], said=known, steps=True)) == [
        "Make a loop."
    ]


def test_a_part_of_another_document_is_left_alone() -> None:
    flags = chosen("for flags", document_id="two")
    assert wholes([flags, chosen("for tents", document_id="two")], read("one")) == [
        flags, chosen("for tents", document_id="two"),
    ]  # fmt: skip


def test_the_list_that_is_asked_for_takes_the_place_of_a_sentence_beside_it() -> None:
    covered: Callable[[str, str], bool] = Wanted("What are the things in the hut?").covered
    found = with_list_asked([chosen("The hut holds ropes.")], read(), covered)
    assert shown(found) == ["The things in the hut are:\n- a stove\n- two beds"]
    asked = replace(chosen("The hut holds ropes."), answer=chosen("ropes. The").span)
    assert with_list_asked([asked], read(), covered)[0].answer is None
    other: Callable[[str, str], bool] = Wanted("What are the colours of the hut?").covered
    assert shown(with_list_asked([chosen("The hut holds ropes.")], read(), other)) == [
        "The hut holds ropes."
    ]


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("What are the things in the hut?", True),
        ("Which ropes are thick?", True),
        ("List the huts.", True),
        ("What is the hut?", False),
        ("Who holds the ropes?", False),
    ],
)
def test_a_list_is_asked_for(question: str, several: bool) -> None:  # noqa: FBT001
    assert asks_for_several(question) is several


def test_lists_code_and_headings_stand_on_lines_of_their_own() -> None:
    composer = Composer()
    for number, part in enumerate(
        ["It is so.", "So it is.", "a: b; c", "Then so.", "x\ny", "End."]
    ):
        span = Span(number, number + 1)
        list(composer.say(part, [Citation.of(document(LINES), span)], Support.QUOTED))
    assert composer.text == "It is so. So it is. a: b; c\nThen so.\nx\ny\nEnd."


def test_all_steps_are_wanted_if_it_is_asked_how() -> None:
    (found,) = wholes([chosen("Pull.")], read(), steps=True)
    assert found.shown == "To knot one:\n1. Make a loop:\n   ropectl loop --wide\n2. Pull."
    assert shown(wholes([chosen("Pull.")], read()))[-1] == "Pull."
    after = wholes([chosen("The hut holds ropes.")], read(), steps=True)
    things = (
        "The things in the hut are:\n- a stove\n- two beds"  # words that lead to a list, with it
    )
    assert shown(after) == ["The hut holds ropes.", things]
    assert asks_for_steps("How do I knot one?")
    assert not asks_for_steps("How do ropes hold?")


def test_two_parts_of_one_item_are_no_list() -> None:
    parts = [chosen("Make a loop:"), chosen("ropectl loop --wide")]
    assert "Pull." not in " ".join(shown(wholes(parts, read())))


def test_the_underline_of_a_heading_is_not_cited() -> None:
    text = "The huts of the northern valley and of the pass\n" + "^" * 47 + "\n\nThey are dry.\n"
    plain = document(text)
    outline = outline_of(plain, None)
    (piece,) = pieces_of(chosen("They are dry.", text).passage, plain, outline)
    assert [one.view.text for one in outline.units(piece.span)] == [
        "The huts of the northern valley and of the pass", "They are dry.",
    ]  # fmt: skip
