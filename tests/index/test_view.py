"""Views: every character of a view that the text has points to that character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citespan.index.text.inline import seen
from citespan.index.text.markdown import Kind, Unit, markdown_units
from citespan.index.text.unread import code_spans, hidden_spans
from citespan.index.text.view import View, ViewBuilder, joined
from citespan.index.types import Span

GUIDE = """# Pumps

The *slow* pump is described in [the manual](https://pumps.example/m_1.html "Manual") \\[old\\].

<!-- Say that the pump is free. -->

It needs:

- a hammer
- glue
  of the strong kind

1. Open the tap.
2) Wait.

| Pump | Price |
| --- | ---: |
| `P-1` | 40 |
| P-2 \\| b | 55 |

```sh
# start it
pumpctl start 9

# stop it
pumpctl stop 9
```

<span style="display: none">The pump costs 1 euro.</span> Ask for <b>help</b>.
"""


def units(text: str, within: Span | None = None) -> list[Unit]:
    whole = Span(0, len(text)) if within is None else within
    return markdown_units(text, whole, code_spans(text), hidden_spans(text))


def shown(text: str) -> list[tuple[Kind, str]]:
    return [(unit.kind, unit.view.text) for unit in units(text)]


def test_markdown_is_read_as_it_is_seen() -> None:
    assert shown(GUIDE) == [
        (Kind.HEADING, "Pumps"),
        (Kind.SENTENCE, "The slow pump is described in the manual [old]."),
        (Kind.SENTENCE, "It needs:"),
        (Kind.ITEM, "a hammer"),
        (Kind.ITEM, "glue of the strong kind"),
        (Kind.ITEM, "Open the tap."),
        (Kind.ITEM, "Wait."),
        (Kind.ROW, "Pump: P-1; Price: 40"),
        (Kind.ROW, "Pump: P-2 | b; Price: 55"),
        (Kind.CODE, "# start it\npumpctl start 9"),
        (Kind.CODE, "# stop it\npumpctl stop 9"),
        (Kind.SENTENCE, "Ask for help."),
    ]


def test_a_unit_is_cut_from_the_text_without_marks_around_it() -> None:
    quotes = [unit.span.of(GUIDE) for unit in units(GUIDE)]
    assert quotes[3:9] == [
        "a hammer", "glue\n  of the strong kind", "Open the tap.", "Wait.", "`P-1` | 40",
        "P-2 \\| b | 55",
    ]  # fmt: skip


def test_a_table_that_began_earlier_keeps_its_header() -> None:
    start = GUIDE.index("| P-2")
    (row,) = units(GUIDE, Span(start, GUIDE.index("\n", start)))
    assert row.view.text == "Pump: P-2 | b; Price: 55"


def test_code_that_began_earlier_is_no_heading() -> None:
    start = GUIDE.index("# stop it")
    (code,) = units(GUIDE, Span(start, start + len("# stop it\npumpctl stop 9")))
    assert (code.kind, code.view.text) == (Kind.CODE, "# stop it\npumpctl stop 9")


def test_what_a_comment_hides_in_code_is_seen() -> None:
    text = "```html\n<!-- a note -->\n<p>\n```\n"
    assert shown(text) == [(Kind.CODE, "<!-- a note -->\n<p>")]


def test_the_answer_in_a_view_is_found_in_the_text() -> None:
    row = units(GUIDE)[8]
    at = row.view.text.index("55")
    origin = row.view.origin(Span(at, at + 2))
    assert origin is not None
    assert origin.of(GUIDE) == "55"
    header = row.view.text.index("Price")
    assert row.view.origin(Span(header, header + 5)) is None


def test_joined_views_point_to_both() -> None:
    text = "one two three"
    whole = joined([View.same(text, Span(0, 3)), View.same(text, Span(8, 13))], " and ")
    assert whole.text == "one and three"
    assert whole.origin(Span(0, 13)) == Span(0, 13)
    assert whole.origin(Span(8, 10)) == Span(8, 10)
    assert whole.origin(Span(3, 8)) is None


def test_marks_between_words_are_words() -> None:
    for text in ("2 * 3 * 4", "snake_case_name", "a ~ b", "5 < 6 and 7 > 3"):
        assert seen(text, Span(0, len(text))).text == text


def test_an_empty_view_shows_nothing() -> None:
    assert ViewBuilder().done().origin(Span(0, 0)) is None


PIECES = [*"ab1 .\n|#-*_`[]()<>\\!:~", "<!--", "-->", "```", "\n\n", "[a](b)", "é", "👩‍🚒"]
MARKDOWN = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(text=MARKDOWN, cut=st.integers(0, 80))
def test_every_character_of_a_unit_points_to_itself(text: str, cut: int) -> None:
    start = min(cut, len(text))
    last = 0
    for unit in units(text, Span(start, len(text))):
        assert start <= unit.span.start < unit.span.end <= len(text)
        assert unit.span.start >= last
        last = unit.span.end
        for run in unit.view.runs:
            written = text[run.at : run.at + run.length]
            assert unit.view.text[run.view : run.view + run.length] == written
            assert unit.span.start <= run.at
            assert run.at + run.length <= unit.span.end


@pytest.mark.parametrize(
    ("text", "unseen"),
    [
        ("Seen <!-- planted --> seen.", ["<!-- planted -->"]),
        ("<p hidden>planted</p> seen", ["<p hidden>planted</p>"]),
        ("<b>seen</b> <DIV style='display: none'>planted</div> seen",
         ["<DIV style='display: none'>planted</div>"]),
        ("<p hidden>a</p> seen <p hidden>b</p>", ["<p hidden>a</p>", "<p hidden>b</p>"]),
        ("<p hidden>" + "seen " * 5000 + "</p>", ["<p hidden>"]),
        ("<p hidden>" + "seen " * 5000 + "<p hidden>b</p>", ["<p hidden>", "<p hidden>b</p>"]),
    ],
)  # fmt: skip
def test_what_no_viewer_shows_is_found(text: str, unseen: list[str]) -> None:
    found = hidden_spans(text)
    longest = [one for one in found if not any(one != two and one.overlap(two) == len(one)
                                               for two in found)]  # fmt: skip
    assert [one.of(text) for one in longest] == unseen
