"""Questions from several concurrent clients."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TypeAlias

import numpy as np

Ask: TypeAlias = Callable[[str], Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round of questions: milliseconds of each by stage, and questions per second.

    The stage `total` is the time that a client waited.
    """

    stages_ms: Mapping[str, Sequence[float]]
    per_s: float

    def ms(self, stage: str, p: float) -> float:
        """Return the p-th percentile of a stage, 0 to 100, interpolated between neighbours."""
        return float(np.percentile(self.stages_ms[stage], p))


def ask_all(ask: Ask, questions: Sequence[str], clients: int) -> Round:
    """Ask from `clients` threads; each asks its next question once it has its answer.

    Args:
        ask: asks one question; returns milliseconds by stage.
        questions: at least one; repeated from the beginning if there are fewer than two for each
            client.
        clients: number of threads.
    """
    asked = list(islice(cycle(questions), max(len(questions), 2 * clients)))

    def timed(question: str) -> dict[str, float]:
        start = time.perf_counter()
        stages = ask(question)
        return {**stages, "total": (time.perf_counter() - start) * 1000}

    with ThreadPoolExecutor(clients) as pool:
        start = time.perf_counter()
        rows = list(pool.map(timed, asked))
        seconds = time.perf_counter() - start
    stages_ms = {stage: [row[stage] for row in rows] for stage in rows[0]}
    return Round(stages_ms=stages_ms, per_s=len(rows) / seconds)
