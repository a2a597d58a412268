"""Sentences made whole: a list with its lead-in, code with its sentence, a short table. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from citespan.index.text import Kind, Unit
from citespan.index.types import Span
from citespan.qa.evidence.pieces import read_as_one
from citespan.qa.evidence.selection import Sentence

_LONGEST = 1000  # code points of a list, a table or a block of code that is cited as one
_SHORT = 400  # code points of a list that is cited whole if its heading is what was asked about
_ALONE = 60  # code points; a shorter item says little without the words before its list
_BLOCKS = (Kind.ITEM, Kind.ROW, Kind.CODE)


def wholes(
    sentences: Sequence[Sentence],
    read: Sequence[Sequence[Unit]],
    named: Callable[[str], bool] = lambda _: False,
) -> list[Sentence]:
    """Return the sentences, those that are parts of one thing replaced by the whole.

    Args:
        sentences: chosen as evidence.
        read: the units of each piece that was read.
        named: returns whether a heading has what the question names.
    """
    left = list(sentences)
    for units in read:
        asked = [one.view.text for one in units[:1] if one.kind is Kind.HEADING]
        all_of_it = any(named(heading) for heading in asked)
        for lead, block in _blocks(units):
            left = _whole(left, lead, block, all_of_it=all_of_it)
    return left


def with_antecedents(
    sentences: Sequence[Sentence],
    read: Sequence[Sequence[Unit]],
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
    one: Sentence, read: Sequence[Sequence[Unit]], named: Callable[[str], bool]
) -> Unit | None:
    if len(one.span) > _ALONE or named(one.shown):
        return None
    for units in read:
        at = next((n for n, unit in enumerate(units) if unit.span == one.span), None)
        if at is not None and units[at].kind is Kind.SENTENCE:
            earlier = (unit for unit in reversed(units[:at]) if unit.group == units[at].group)
            return next((unit for unit in earlier if named(unit.view.text)), None)
    return None


def _blocks(units: Sequence[Unit]) -> Iterator[tuple[Unit | None, list[Unit]]]:
    """Yield each list, table and block of code, with the sentence that leads to it."""
    at = 0
    while at < len(units):
        unit = units[at]
        end = at + 1
        if unit.kind in _BLOCKS:
            while end < len(units) and units[end].kind is unit.kind:
                end += 1
            before = units[at - 1] if at else None
            leads = before and before.kind is Kind.SENTENCE and before.view.text.endswith(":")
            yield (before if leads else None), list(units[at:end])
        at = end


def _whole(
    chosen: list[Sentence], lead: Unit | None, block: list[Unit], *, all_of_it: bool
) -> list[Sentence]:
    parts = [one for one in chosen if any(unit.span == one.span for unit in block)]
    leading = [one for one in chosen if lead and one.span == lead.span]
    if not parts and not leading:
        return chosen
    units = [lead, *block] if lead else block
    span = Span(units[0].span.start, units[-1].span.end)
    short = all_of_it and block[0].kind is Kind.ITEM and len(span) <= _SHORT
    if short or (_as_one(parts, block, led=bool(leading)) and len(span) <= _LONGEST):
        return _replaced(chosen, [*leading, *parts], units, span)
    if lead and not leading and _says_little(parts, block):
        first = parts[0]
        at = chosen.index(first)
        extra = replace(first, span=lead.span, answer=None, shown=lead.view.text)
        return [*chosen[:at], extra, *chosen[at:]]
    return chosen


def _as_one(parts: Sequence[Sentence], block: Sequence[Unit], *, led: bool) -> bool:
    """Return whether a list, a table or code is asked for as a whole."""
    if led and not any(one.answer for one in parts):
        return True
    if len(parts) < 2 or block[0].kind is Kind.CODE:
        return False
    return block[0].numbered or 2 * len(parts) >= len(block)


def _says_little(parts: Sequence[Sentence], block: Sequence[Unit]) -> bool:
    return len(parts) == 1 and block[0].kind is Kind.ITEM and len(parts[0].span) <= _ALONE


def _replaced(
    chosen: Sequence[Sentence], parts: Sequence[Sentence], units: Sequence[Unit], span: Span
) -> list[Sentence]:
    first = parts[0]
    whole = replace(
        first,
        span=span,
        evidence=max(one.evidence for one in parts),
        answer=next((one.answer for one in parts if one.answer), None),
        shown=read_as_one(units).text,
    )
    at = chosen.index(first)
    rest = [one for one in chosen if one not in parts]
    return [*rest[:at], whole, *rest[at:]]
