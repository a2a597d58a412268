"""Sentences made whole: a list with its lead-in, code with its sentence, a short table. Pure."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from citespan.index.text import Kind, Unit
from citespan.index.types import Span
from citespan.qa.evidence.pieces import shown_as_one
from citespan.qa.evidence.selection import Sentence, once

_LONGEST = 1000  # code points of a list, a table or a block of code that is cited as one
_SHORT = 400  # code points of a list that is cited whole if its heading is what was asked about
_ALONE = 60  # code points; a shorter item says little without the words before its list

Said: TypeAlias = Callable[[str, Unit], bool]


class UnitsRead(NamedTuple):
    """The units of a piece that was read, in order, with the headings and the title over it."""

    document_id: str
    units: Sequence[Unit]
    above: str = ""


class _Block(NamedTuple):
    """A list, a table or a block of code, with the words that lead to it.

    step: whether it is what stands below a step, which leads to it.
    """

    lead: Unit | None
    units: Sequence[Unit]
    step: bool = False

    @property
    def parts(self) -> list[Unit]:
        """What it consists of, without what stands below its items."""
        first = self.units[0]
        return [one for one in self.units if one.kind is first.kind and one.indent <= first.indent]

    def holds(self, one: Sentence) -> bool:
        """Return whether a sentence of the same document is in it."""
        start, end = self.units[0].span.start, self.units[-1].span.end
        return start <= one.span.start and one.span.end <= end


def wholes(
    sentences: Sequence[Sentence],
    read: Sequence[UnitsRead],
    named: Callable[[str], bool] = lambda _: False,
    said: Said = lambda _name, _unit: True,
    *,
    steps: bool = False,
    several: bool = False,
) -> list[Sentence]:
    """Return the sentences, those that are parts of one thing replaced by the whole.

    Args:
        sentences: chosen as evidence.
        read: the units of each piece that was read.
        named: returns whether a heading has what the question names.
        said: returns whether a sentence of a document helps the one who asks how something is done.
        steps: whether the question asks how something is done: all steps of it are wanted.
        several: whether the question asks for several things: all items of a list are wanted.
    """
    left = list(sentences)
    longest = _LONGEST if steps else _SHORT
    for name, units, _ in read:
        if steps:
            left = _with_what_follows(left, name, units, said)
        asked = [one.view.text for one in units[:1] if one.kind is Kind.HEADING]
        all_of_it = any(named(heading) for heading in asked)
        for block in (*_blocks(units), *(_steps(units) if steps else ())):
            whole = all_of_it or (steps and (block.step or block.units[0].numbered))
            left = _whole(left, name, block, all_of_it=whole, longest=longest, several=several)
    return left


def _with_what_follows(
    chosen: list[Sentence], name: str, units: Sequence[Unit], said: Said
) -> list[Sentence]:
    """Return the sentences, each with those after it in its paragraph that say what to do."""
    found: list[Sentence] = []
    for one in chosen:
        found.append(one)
        at = next((n for n, unit in enumerate(units) if unit.span == one.span), None)
        if name != one.document_id or at is None or units[at].kind is not Kind.SENTENCE:
            continue
        after = [unit for unit in units[at + 1 :] if unit.group == units[at].group
                 and unit.kind is Kind.SENTENCE and said(name, unit)]  # fmt: skip
        if after and after[-1].span.end - one.span.start <= _SHORT:
            found += [replace(one, span=unit.span, answer=None, shown=unit.view.text)
                      for unit in after]  # fmt: skip
    return once(found)


def with_list_asked(
    sentences: Sequence[Sentence],
    read: Sequence[UnitsRead],
    covered: Callable[[str, str], bool],
) -> list[Sentence]:
    """Return the sentences; the list that is asked for instead of others of the same section.

    Args:
        sentences: chosen as evidence.
        read: the units of each piece that was read.
        covered: returns whether a sentence has all words of the question, some of them maybe in
            what is above it.
    """
    for name, units, above in read:
        here = [
            one
            for one in sentences
            if one.document_id == name and any(unit.span.overlap(one.span) for unit in units)
        ]
        for block in _blocks(units) if here else ():
            lead = block.lead
            whole = Span(lead.span.start if lead else 0, block.units[-1].span.end)
            if (
                lead
                and block.units[0].kind is Kind.ITEM
                and len(whole) <= _LONGEST
                and covered(lead.view.text, above)
                and not any(whole.overlap(one.span) for one in here)
            ):
                return _replaced(sentences, here, [lead, *block.units], whole)
    return list(sentences)


def with_antecedents(
    sentences: Sequence[Sentence],
    read: Sequence[UnitsRead],
    named: Callable[[str], bool],
) -> list[Sentence]:
    """Return the sentences, short ones after the sentence of their paragraph that names the thing.

    Args:
        sentences: chosen as evidence.
        read: the units of each piece that was read.
        named: returns whether a sentence has what the question names.
    """
    found: list[Sentence] = []
    for one in sentences:
        before = _antecedent(one, read, named)
        if before:
            found.append(replace(one, span=before.span, answer=None, shown=before.view.text))
        found.append(one)
    return found


def _antecedent(
    one: Sentence, read: Sequence[UnitsRead], named: Callable[[str], bool]
) -> Unit | None:
    if len(one.span) > _ALONE or named(one.shown):
        return None
    for name, units, _ in read:
        at = next((n for n, unit in enumerate(units) if unit.span == one.span), None)
        if name == one.document_id and at is not None and units[at].kind is Kind.SENTENCE:
            earlier = (unit for unit in reversed(units[:at]) if unit.group == units[at].group)
            return next((unit for unit in earlier if named(unit.view.text)), None)
    return None


def _blocks(units: Sequence[Unit]) -> Iterator[_Block]:
    """Yield each list, those inside of others first, then each block of code and table."""
    items = [at for at, one in enumerate(units) if one.kind is Kind.ITEM]
    starts = [at for at in items if _starts_list(units, at)]
    for at in sorted(starts, key=lambda at: -units[at].indent):
        yield _Block(_lead(units, at), units[at : _end_of_list(units, at, units[at].indent)])
    for kind in (Kind.CODE, Kind.ROW):
        at = 0
        while at < len(units):
            end = at + 1
            if units[at].kind is kind:
                while end < len(units) and units[end].kind is kind:
                    end += 1
                yield _Block(_lead(units, at), units[at:end])
            at = end


def _steps(units: Sequence[Unit]) -> Iterator[_Block]:
    """Yield what stands below each item with a number, with the item."""
    for at, one in enumerate(units):
        end = _end_of_list(units, at, one.indent + 1)
        if one.numbered and end > at + 1:
            yield _Block(one, units[at + 1 : end], step=True)


def _starts_list(units: Sequence[Unit], at: int) -> bool:
    before = next((one for one in reversed(units[:at]) if not one.nested), None)
    return before is None or before.kind is not Kind.ITEM or before.indent < units[at].indent


def _end_of_list(units: Sequence[Unit], at: int, indent: int) -> int:
    """Return the place after the items of at least an indent, with all that is below them."""
    end = at + 1
    while end < len(units) and (
        units[end].nested or (units[end].kind is Kind.ITEM and units[end].indent >= indent)
    ):
        end += 1
    return end


def _lead(units: Sequence[Unit], at: int) -> Unit | None:
    """Return the sentence or the item that leads to what begins at a place."""
    before = units[at - 1] if at else None
    leads = (Kind.SENTENCE,) if units[at].kind is Kind.ROW else (Kind.SENTENCE, Kind.ITEM)
    if before and before.kind in leads and before.view.text.endswith(":"):
        return before
    return None


def _whole(
    chosen: list[Sentence],
    name: str,
    block: _Block,
    *,
    all_of_it: bool,
    longest: int,
    several: bool,
) -> list[Sentence]:
    of_it = [one for one in chosen if one.document_id == name]
    parts = [one for one in of_it if block.holds(one)]
    leading = [one for one in of_it if block.lead and one.span == block.lead.span]
    if not parts and not leading:
        return chosen
    listed = block.step or block.units[0].kind is Kind.ITEM
    if block.lead and not listed and block.units[0].kind is Kind.CODE:
        return _led_code(chosen, [*leading, *parts], block.lead, block.units)
    units = [block.lead, *block.units] if block.lead else block.units
    span = Span(units[0].span.start, units[-1].span.end)
    short = all_of_it and listed and len(span) <= longest
    if short or (
        _as_one(parts, block, led=bool(leading), several=several) and len(span) <= _LONGEST
    ):
        return _replaced(chosen, [*leading, *parts], units, span)
    if block.lead and not leading and _says_little(parts, block):
        first = parts[0]
        at = chosen.index(first)
        extra = replace(first, span=block.lead.span, answer=None, shown=block.lead.view.text)
        return [*chosen[:at], extra, *chosen[at:]]
    return chosen


def _led_code(
    chosen: Sequence[Sentence], cited: Sequence[Sentence], lead: Unit, code: Sequence[Unit]
) -> list[Sentence]:
    """Return the sentences, code and the words that lead to it as one, or as much as fits."""
    span = Span(lead.span.start, code[-1].span.end)
    if len(span) > _LONGEST:
        span, code = Span(lead.span.start, code[0].span.end), code[:1]
        cited = [one for one in cited if span.overlap(one.span)]
    if not cited or len(span) > _LONGEST:
        return list(chosen)
    return _replaced(chosen, cited, [lead, *code], span)


def _as_one(parts: Sequence[Sentence], block: _Block, *, led: bool, several: bool) -> bool:
    """Return whether a list, a table or code is asked for as a whole."""
    listed = several and block.units[0].kind is Kind.ITEM
    if led and (listed or not any(one.answer for one in parts)):
        return True
    starts = [one.span.start for one in block.parts]
    touched = {bisect_right(starts, one.span.start) for one in parts}
    if len(touched) < 2 or block.units[0].kind is Kind.CODE:
        return False
    enough = 2 * len(touched) - (block.units[0].kind is Kind.ROW)  # of rows, more than half
    return block.units[0].numbered or enough >= len(starts)


def _says_little(parts: Sequence[Sentence], block: _Block) -> bool:
    items = [one.span for one in block.units if one.kind is Kind.ITEM]
    return len(parts) == 1 and parts[0].span in items and len(parts[0].span) <= _ALONE


def _replaced(
    chosen: Sequence[Sentence], parts: Sequence[Sentence], units: Sequence[Unit], span: Span
) -> list[Sentence]:
    first = parts[0]
    whole = replace(
        first,
        span=span,
        evidence=max(one.evidence for one in parts),
        answer=next(
            (one.answer for one in parts if one.answer and _inside(one.answer, span)), None
        ),
        shown=shown_as_one(units),
    )
    at = chosen.index(first)
    rest = [one for one in chosen if one not in parts]
    return [*rest[:at], whole, *rest[at:]]


def _inside(answer: Span, whole: Span) -> bool:
    return whole.start <= answer.start and answer.end <= whole.end
