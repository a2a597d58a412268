"""A claim aligned with the sentence most like it, to find what the sentence denies.

Pure. Words are matched in order. If a name or a number of the claim is where the sentence has
another one, the two differ. It does not matter how often the words are found elsewhere.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, pairwise, product
from typing import NamedTuple

from citespan.qa.english.wording import Word

_OPPOSITES = """more/less more/fewer most/least before/after larger/smaller largest/smallest
    higher/lower highest/lowest greater/lesser greatest/least older/younger oldest/youngest
    longer/shorter longest/shortest earlier/later faster/slower better/worse best/worst
    increase/decrease increased/decreased increasing/decreasing increases/decreases rise/fall
    rose/fell rising/falling grew/shrank above/below over/under first/last majority/minority
    maximum/minimum always/never all/none began/ended begin/end start/end started/ended won/lost
    win/lose allowed/forbidden allowed/prohibited accepted/rejected approved/rejected
    included/excluded supported/opposed positive/negative north/south northern/southern east/west
    eastern/western early/late male/female men/women king/queen father/mother brother/sister
    husband/wife son/daughter true/false legal/illegal possible/impossible gained/lost
    strong/weak stronger/weaker cheap/expensive entered/left opened/closed public/private"""
_PAIRS = [tuple(pair.split("/")) for pair in _OPPOSITES.split()]
_OPPOSITE: dict[str, set[str]] = {}
for _one, _other in _PAIRS:
    _OPPOSITE.setdefault(_one, set()).add(_other)
    _OPPOSITE.setdefault(_other, set()).add(_one)
_HEDGING = "may might"
_HEDGED = """can could would able ability allowed permitted possible possibly perhaps potential
    potentially maybe likely thought believed suspected"""
_HEDGES = frozenset(_HEDGING.split())
_SAID_OF_HEDGES = _HEDGES.union(_HEDGED.split())
_PREFIXES = ("un", "in", "im", "ir", "il", "dis", "non")
_JOINING = frozenset({"and", "or"})
_IN_LIST = _JOINING | {"a", "an", "the", "of"}
_PARTS = re.compile(r"[^\W_]+")
_DIVIDED = 3  # words at most that may be written as one elsewhere
_REACH = 4  # words before the first matched one that may still negate it
PLAIN = 0.2  # the weight of a matched word that says little; one that says much has 1


class Gap(NamedTuple):
    """The words between two matched ones, in the claim and in the sentence."""

    said: tuple[Word, ...]
    source: tuple[Word, ...]


def denied(
    said: Sequence[Word], source: Sequence[Word], names: Collection[str], about: Collection[str]
) -> str | None:
    """Return why a sentence with the words of a claim does not support the claim; None if it may.

    Args:
        said: the claim's words.
        source: the sentence's words.
        names: stems that are known to be names.
        about: stems of the titles, which name the subject of a sentence that says "it".
    """
    matched = matches(said, source)
    if not matched:
        return "not in the passages"
    if _negations(said, matched[0][0], matched[-1][0]) != _negations(
        source, matched[0][1], matched[-1][1]
    ):
        return "negated"
    if {word.folded for word in source if word.doubt} - {word.folded for word in said}:
        return "only supposed in the source"
    if _has(source, _HEDGES) and not _has(said, _SAID_OF_HEDGES):
        return "only possible in the source"
    passive = _is_passive(said) != _is_passive(source)
    implied = set(about) - {word.stem for word in source}  # not the words in it
    for gap in _gaps(said, source, matched):
        if _opposed(gap):
            return "the opposite is in the source"
        if _divided_otherwise(gap):
            return "words are divided otherwise in the source"
        if _exchanged(_numbers(gap.said), _numbers(gap.source)):
            return "number not in source"
        said_names, source_names = _names(gap.said, names), _names(gap.source, names)
        changed = not passive and _exchanged(said_names - implied, source_names)
        if changed and not _listed(source, said_names | source_names):
            return "name not in source"
    return None


def matches(said: Sequence[Word], source: Sequence[Word]) -> list[tuple[int, int]]:
    """Return the positions of the same words in the same order, with the greatest weight."""
    weights = [1.0 if word.content or word.number else PLAIN for word in said]
    return in_order([word.stem for word in said], weights, [word.stem for word in source])


def in_order(
    said: Sequence[str], weights: Sequence[float], source: Sequence[str]
) -> list[tuple[int, int]]:
    """Return the positions of the same stems in the same order, with the greatest weight.

    `weights` are those of the stems in `said`.
    """
    rows = [[0.0] * (len(source) + 1) for _ in range(len(said) + 1)]
    for i in range(len(said) - 1, -1, -1):
        row, below, stem, weight = rows[i], rows[i + 1], said[i], weights[i]
        for j in range(len(source) - 1, -1, -1):
            best = below[j] if below[j] > row[j + 1] else row[j + 1]
            if source[j] == stem and below[j + 1] + weight > best:
                best = below[j + 1] + weight
            row[j] = best
    return list(_path(rows))


def _path(rows: Sequence[Sequence[float]]) -> Iterator[tuple[int, int]]:
    i = j = 0
    while i < len(rows) - 1 and j < len(rows[0]) - 1:
        if rows[i][j] == rows[i + 1][j]:
            i += 1
        elif rows[i][j] == rows[i][j + 1]:
            j += 1
        else:
            yield i, j
            i, j = i + 1, j + 1


def _gaps(
    said: Sequence[Word], source: Sequence[Word], matched: Sequence[tuple[int, int]]
) -> Iterator[Gap]:
    for (i, j), (k, n) in pairwise([(-1, -1), *matched, (len(said), len(source))]):
        yield Gap(tuple(said[i + 1 : k]), tuple(source[j + 1 : n]))


def _exchanged(said: set[str], source: set[str]) -> bool:
    return bool(said - source) and bool(source - said)


def _listed(source: Sequence[Word], names: Collection[str]) -> bool:
    """Return whether all of the names are in one list, whose order says nothing."""
    places = [place for place, word in enumerate(source) if word.stem in names]
    if {source[place].stem for place in places} != set(names):
        return False
    run = source[places[0] : places[-1] + 1]
    joined = any(word.folded in _JOINING for word in run)
    return joined and all(word.name or word.folded in _IN_LIST for word in run)


def _names(words: Sequence[Word], known: Collection[str]) -> set[str]:
    return {word.stem for word in words if word.name and (not word.first or word.stem in known)}


def _numbers(words: Sequence[Word]) -> set[str]:
    return {word.stem for word in words if word.number}


def _negations(words: Sequence[Word], first: int, last: int) -> bool:
    """Return whether an odd number of words negate the range from one word to another."""
    return sum(word.negation for word in words[max(0, first - _REACH) : last + 1]) % 2 == 1


def _opposed(gap: Gap) -> bool:
    source = {word.folded for word in gap.source}
    for word in gap.said:
        if _OPPOSITE.get(word.folded, set()) & source:
            return True
        if any(f"{prefix}{word.folded}" in source for prefix in _PREFIXES) or any(
            word.folded == f"{prefix}{other}" for prefix in _PREFIXES for other in source
        ):
            return True
    return False


def _has(words: Sequence[Word], hedges: Collection[str]) -> bool:
    return any(word.folded in hedges and not word.name for word in words)


def _divided_otherwise(gap: Gap) -> bool:
    """Return whether the same letters or digits form other words: "now here" for "nowhere"."""
    source = dict(_divisions(gap.source))
    return any(source.get(letters, cuts) != cuts for letters, cuts in _divisions(gap.said))


def _divisions(words: Sequence[Word]) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield the letters of every few adjacent words, and the letters before which a word ends.

    "U.S." is not divided, nor are a number and its unit.
    """
    for start, count in product(range(len(words)), range(1, _DIVIDED + 1)):
        parts = _PARTS.findall(" ".join(word.folded for word in words[start : start + count]))
        letters = "".join(parts)
        if len(parts) == len(letters):
            yield letters, frozenset()
            continue
        cuts = set(accumulate(len(part) for part in parts)) - {len(letters)}
        within = {at for at in cuts if letters[at - 1].isdigit() == letters[at].isdigit()}
        yield letters, frozenset(within)


def _is_passive(words: Sequence[Word]) -> bool:
    """Return whether the words have a "by", so that names may change places."""
    return any(word.folded == "by" for word in words)
