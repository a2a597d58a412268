"""Questions that ask for nearly the same, put together. Pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from citespan.qa.collections.feedback.unanswered import Missed
from citespan.qa.question import gist

_ALIKE = 0.5  # the part of their stems, by weight, that two questions of one group share at least
_SOUGHT = 3  # the rarest stems of a question, by which others like it are found


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionGroup:
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


def gaps(missed: Sequence[Missed]) -> list[QuestionGroup]:
    """Return the questions in groups, the most frequent group first."""
    rows: dict[frozenset[str], list[Missed]] = defaultdict(list)
    for one in missed:
        rows[gist(one.question)].append(one)
    subjects = sorted(rows, key=lambda one: (-len(rows[one]), sorted(one)))
    groups: dict[int, list[Missed]] = defaultdict(list)
    for subject, group in zip(subjects, _together(subjects), strict=True):
        groups[group] += rows[subject]
    return sorted(map(_gap, groups.values()), key=lambda gap: (-gap.count, gap.question))


def _together(subjects: Sequence[frozenset[str]]) -> list[int]:
    """Return the group of each subject: that of the most similar one before it, if it is alike."""
    found = Counter(stem for subject in subjects for stem in subject)
    # A stem that many questions have tells little.
    weights = {stem: math.log(1 + len(subjects) / count) for stem, count in found.items()}
    total = [sum(weights[stem] for stem in subject) for subject in subjects]
    having: dict[str, list[int]] = defaultdict(list)
    groups: list[int] = []
    for number, subject in enumerate(subjects):
        best, most = number, 0.0
        telling = sorted(subject, key=lambda stem: (-weights[stem], stem))[:_SOUGHT]
        for other in sorted({other for stem in telling for other in having[stem]}):
            both = sum(weights[stem] for stem in subject & subjects[other])
            alike = both / (total[number] + total[other] - both)
            if alike > most:
                best, most = other, alike
        groups.append(groups[best] if most >= _ALIKE else number)
        for stem in subject:
            having[stem].append(number)
    return groups


def _gap(rows: list[Missed]) -> QuestionGroup:
    wordings = Counter(row.question for row in rows)
    times = sorted(row.at for row in rows)
    ordered = sorted(wordings, key=lambda question: (-wordings[question], question))
    return QuestionGroup(
        question=ordered[0],
        count=len(rows),
        first=times[0],
        last=times[-1],
        reasons=dict(Counter(row.reason for row in rows)),
        wordings=tuple(ordered),
        by_day=dict(sorted(Counter(at[:10] for at in times).items())),
    )
