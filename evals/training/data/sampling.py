"""Which questions become examples: the part of each article, and samples of each source."""

import hashlib
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence

from citespan.evals.datasets import Part
from citespan.evals.training.config import DataConfig
from citespan.evals.training.data.sources import DEVELOPMENT, MISLEADING, Asked

# People wrote the unanswerable questions of these sources.
REAL = ("subjqa", "condaqa", "pquad", MISLEADING, DEVELOPMENT)
_FIRST = {"squad", "nq", "fairytale", "subjqa"}  # large enough to hold out small shares of


def part_of(group: str, source: str, data: DataConfig) -> Part:
    """Return the part that an article lies in, by its name and the size of its source."""
    place = zlib.crc32(f"part:{group}".encode()) / 2**32
    large = source in _FIRST
    calibrate = data.held_for_calibration if large else data.held_elsewhere
    report = data.held_for_report if large else data.held_elsewhere
    if place < calibrate:
        return "calibrate"
    return "report" if place < calibrate + report else "train"


class Sampler:
    """A sampler of the questions of one part.

    Args:
        questions: all questions of the part.
        paired: the ids of those that have a twin, which people changed to mislead.
        data: the limits of each source.
        seed: equal seeds give equal samples.
        is_made_up: whether a made question is wanted; it decides by nothing but the question.
    """

    def __init__(
        self,
        questions: Sequence[Asked],
        paired: Collection[str],
        data: DataConfig,
        seed: int,
        is_made_up: Callable[[Asked], bool],
    ) -> None:
        self._questions = questions
        self._paired = paired
        self._data = data
        self._seed = seed
        self._is_made_up = is_made_up

    def unanswered(self, chosen: Collection[str]) -> Iterator[Asked]:
        """Yield questions that their own paragraph does not answer: real and some made ones."""
        asked = [question for question in self._questions if not question.answerable]
        for source, limit in self._data.limits().items():
            if source in REAL:
                real = [q for q in asked if q.source == source and q.twin not in chosen]
                yield from first_of(real, limit, self._seed)
        if self._data.development_times:
            yield from (q for q in asked if q.source == DEVELOPMENT)
        for question in asked:
            answered = question.id.removesuffix("-neg") in chosen
            if answered and self._is_made_up(question):
                yield question

    def sampled(self) -> list[Asked]:
        """Return answered questions, as many of each source as the configuration says."""
        limits = self._data.limits()
        if self._data.development_times:
            limits[DEVELOPMENT] = len(self._questions)
        found: list[Asked] = []
        for source, limit in limits.items():
            answered = [q for q in self._questions if q.source == source and q.answers]
            # A twin without its pair is useless.
            paired = [q for q in answered if q.id in self._paired]
            alone = [q for q in answered if q.id not in self._paired]
            first = first_of(paired, limit, self._seed)
            found += [*first, *first_of(alone, limit - len(first), self._seed)]
        return found


def first_of(questions: Sequence[Asked], limit: int, seed: int) -> list[Asked]:
    """Return a sample that a larger limit only adds to."""

    def place(asked: Asked) -> bytes:
        return hashlib.sha256(f"{seed} {asked.id}".encode()).digest()

    return sorted(questions, key=place)[:limit]
