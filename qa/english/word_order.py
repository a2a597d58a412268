"""Whether a claim exchanges two things of a sentence: "Rollo beat Charles". Pure; English.

Words may have another order and say the same. An order counts against a claim only if two
conditions hold. With two of its things exchanged, the claim would be much more like the sentence.
The words between those things do not say the same either way.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice, pairwise
from typing import NamedTuple

from citespan.qa.english.alignment import PLAIN, in_order
from citespan.qa.english.verbs import (
    ARTICLES,
    BEING,
    PARTICLES,
    PLACING,
    is_determined,
    verb_of,
    word_set,
)
from citespan.qa.english.voices import active, owned
from citespan.qa.english.wording import Word

_MATTERS = 1.1  # the weight of a thing in its place again, and a word between them
# A claim's words times a sentence's, over all orders of the claim: they take a tenth of a second
_CELLS = 200_000
_NEW_CLAUSE = word_set("and but while whereas")
_ALONGSIDE = BEING | word_set("and or as well both also nor")
_EITHER_WAY = word_set(
    "married marry met meet with versus vs equal border borders bordered neighbour neighbours"
    " neighbor resemble resembles shared share between cousin sibling alongside together same"
    " different near unlike like"
) | {"beside"}


class _Token(NamedTuple):
    """A word; `thing` if it is a name, a number or a noun with its article."""

    word: Word
    verb: str
    thing: bool


class _Piece(NamedTuple):
    """Tokens of a claim, half-open, that hold a thing and are adjacent in the sentence, too."""

    start: int
    end: int


def exchanged(said: Sequence[Word], source: Sequence[Word]) -> bool:
    """Return whether a claim exchanges two things of a sentence."""
    mine = _tokens(owned(active(said, source), source))
    theirs = _tokens(owned(active(source, said), said))
    pieces = _pieces(mine, theirs)
    likeness = _Likeness(mine, pieces, theirs)
    order = list(range(len(mine)))
    as_is = likeness.of(order)
    if all(_things(mine, one) <= as_is.kept for one in pieces):
        return False
    tries = _CELLS // (len(mine) * len(theirs))
    # a part that is first here and last there is in another order, but not exchanged
    order = max([order, *islice(_turned(mine), tries)], key=lambda one: likeness.of(one).weight)
    as_is = likeness.of(order)
    pairs = (
        pair
        for pair in combinations(pieces, 2)
        if not all(_things(mine, one) & as_is.kept for one in pair)
        and _can_tell(mine, theirs, *pair)
    )
    for one, other in islice(pairs, tries):
        both = _things(mine, one), _things(mine, other)
        changed = likeness.of(list(_with_exchanged(order, one, other)))
        restored = all(things & changed.kept for things in both)
        if restored and changed.weight > as_is.weight + _MATTERS:
            return True
    return False


class _Found(NamedTuple):
    """The part of a claim that is found in a sentence: its weight, and its tokens."""

    weight: float
    kept: set[int]


class _Likeness:
    """The share of a claim that a sentence has in the same order, for any order of the claim."""

    def __init__(
        self, mine: Sequence[_Token], pieces: Sequence[_Piece], theirs: Sequence[_Token]
    ) -> None:
        used = {token.verb for token in mine}
        self._verbs = [token.verb for token in mine]
        self._sought = [token.verb for token in theirs if token.verb in used]
        self._known = set(self._sought)
        self._weights = [1.0 if one.word.content or one.thing else PLAIN for one in mine]
        for piece in pieces:  # things weigh the same, however many words they have
            things = _things(mine, piece)
            for place in things:
                self._weights[place] = 1.0 / len(things)

    def of(self, order: Sequence[int]) -> _Found:
        order = [place for place in order if self._verbs[place] in self._known]
        weights = [self._weights[place] for place in order]
        found = in_order([self._verbs[place] for place in order], weights, self._sought)
        return _Found(sum(weights[i] for i, _ in found), {order[i] for i, _ in found})


def _tokens(words: Sequence[Word]) -> list[_Token]:
    return [
        _Token(word, verb_of(word), word.name or word.number or is_determined(words, place))
        for place, word in enumerate(words)
        if word.name or word.folded not in ARTICLES
    ]


def _pieces(mine: Sequence[_Token], theirs: Sequence[_Token]) -> list[_Piece]:
    follows = set(pairwise(token.verb for token in theirs))
    known = {token.verb for token in theirs}
    pieces: list[_Piece] = []
    for place, token in enumerate(mine):
        if token.verb not in known or not (token.word.content or token.word.number):
            continue
        last = pieces[-1] if pieces else None
        if last and _together(mine[last.end - 1 : place + 1], follows):
            pieces[-1] = _Piece(last.start, place + 1)
        else:
            pieces.append(_Piece(place, place + 1))
    return [one for one in pieces if _things(mine, one)]


def _together(tokens: Sequence[_Token], follows: set[tuple[str, str]]) -> bool:
    """Return whether words are adjacent in the sentence as well, or one particle apart."""
    inside = tokens[1:-1]
    near = len(inside) <= 1 and all(token.verb in PARTICLES for token in inside)
    unbroken = near and not any(token.word.mark for token in tokens[1:])
    return unbroken and all(pair in follows for pair in pairwise(token.verb for token in tokens))


def _things(mine: Sequence[_Token], piece: _Piece) -> set[int]:
    return {place for place in range(*piece) if mine[place].thing}


def _turned(mine: Sequence[_Token]) -> Iterator[list[int]]:
    """Yield orders in which a later part that a mark or a preposition begins comes first."""
    for cut in range(1, len(mine)):
        word = mine[cut].word
        if word.mark or word.folded in PLACING or word.folded in _NEW_CLAUSE:
            yield [*range(cut, len(mine)), *range(cut)]


def _with_exchanged(order: Sequence[int], one: _Piece, other: _Piece) -> Iterator[int]:
    for place in order:
        if place == one.start:
            yield from range(*other)
        elif place == other.start:
            yield from range(*one)
        elif place not in range(*one) and place not in range(*other):
            yield place


def _can_tell(mine: Sequence[_Token], theirs: Sequence[_Token], one: _Piece, other: _Piece) -> bool:
    """Return whether it matters which of two things comes first."""
    between = mine[one.end : other.start]
    either_way = any(token.word.folded in _EITHER_WAY for token in between)
    if either_way or (one.start and mine[one.start - 1].word.folded == "between"):
        return False
    if _is_reworded(between, theirs):
        place = _placing(mine, other.start)
        return bool(place) and any(
            token.verb == mine[one.start].verb and _placing(theirs, at) == place
            for at, token in enumerate(theirs)
        )
    ends = [*mine[slice(*one)], *mine[slice(*other)]]
    if not any(token.word.name or token.word.number for token in ends) and any(
        token.thing and not token.word.number for token in between
    ):
        return False
    placed = _placing(mine, one.start) != _placing(mine, other.start)
    if all(
        token.word.name or token.word.number or token.word.folded in _ALONGSIDE for token in between
    ):
        return placed and bool(between)
    return placed or mine[one.start].word.number == mine[other.start].word.number


def _is_reworded(between: Sequence[_Token], theirs: Sequence[_Token]) -> bool:
    """Return whether a sentence lacks the words by which a claim relates two things."""
    known = {token.verb for token in theirs}
    return any(
        token.word.content and not token.thing and token.verb not in known for token in between
    )


def _placing(tokens: Sequence[_Token], place: int) -> str:
    """Return the preposition before a token; "" if there is none."""
    before = tokens[place - 1].word.folded if place else ""
    return before if before in PLACING else ""
