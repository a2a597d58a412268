"""AsciiDoc is read as people see it, and each character still points to itself."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citespan.index.layout.outline import Outline
from citespan.index.parse.parsed import Heading
from citespan.index.text.adoc import AdocText
from citespan.index.text.markdown import Kind, Unit
from citespan.index.types import Span

GUIDE = """= Ropes
:navtitle: planted name
:hut: Alpine Hut
:!off:

The {hut} keeps a `bowline`, see xref:ROOT:knots.adoc[the *knots*] and
https://example.org/shop[the shop^], or <<prices>>.  It holds _well_.

// planted line
////
planted block
////

[#loops]
.Make a loop
[source,console]
----
# Wide
$ ropectl loop --wide # <1>
include::planted.rb[]

  --deep
----
<1> Always wide.

NOTE: Wet ropes
slip.

[TIP]
====
They dry in a day.

* hang
* turn
====

ifdef::backend-html5[]
Shown either way.
endif::[]

++++
<b>planted</b>
++++

== Knots ==

To tie, run:

 $ ropectl tie

. Pull
+
----
rope.pull()
----
. Let go
.. slowly

//

* [x] hitch
  knot
** double hitch
- bend

//

rope-style:: Controls the colour.
rope-length, -l::
rope-long::
+
--
In metres.

Not in feet.
--
rope-age::

In years.
spliced;; Two in one.

[[prices]]
.Prices
[%header,cols="2*"]
|===
|Rope |Price per metre

|Hemp
|2 EUR, or more

// planted
|Nylon |`3 EUR`
|===

|===
|Hut |Beds

|North |12
.2+|South |14
|15
|===

image::rope.png[A coiled rope,200]

include::planted.adoc[]
toc::[]
"""
SEEN = [
    (Kind.HEADING, "Ropes"),
    (Kind.SENTENCE, "The Alpine Hut keeps a bowline, see the knots and the shop, or Prices."),
    (Kind.SENTENCE, "It holds well."),
    (Kind.SENTENCE, "Make a loop:"),
    (Kind.CODE, "# Wide\n$ ropectl loop --wide"),
    (Kind.CODE, "--deep"),
    (Kind.ITEM, "Always wide."),
    (Kind.SENTENCE, "Wet ropes slip."),
    (Kind.SENTENCE, "They dry in a day."),
    (Kind.ITEM, "hang"),
    (Kind.ITEM, "turn"),
    (Kind.SENTENCE, "Shown either way."),
    (Kind.HEADING, "Knots"),
    (Kind.SENTENCE, "To tie, run:"),
    (Kind.CODE, "$ ropectl tie"),
    (Kind.ITEM, "Pull"),
    (Kind.CODE, "rope.pull()"),
    (Kind.ITEM, "Let go"),
    (Kind.ITEM, "slowly"),
    (Kind.ITEM, "hitch knot"),
    (Kind.ITEM, "double hitch"),
    (Kind.ITEM, "bend"),
    (Kind.ITEM, "rope-style: Controls the colour."),
    (Kind.ITEM, "rope-length, -l, rope-long: In metres."),
    (Kind.SENTENCE, "Not in feet."),
    (Kind.ITEM, "rope-age: In years."),
    (Kind.ITEM, "spliced: Two in one."),
    (Kind.SENTENCE, "Prices:"),
    (Kind.ROW, "Rope: Hemp; Price per metre: 2 EUR, or more"),
    (Kind.ROW, "Rope: Nylon; Price per metre: 3 EUR"),
    (Kind.ROW, "Hut: North; Beds: 12"),
    (Kind.ROW, "Hut: South; Beds: 14"),
    (Kind.ROW, "Beds: 15"),
    (Kind.SENTENCE, "A coiled rope"),
]


def read(text: str, start: int = 0, end: int | None = None) -> list[Unit]:
    return AdocText(text).units(Span(start, len(text) if end is None else end))


def seen(text: str) -> list[str]:
    return [one.view.text for one in read(text)]


def test_a_guide_is_read_as_people_see_it() -> None:
    units = read(GUIDE)
    assert [(one.kind, one.view.text) for one in units] == SEEN
    assert [one.view.text for one in units if one.nested] == ["rope.pull()", "Not in feet."]
    assert [one.view.text for one in units if one.numbered] == ["Pull", "Let go", "slowly"]
    assert [one.indent for one in units if one.view.text in ("slowly", "double hitch", "bend")] == [
        1,
        1,
        2,
    ]


def test_nothing_hidden_is_in_a_unit() -> None:
    for unit in read(GUIDE):
        assert "planted" not in unit.view.text


def test_a_part_is_read_in_what_it_is_inside_of() -> None:
    for word, first in (
        ("|Nylon", "Rope: Nylon; Price per metre: 3 EUR"),
        ("or more", "or more"),
        ("rope.pull", "rope.pull()"),
        ("planted block", "Make a loop:"),
    ):
        assert read(GUIDE, GUIDE.index(word))[0].view.text == first
    start = GUIDE.index("|North")
    assert [one.view.text for one in read(GUIDE, start, GUIDE.index(".2+"))] == [
        "Hut: North; Beds: 12"
    ]


def test_a_quote_is_what_is_written() -> None:
    for unit in read(GUIDE):
        written = unit.span.of(GUIDE)
        assert written == written.strip()
    assert read(GUIDE)[1].span.of(GUIDE).endswith("[the shop^], or <<prices>>.")
    assert read(GUIDE)[2].span.of(GUIDE) == "It holds _well_."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("*bold*, _slanted_, #marked# and `code`", "bold, slanted, marked and code"),
        ("**b**old, __s__lanted, ##m##arked, ``c``ode", "bold, slanted, marked, code"),
        ("2 * 3 * 4, snake_case_name, C# and #12", "2 * 3 * 4, snake_case_name, C# and #12"),
        ("_an_id_ and *a _b_ c*", "an_id and a b c"),
        ("H~2~O, 5^th^ of 10^3^", "H2O, 5th of 10^3"),
        ("`+*kept*+`, +{kept}+ and pass:[*kept*]", "*kept*, {kept} and *kept*"),
        ("+++<u>under</u>+++ and pass:q[*bold*]", "under and bold"),
        (r"\*kept*, \{kept}, \<<kept>> and \https://a.example", "*kept*, {kept}, <<kept>> and https://a.example"),
        ("link:a.html[a page,window=_blank] or link:b.html[]", "a page or b.html"),
        ("https://a.example/b_c_d or <https://e.example>", "https://a.example/b_c_d or https://e.example"),
        ("mailto:a@b.example[Write us,Subject]", "Write us,Subject"),
        ("xref:guide/safe-modes.adoc[] and <<my-part,*My* part>>", "safe modes and My part"),
        ("xref:a.adoc#deep-part[`code` words]", "code words"),
        ("{url-shop}[The shop^] opens", "The shop opens"),
        ("Use {product-name} with `{id}`", "Use product name with {id}"),
        ("kbd:[Ctrl+T], btn:[OK], menu:File[Save > As]", "Ctrl+T, OK, File > Save > As"),
        ("image:a.png[A rope] icon:tip[] here", "A rope  here"),
        ("Tiefootnote:[Not *too* tight.] it", "Tie (Not too tight.) it"),
        ("[[here]]An ((index term))(((a,b))) and [.role]#word#", "An index term and word"),
        ("\"`so`\" it's '`quoted`' (C) -- ...", "\"so\" it's 'quoted' (C) -- ..."),
        ("a +\nbreak{nbsp}and &amp; so on", "a  break and & so on"),
        ("javadoc:org.hut.Rope[] ties", "Rope ties"),
        ("unknown:thing[words] stays", "unknown:thing[words] stays"),
    ],
)  # fmt: skip
def test_marks_inside_of_lines_are_not_shown(written: str, shown: str) -> None:
    assert [" ".join(one.split()) for one in seen(written)] == [" ".join(shown.split())]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("= T\nAnn <a@b.example>\n:x: y\n\nText.", ["T", "Ann <a@b.example>", "Text."]),
        ("Old title\n---------\n\nText.", ["Old title", "Text."]),
        ("# One\n\n## Two ##\n\n```ruby\nputs 1\n```", ["One", "Two", "puts 1"]),
        (":a: one\n\n{a}\n\n:a: two\n\n{a} is", ["two is"]),
        (":a: one \\\n two\n:b: {a} three\n\nIt is {b}.", ["It is one two three."]),
        (":a: {a}{a}\n\nIt is {a}.", ["It is aa."]),
        ("====\nIn a box.\n\n====\n", ["In a box."]),
        ("____\nQuoted.\n____\n\n> Also\n> quoted.", ["Quoted.", "Also quoted."]),
        ("****\n.Aside\nAt the side.\n****", ["Aside", "At the side."]),
        ("[source]\nputs 1\n\nText.", ["puts 1", "Text."]),
        ("....\nas *it* is\n....", ["as *it* is"]),
        ("[stem]\n++++\na^2\n++++", ["a^2"]),
        ("----\n\\include::a[]\n----", ["include::a[]"]),
        ("So:\n\n.Gemfile\n----\ngem 'a'\n----", ["So:", "Gemfile\ngem 'a'"]),
        ("'''\n\n<<<\n\nText.", ["Text."]),
        (",===\nA,B\n\n1,\"2, 3\"\n,===", ["A: 1; B: \"2, 3\""]),
        ('[cols="1,2", options="header"]\n|===\n|A |B\n|1 |2\n|===', ["A: 1; B: 2"]),
        ("[%noheader]\n|===\n|A |B\n\n|1 |2\n|===", ["A; B", "1; 2"]),
        ("|===\n2+|wide |c\n|1 |2 |3\n|===", ["wide; c", "1; 2; 3"]),
        ("[cols=2*]\n|===\na|* one\n* two\n|a\\|b\n|===", ["one two; a\\|b"]),
        ("* one\n+\nmore\n\nlast", ["one", "more", "last"]),
        ("a:: b\nc:::\n d\n\nText.", ["a: b", "c: d", "Text."]),
        ("----\nnever closed", ["never closed"]),
        ("Uses std::vector and a::b here.", ["Uses std::vector and a::b here."]),
        ("---\ntitle: T\n---\n\nText.", ["Text."]),
    ],
)  # fmt: skip
def test_blocks_are_read_as_people_see_them(written: str, shown: list[str]) -> None:
    assert seen(written) == shown


def test_headings_over_a_passage_have_no_marks() -> None:
    text = ":hut: Alpine Hut\n\n== The `{hut}`\n\nText."
    start = text.index("The")
    outline = Outline(text, [Heading(start, start + 11, 2)], markup="text/asciidoc")
    assert outline.path(len(text)) == ("The Alpine Hut",)
    assert outline.seen(Span(0, len(text))) == "The Alpine Hut\nText."


PIECES = [*"ab1 .|=-*_`:<>\\+#{}[],^~;'\"!", "::", "\n", "\n\n", "\n  ", "----\n", "====\n",
          "|===\n", "--\n", "////\n", "++++\n", "[source]\n", "[cols=2*]\n", ".T\n", ":a: b\n",
          "{a}", "xref:a[b]", "<<a,b>>", "https://e.org[x]", "* ", "** ", ". ", "a:: ", "+\n",
          "// c\n", "<1> ", "NOTE: ", "image::x[y]\n", "|a |b\n", ".2+|", "= T\n", "é",
          "👩‍🚒"]  # fmt: skip


@given(text=st.lists(st.sampled_from(PIECES), max_size=60).map("".join), cut=st.integers(0, 80))
def test_every_character_of_a_unit_points_to_itself(text: str, cut: int) -> None:
    start = min(cut, len(text))
    last = 0
    for unit in read(text, start):
        assert start <= unit.span.start < unit.span.end <= len(text)
        assert unit.span.start >= last
        last = unit.span.end
        for run in unit.view.runs:
            written = text[run.at : run.at + run.length]
            assert unit.view.text[run.view : run.view + run.length] == written
            assert unit.span.start <= run.at
            assert run.at + run.length <= unit.span.end


@pytest.mark.parametrize(
    "unit", ["+\n", "--\na\n", "====\n--\n", "a::\n\n- x\n", "*a _b `c", "xref:a[b", "|a\n", "<<a"]
)
def test_reading_takes_linear_time(unit: str) -> None:
    def took(length: int) -> float:
        text = unit * (length // len(unit))
        started = time.process_time()
        read(text)
        return time.process_time() - started

    assert min(took(4000) for _ in range(2)) < 8 * min(took(1000) for _ in range(2)) + 0.1


def test_what_is_inside_of_very_much_is_a_paragraph() -> None:
    text = "".join(f"{'=' * (4 + deep)}\n" for deep in range(300)) + "The end.\n"
    assert "The end." in seen(text)[-1]
