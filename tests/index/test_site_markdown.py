"""Markdown as site generators write it is read as people see the page."""

from citespan.index.layout.outline import markdown_headings
from citespan.index.text.markdown import Kind, Unit, markdown_units
from citespan.index.text.unread import code_spans, hidden_spans
from citespan.index.types import Span


def units(text: str, start: int = 0) -> list[Unit]:
    return markdown_units(text, Span(start, len(text)), code_spans(text), hidden_spans(text))


def shown(text: str, start: int = 0) -> list[tuple[Kind, str]]:
    return [(unit.kind, unit.view.text) for unit in units(text, start)]


def test_a_table_needs_no_bars_around_its_rows() -> None:
    rows = "V1 | 5&nbsp;mm | old. Rare.\nV2 | 8 mm |"
    text = f"Valves:\n\nName | Width | Note\n---|---|---\n{rows}\n\nEnd."
    assert shown(text) == [
        (Kind.SENTENCE, "Valves:"),
        (Kind.ROW, "Name: V1; Width: 5 mm; Note: old. Rare."),
        (Kind.ROW, "Name: V2; Width: 8 mm"),
        (Kind.SENTENCE, "End."),
    ]
    assert shown(text, text.index("V2")) == shown(text)[2:]


def test_words_with_a_bar_are_no_table() -> None:
    assert shown("Press a | b to go on.") == [(Kind.SENTENCE, "Press a | b to go on.")]


def test_code_inside_of_an_item_is_code_and_belongs_to_it() -> None:
    code = "    ```yaml\n    valve:\n      # in mm\n      width: 5\n    ```\n"
    text = f"1. Write:\n\n{code}\n    Save it.\n\n2. Go."
    found = units(text)
    assert [(one.kind, one.view.text, one.nested) for one in found] == [
        (Kind.ITEM, "Write:", False),
        (Kind.CODE, "valve:", True),
        (Kind.CODE, "# in mm\nwidth: 5", True),
        (Kind.SENTENCE, "Save it.", True),
        (Kind.ITEM, "Go.", False),
    ]
    assert not any(one.nested for one in units("- a\n\nNot below it.\n"))


def test_lines_of_code_keep_their_places_and_options_are_no_comments() -> None:
    text = "```sh\nvalvectl set \\\n  --width 5 \\\n    --slow\n```\n"
    assert shown(text) == [(Kind.CODE, "valvectl set \\\n  --width 5 \\\n    --slow")]


def test_three_backticks_in_a_line_do_not_open_code() -> None:
    text = "```valve``` turns.\n\n## Next\n\nWords."
    assert [text[one.start :] for one in markdown_headings(text)] == ["## Next\n\nWords."]
    assert shown(text) == [
        (Kind.SENTENCE, "valve turns."),
        (Kind.HEADING, "Next"),
        (Kind.SENTENCE, "Words."),
    ]


def test_boxes_and_tabs_show_their_titles_alone() -> None:
    text = (
        '!!! info "Do I need a valve?"\n\n    Most people do.\n\n=== "Linux"\n\n    Turn it.\n\n'
        "!!! note\n    Mind the gap.\n\n:::tip Wear gloves\n\nIt is cold.\n\n:::\n\n"
        "> [!NOTE]\n> It leaks.\n"
    )
    assert [words for _, words in shown(text)] == [
        "Do I need a valve?", "Most people do.", "Linux", "Turn it.", "Mind the gap.",
        "Wear gloves", "It is cold.", "It leaks.",
    ]  # fmt: skip


def test_fields_before_a_text_are_apart() -> None:
    text = "---\ntitle: Valves\nhide:\n  # - toc\ntags: [a]\ndate: 2024-05-01\n---\n\nThey turn.\n"
    assert [words for _, words in shown(text)] == [
        "title: Valves", "date: 2024-05-01", "They turn.",
    ]  # fmt: skip
    assert shown("---\n\nAfter a rule.") == [(Kind.SENTENCE, "After a rule.")]


def test_pictures_are_not_read_and_not_quoted() -> None:
    badge = "[![badge](b.svg)](https://b.example/x)"
    text = f"Turn the tap:\n![a tap](a_(1).png)\n\n{badge}\n\n- Wait. ![c](c.png)\n"
    assert [words for _, words in shown(text)] == ["Turn the tap:", "Wait."]
    assert [one.span.of(text) for one in units(text)] == ["Turn the tap:", "Wait."]


def test_marks_inside_of_lines_are_not_read() -> None:
    text = (
        'See [this](x_(y).md){:target="_blank"} now.<br>Then &lt;5&gt; &amp; {% raw %} {{< icon >}}'
        "**wait** { .big } here: <https://v.example/a>.\n"
    )
    assert shown(text) == [
        (Kind.SENTENCE, "See this now."),
        (Kind.SENTENCE, "Then <5> & wait here: https://v.example/a."),
    ]


def test_an_item_that_a_span_begins_with_keeps_its_depth() -> None:
    text = "- one\n    - two\n- three\n"
    assert [one.indent for one in units(text)] == [0, 4, 0]
    assert [one.indent for one in units(text, text.index("- two"))] == [4, 0]
