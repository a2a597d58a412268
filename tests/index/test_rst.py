"""reStructuredText is read as people see it, and each character still points to itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citespan.index.layout.outline import Outline
from citespan.index.text.markdown import Kind, Unit
from citespan.index.text.rst import rst_units
from citespan.index.types import Span

GUIDE = """.. _ropes:

=====
Ropes
=====

Keep a ``bowline`` ready, see :meth:`~hut.Rope.tie`, :ref:`knots <knots>` and
`the shop <https://example.org>`_ [1]_.  It holds *well*.

.. code-block:: console
   :caption: Tie one

   # Make a loop
   $ ropectl loop --wide

     --deep

.. planted words that nobody sees

   nor these

.. note:: Wet ropes
   slip.

   They dry in a day.

.. versionadded:: 3.2

.. class:: Rope(length,
                colour=None)

   A rope.

   :param int length: in metres
   :returns: nothing

Knots
-----

#. Pull::

      rope.pull()

2. Let go.

- hitch
  knot
- bend

  - double bend

splice
    Two ropes made one.

+---------+-----------+
| Rope    | Price     |
|         | per metre |
+=========+===========+
| Hemp    | 2 EUR,    |
| (old)   | or more   |
+---------+-----------+

=====  ====
Colour Code
=====  ====
red    ``1``
blue   2
       or 3
=====  ====

.. list-table::
   :header-rows: 1

   * - Hut
     - Beds
   * - North
     - 12

.. image:: rope.png
   :alt: nobody reads this

.. |logo| replace:: nor this

.. [1] Open on Mondays.
"""
SEEN = [
    (Kind.HEADING, "Ropes"),
    (Kind.SENTENCE, "Keep a bowline ready, see tie, knots and the shop."),
    (Kind.SENTENCE, "It holds well."),
    (Kind.CODE, "# Make a loop\n$ ropectl loop --wide"),
    (Kind.CODE, "--deep"),
    (Kind.SENTENCE, "Wet ropes slip."),
    (Kind.SENTENCE, "They dry in a day."),
    (Kind.SENTENCE, "Added in version 3.2"),
    (Kind.CODE, "Rope(length,\n" + 16 * " " + "colour=None)"),
    (Kind.SENTENCE, "A rope."),
    (Kind.ITEM, "length: in metres"),
    (Kind.ITEM, "returns: nothing"),
    (Kind.HEADING, "Knots"),
    (Kind.ITEM, "Pull:"),
    (Kind.CODE, "rope.pull()"),
    (Kind.ITEM, "Let go."),
    (Kind.ITEM, "hitch knot"),
    (Kind.ITEM, "bend"),
    (Kind.ITEM, "double bend"),
    (Kind.ITEM, "splice: Two ropes made one."),
    (Kind.ROW, "Rope: Hemp (old); Price per metre: 2 EUR, or more"),
    (Kind.ROW, "Colour: red; Code: 1"),
    (Kind.ROW, "Colour: blue; Code: 2 or 3"),
    (Kind.ROW, "Hut: North; Beds: 12"),
    (Kind.SENTENCE, "Open on Mondays."),
]


def read(text: str, start: int = 0) -> list[Unit]:
    return rst_units(text, Span(start, len(text)))


def test_a_guide_is_read_as_people_see_it() -> None:
    units = read(GUIDE)
    assert [(one.kind, one.view.text) for one in units] == SEEN
    assert [one.view.text for one in units if one.nested] == ["rope.pull()"]
    assert [one.view.text for one in units if one.numbered] == ["Pull:", "Let go."]


def test_a_part_is_read_in_what_it_is_inside_of() -> None:
    for word, first in (
        ("blue", "Colour: blue; Code: 2 or 3"),
        ("North", "Hut: North; Beds: 12"),
        ("or more", "or more"),
        ("  rope.pull", "rope.pull()"),
    ):
        assert read(GUIDE, GUIDE.index(word))[0].view.text == first
    red = rst_units(GUIDE, Span(GUIDE.index("red  "), GUIDE.index("blue")))
    assert [one.view.text for one in red] == ["Colour: red; Code: 1"]
    assert Outline(GUIDE, markup="text/x-rst").seen(Span(0, 12)) == ".. _ropes:\n\n"


def test_a_quote_is_what_is_written() -> None:
    for unit in read(GUIDE):
        written = unit.span.of(GUIDE)
        assert written == written.strip()
    assert "`the shop <https://example.org>`_ [1]_." in read(GUIDE)[1].span.of(GUIDE)
    price = next(one for one in read(GUIDE) if "Hemp" in one.view.text)
    at = price.view.text.index("2 EUR")
    assert price.view.origin(Span(at, len(price.view.text))) == Span(
        GUIDE.index("2 EUR"), GUIDE.index("or more") + len("or more")
    )


PIECES = [*"ab1 .|=-*_`:<>\\+#", "::", "\n", "\n\n", "\n  ", ".. ", ".. a:: ", ":a:`b`",
          "+--+--+\n", "== ==\n", "* - ", "é", "👩‍🚒", "|a|",
          "[1]_", "\n\n[#]_\n\n"]  # fmt: skip


@given(text=st.lists(st.sampled_from(PIECES), max_size=60).map("".join), cut=st.integers(0, 80))
def test_every_character_of_a_unit_points_to_itself(text: str, cut: int) -> None:
    start = min(cut, len(text))
    rst_units(text, Span(start, len(text)), split=False)  # what is seen of all is read, too
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


def test_of_a_paragraph_that_is_only_a_reference_nothing_is_seen() -> None:
    text = "The lamp is green.\n\n[1]_\n\n[#]_\n"
    for split in (True, False):
        units = rst_units(text, Span(0, len(text)), split=split)
        assert [unit.view.text for unit in units] == ["The lamp is green."]


def test_what_is_inside_of_very_much_is_a_paragraph() -> None:
    text = "".join(f"{' ' * deep}.. note::\n" for deep in range(300)) + " " * 300 + "The end.\n"
    assert "The end." in rst_units(text, Span(0, len(text)))[-1].view.text


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("Support for ReplayGain_, and Rope-2_.", "Support for ReplayGain, and Rope-2."),
        ("See it__ now, or Übersicht_.", "See it now, or Übersicht."),
        ("Call close_(1).", "Call close_(1)."),
        ("Set max_length, _private and tie__up.", "Set max_length, _private and tie__up."),
    ],
)
def test_a_reference_by_name_has_no_mark(written: str, seen: str) -> None:
    (unit,) = rst_units(written, Span(0, len(written)))
    assert unit.view.text == seen
