"""Questions that ask for nearly the same, put together. Pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from citespan.qa.collections.feedback.unanswered import Missed
from citespan.qa.question import gist

_ALIKE = (
    0.5  # two questions are together if they share at least this part of their stems, by weight
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Questions that ask for nearly the same.

    question: the one that was asked most often. count: how often one of them was asked.
    first, last: when, in UTC. reasons: how often each was the reason. wordings: the different
    ones, the most frequent first. by_day: how often on each day.
    """

    question: str
    count: int
    first: str
    last: str
    reasons: dict[str, int]
    wordings: tuple[str, ...]
    by_day: dict[str, int]


def gaps(missed: Sequence[Missed]) -> list[Gap]:
    """Return the questions in groups, the most frequent group first."""
    by_stems: dict[frozenset[str], list[Missed]] = defaultdict(list)
    for one in missed:
        by_stems[gist(one.question)].append(one)
    weights = _weights(by_stems)
    groups: list[tuple[frozenset[str], list[Missed]]] = []
    having: dict[str, list[int]] = defaultdict(list)
    for stems, rows in sorted(by_stems.items(), key=lambda item: (-len(item[1]), sorted(item[0]))):
        near = Counter(number for one in stems for number in having[one])
        best = max(near, key=lambda n: (_shared(stems, groups[n][0], weights), -n), default=None)
        if best is not None and _shared(stems, groups[best][0], weights) >= _ALIKE:
            groups[best][1].extend(rows)
            continue
        for one in stems:
            having[one].append(len(groups))
        groups.append((stems, list(rows)))
    return sorted((_gap(rows) for _, rows in groups), key=lambda gap: (-gap.count, gap.question))


def _weights(by_stems: dict[frozenset[str], list[Missed]]) -> dict[str, float]:
    """Return the weight of each stem: a stem that many questions have tells little."""
    having = Counter(one for stems in by_stems for one in stems)
    return {one: math.log(1 + len(by_stems) / count) for one, count in having.items()}


def _shared(one: frozenset[str], other: frozenset[str], weights: dict[str, float]) -> float:
    both = sum(weights[word] for word in one & other)
    return both / sum(weights[word] for word in one | other)


def _gap(rows: list[Missed]) -> Gap:
    wordings = Counter(row.question for row in rows)
    times = sorted(row.at for row in rows)
    ordered = sorted(wordings, key=lambda question: (-wordings[question], question))
    return Gap(
        question=ordered[0],
        count=len(rows),
        first=times[0],
        last=times[-1],
        reasons=dict(Counter(row.reason for row in rows)),
        wordings=tuple(ordered),
        by_day=dict(sorted(Counter(at[:10] for at in times).items())),
    )
