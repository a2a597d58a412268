"""Markdown as site generators write it is read as people see the page."""

import pytest

from citespan.index.layout.outline import markdown_headings
from citespan.index.text.html_tables import html_tables
from citespan.index.text.markdown import Kind, Unit, markdown_units
from citespan.index.text.unread import code_spans, hidden_spans
from citespan.index.types import Span


def units(text: str, start: int = 0) -> list[Unit]:
    whole = Span(start, len(text))
    return markdown_units(text, whole, code_spans(text), hidden_spans(text), html_tables(text))


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


RATES = """We pay:

<table class="rates">
  <tr><td>Vehicle</td><td>First 10,000 miles</td></tr>
  <tr>
    <td>Cars &amp; <b>vans</b></td>
    <td>45p</td>
  </tr>
  <tr><td>Bikes</td><td></td></tr>
</table>
Per mile.
"""


def test_a_table_of_html_is_read_by_rows() -> None:
    rows = [
        (Kind.ROW, "Vehicle: Cars & vans; First 10,000 miles: 45p"),
        (Kind.ROW, "Vehicle: Bikes"),
    ]
    assert shown(RATES) == [(Kind.SENTENCE, "We pay:"), *rows, (Kind.SENTENCE, "Per mile.")]
    first = units(RATES)[1]
    assert first.span.of(RATES) == "Cars &amp; <b>vans</b></td>\n    <td>45p"
    assert shown(RATES, RATES.index("  <tr><td>Bikes")) == shown(RATES)[2:]


def test_cells_that_say_they_are_labels_are_the_header() -> None:
    table = "<table>\n<tr><th>2023</th><th>2024</th></tr>\n<tr><td>5</td><td>6</td></tr>\n</table>"
    assert shown(table) == [(Kind.ROW, "2023: 5; 2024: 6")]
    plain = table.replace("th>", "td>")
    assert shown(plain) == [(Kind.ROW, "2023; 2024"), (Kind.ROW, "5; 6")]
    aside = "<table>\n<tr><th>Height</th><td>5 m</td></tr>\n<tr><th>Width</th><td>2 m</td></tr>\n"
    assert shown(aside + "</table>") == [(Kind.ROW, "Height; 5 m"), (Kind.ROW, "Width; 2 m")]
    assert Kind.ROW not in dict(shown(aside))  # it does not end
    assert Kind.ROW not in dict(shown(f"```html\n{table}\n```"))


def test_nothing_hidden_is_in_a_row_or_in_the_name_of_a_column() -> None:
    hidden = "<!-- 10 mm -->"
    rows = f"<tr><td>Part{hidden}</td></tr>\n<tr><td>{hidden}Valve</td></tr>"
    table = f"<table>\n{rows}\n</table>\n"
    assert shown(table) == [(Kind.ROW, "Part: Valve")]
    assert shown(table, table.index("<tr><td><!")) == [(Kind.ROW, "Part: Valve")]


def test_tables_that_do_not_end_are_read_in_linear_time() -> None:
    assert html_tables("<table>\n" * 200_000) == []  # quadratic would be minutes


def test_components_that_are_brought_in_are_not_seen() -> None:
    text = "---\ntitle: Valves\n--- \n\nimport Box, { Tab } from '@site/box';\n\nTurn it.\n"
    assert shown(text) == [(Kind.HEADING, "Valves"), (Kind.SENTENCE, "Turn it.")]
    assert shown("We import tea from 'India'.") != []


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
    fields = "title: 'Valves'\nhide:\n  # - toc\ntags: [a]\ndate: 2024-05-01"
    text = f"---\n{fields}\n---\n\nThey turn.\n"
    assert [words for _, words in shown(text)] == [
        "Valves", "date: 2024-05-01", "They turn.",
    ]  # fmt: skip
    assert shown(text)[0] == (Kind.HEADING, "Valves")
    assert shown("---\n\nAfter a rule.") == [(Kind.SENTENCE, "After a rule.")]


def test_fields_that_only_a_generator_reads_are_left_out() -> None:
    fields = [
        "sidebarTitle: V", "icon: tap", "layout: wide", "boost: 3", "redirect_from: /old",
        "author: Ida Holm", "lastUpdated: 2024-05-01", "reviewed-by: Ole", "severity: 2",
    ]  # fmt: skip
    text = "---\n" + "\n".join(fields) + "\n---\nThey turn.\n"
    assert [words for _, words in shown(text)] == [*fields[5:], "They turn."]


@pytest.mark.parametrize("mark", ['"', "'"])
def test_a_field_loses_both_its_quotation_marks(mark: str) -> None:
    text = f"---\ndescription: {mark}All about valves. And taps.{mark}\n---\n\nThey turn.\n"
    words = "All about valves. And taps."
    assert shown(text)[0] == (Kind.SENTENCE, words)
    cut = Span(0, text.index("taps.") + 5)  # as a passage or a piece may end
    (one,) = markdown_units(text, cut)
    assert (one.view.text, one.span.of(text)) == (words, words)
    assert shown(f"---\ndescription: {mark}{mark}\n---\nThey turn.") == [
        (Kind.SENTENCE, "They turn.")
    ]


def test_comments_of_mdx_are_not_seen() -> None:
    text = "Turn it.\n{/* vale Terms = NO */}\nWait. {/* two\nlines */}\n\nNot {/* ended.\n"
    assert [words for _, words in shown(text)] == ["Turn it.", "Wait.", "Not {/ ended."]
    assert shown("Write `{/* this */}` to hide.")[0][1] == "Write {/* this */} to hide."
    assert shown("```js\n{/* a */}\n```") == [(Kind.CODE, "{/* a */}")]


def test_what_is_for_agents_alone_is_not_seen() -> None:
    inside = "  Ask for a name.\n\n  ```sh\n  valvectl --agent\n  ```\n"
    text = f'<Visibility for="agents">\n{inside}</Visibility>\n\n<Visibility for="humans">\n'
    assert shown(text + "  Turn it.\n</Visibility>\n") == [(Kind.SENTENCE, "Turn it.")]
    mention = 'Write `<Visibility for="agents">` for them. Turn it.\n\n</Visibility>\n'
    assert shown(mention)[-1] == (Kind.SENTENCE, "Turn it.")


STEPS = """Do this:

<Steps>
  <Step title="Don't > wait" icon={{ a: "b" }}>
    1. Open the tap.
    2. Close **it**.
  </Step>
  <Step title="Rest">
    Sit down:

    ```sh
    valvectl sit
    ```
  </Step>
</Steps>
<Accordion title="When it leaks">
  Call us.
</Accordion>
Until then.
"""


def test_titles_of_steps_are_items_and_other_titles_stand_alone() -> None:
    found = [(one.kind, one.view.text, one.nested, one.indent) for one in units(STEPS)]
    assert found == [
        (Kind.SENTENCE, "Do this:", False, 0),
        (Kind.ITEM, "Don't > wait", False, 2),
        (Kind.ITEM, "Open the tap.", False, 4),
        (Kind.ITEM, "Close it.", False, 4),
        (Kind.ITEM, "Rest", False, 2),
        (Kind.SENTENCE, "Sit down:", True, 0),
        (Kind.CODE, "valvectl sit", True, 0),
        (Kind.SENTENCE, "When it leaks", False, 0),
        (Kind.SENTENCE, "Call us.", False, 0),
        (Kind.SENTENCE, "Until then.", False, 0),
    ]
    assert [one.span.of(STEPS) for one in units(STEPS)][3] == "Close **it**."


def test_a_field_of_a_component_is_the_term_of_what_describes_it() -> None:
    text = (
        '<ResponseField name="icon" type="string" required>\n  The icon. A path.\n\n  Or none.\n'
        '</ResponseField>\n\n<ParamField path="size">\n</ParamField>\nAll are free.\n'
    )
    found = units(text)
    assert [(one.kind, one.view.text, one.nested) for one in found] == [
        (Kind.ITEM, "icon: The icon. A path.", False),
        (Kind.SENTENCE, "Or none.", True),
        (Kind.SENTENCE, "All are free.", False),
    ]
    assert found[0].span.of(text) == "The icon. A path."


def test_a_quote_does_not_begin_inside_of_a_tag() -> None:
    text = '<Button href="valve://a?b=c" wide>Install it</Button>\n\n<B>Go</B> on.\n'
    assert [one.span.of(text) for one in units(text)] == ["Install it", "<B>Go</B> on."]


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


@pytest.mark.parametrize(
    "target",
    [
        '{% page "/a b/" %}',
        "{{ site.url }}/{% link a.md %}#z",
        '{{< ref "a.md" >}} "A tip"',
        "/{a}(b)",
    ],
)
def test_targets_that_a_site_fills_in_are_not_read(target: str) -> None:
    assert shown(f"See [this]({target}) now.\n") == [(Kind.SENTENCE, "See this now.")]


def test_tags_and_imports_of_several_lines_are_not_read() -> None:
    text = (
        "import {\n  Card,\n  Steps\n} from '@site/components';\n\n"
        'Pick one.\n\n<Card\n  title="Boat"\n  wide={true}\n>\n  Sails **far**.\n</Card>\n\n'
        'Ask <a\nhref="x">Ann</a> or\nimport tea\nfrom Noss.\n'
    )
    assert [words for _, words in shown(text)] == [
        "Pick one.", "Sails far.", 'Ask Ann or import tea from Noss.',
    ]  # fmt: skip


def test_an_item_that_a_span_begins_with_keeps_its_depth() -> None:
    text = "- one\n    - two\n- three\n"
    assert [one.indent for one in units(text)] == [0, 4, 0]
    assert [one.indent for one in units(text, text.index("- two"))] == [4, 0]
