"""A claim laid beside the sentence that is most like it: what the one says and the other denies.

Pure. Words are matched in order; where a name or a number of the claim stands in the place of
another, it is another thing that is told, however often the words are found elsewhere.
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
_DIVIDED = 3  # words that may be one elsewhere
_REACH = 4  # words before the first matched one that may still negate it
PLAIN = 0.2  # what a matched word that says little weighs beside one that says much


class Gap(NamedTuple):
    """What stands between two matched words, in the claim and in the sentence."""

    said: tuple[Word, ...]
    told: tuple[Word, ...]


def denied(
    said: Sequence[Word], told: Sequence[Word], names: Collection[str], about: Collection[str]
) -> str | None:
    """Why a sentence does not say what a claim says, though it has its words; None if it may.

    Args:
        said: the claim's words.
        told: the sentence's.
        names: stems that are known to be names.
        about: stems of the titles: who or what a sentence that says "it" speaks of.
    """
    matched = matches(said, told)
    if not matched:
        return "not in the passages"
    if _negations(said, matched[0][0], matched[-1][0]) != _negations(
        told, matched[0][1], matched[-1][1]
    ):
        return "negated"
    if {word.folded for word in told if word.doubt} - {word.folded for word in said}:
        return "only supposed in the source"
    if _has(told, _HEDGES) and not _has(said, _SAID_OF_HEDGES):
        return "only possible in the source"
    passive = _is_passive(said) != _is_passive(told)
    implied = set(about) - {word.stem for word in told}  # what the sentence has, it says itself
    for gap in _gaps(said, told, matched):
        if _opposed(gap):
            return "the opposite is in the source"
        if _divided_otherwise(gap):
            return "words are divided otherwise in the source"
        if _exchanged(_numbers(gap.said), _numbers(gap.told)):
            return "number not in source"
        said_names, told_names = _names(gap.said, names), _names(gap.told, names)
        changed = not passive and _exchanged(said_names - implied, told_names)
        if changed and not _listed(told, said_names | told_names):
            return "name not in source"
    return None


def matches(said: Sequence[Word], told: Sequence[Word]) -> list[tuple[int, int]]:
    """Places of the same words in the same order, the most of them, by what they weigh."""
    weights = [1.0 if word.content or word.number else PLAIN for word in said]
    return in_order([word.stem for word in said], weights, [word.stem for word in told])


def in_order(
    said: Sequence[str], weights: Sequence[float], told: Sequence[str]
) -> list[tuple[int, int]]:
    """Places of the same stems in the same order, the most of them, by the weights of the first."""
    rows = [[0.0] * (len(told) + 1) for _ in range(len(said) + 1)]
    for i in range(len(said) - 1, -1, -1):
        row, below, stem, weight = rows[i], rows[i + 1], said[i], weights[i]
        for j in range(len(told) - 1, -1, -1):
            best = below[j] if below[j] > row[j + 1] else row[j + 1]
            if told[j] == stem and below[j + 1] + weight > best:
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
    said: Sequence[Word], told: Sequence[Word], matched: Sequence[tuple[int, int]]
) -> Iterator[Gap]:
    for (i, j), (k, n) in pairwise([(-1, -1), *matched, (len(said), len(told))]):
        yield Gap(tuple(said[i + 1 : k]), tuple(told[j + 1 : n]))


def _exchanged(said: set[str], told: set[str]) -> bool:
    return bool(said - told) and bool(told - said)


def _listed(told: Sequence[Word], names: Collection[str]) -> bool:
    """Whether all of the names stand in one list, whose order says nothing."""
    places = [place for place, word in enumerate(told) if word.stem in names]
    if {told[place].stem for place in places} != set(names):
        return False
    run = told[places[0] : places[-1] + 1]
    joined = any(word.folded in _JOINING for word in run)
    return joined and all(word.name or word.folded in _IN_LIST for word in run)


def _names(words: Sequence[Word], known: Collection[str]) -> set[str]:
    return {word.stem for word in words if word.name and (not word.first or word.stem in known)}


def _numbers(words: Sequence[Word]) -> set[str]:
    return {word.stem for word in words if word.number}


def _negations(words: Sequence[Word], first: int, last: int) -> bool:
    """Whether what is said from one word to another is negated: an odd number of times."""
    return sum(word.negation for word in words[max(0, first - _REACH) : last + 1]) % 2 == 1


def _opposed(gap: Gap) -> bool:
    told = {word.folded for word in gap.told}
    for word in gap.said:
        if _OPPOSITE.get(word.folded, set()) & told:
            return True
        if any(f"{prefix}{word.folded}" in told for prefix in _PREFIXES) or any(
            word.folded == f"{prefix}{other}" for prefix in _PREFIXES for other in told
        ):
            return True
    return False


def _has(words: Sequence[Word], hedges: Collection[str]) -> bool:
    return any(word.folded in hedges and not word.name for word in words)


def _divided_otherwise(gap: Gap) -> bool:
    """Whether the same letters or digits are other words: "now here" for "nowhere"."""
    told = dict(_divisions(gap.told))
    return any(told.get(letters, cuts) != cuts for letters, cuts in _divisions(gap.said))


def _divisions(words: Sequence[Word]) -> Iterator[tuple[str, frozenset[int]]]:
    """Give the letters of every few words in a row, and before which of them others end.

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
    """Whether something is said to be done by someone: then names may change places."""
    return any(word.folded == "by" for word in words)
