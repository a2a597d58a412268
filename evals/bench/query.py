"""How long searches and answers take, in-process, from several clients at once."""

from collections.abc import Mapping, Sequence
from functools import partial

from evals.bench.figures import Figure, figure, interleaved
from evals.bench.load import Round
from evals.bench.plan import Plan
from evals.bench.workers import (
    Baseline,
    Citespan,
    Worker,
    answer_all,
    peak_memory,
    search_all,
)

CLIENTS = (1, 8, 32)
_STAGES = ("embed", "retrieve")  # that both have


def measure_query(plan: Plan, citespan: Worker[Citespan], naive: Worker[Baseline]) -> list[Figure]:
    """Searches and answers of both systems, which have opened what they stored.

    The baseline only searches, so an answer, which also judges passages and their sentences, is
    compared with a search too.
    """
    figures: list[Figure] = []
    for clients in CLIENTS:
        plan.say(f"Asking in-process: {clients} clients")
        found = interleaved(
            {
                "search": partial(citespan.do, search_all, plan.questions, clients),
                "answer": partial(citespan.do, answer_all, plan.questions, clients),
                "naive": partial(naive.do, search_all, plan.questions, clients),
            },
            plan.repeats,
        )
        baseline = found["naive"], f"naive search, {clients} threads"
        figures += latencies(f"search/{clients} clients", found["search"], *baseline)
        figures += latencies(f"answer/{clients} clients", found["answer"], *baseline)
        figures += _stages(f"answer/{clients} clients", found, clients)
    memory = [citespan.do(peak_memory)], [naive.do(peak_memory)]
    return [*figures, figure("answer/peak memory", "bytes", memory[0], "naive search", memory[1])]


def latencies(
    name: str, mine: Sequence[Round], theirs: Sequence[Round], baseline: str
) -> list[Figure]:
    """What clients waited, and how many were served a second."""
    return [
        *(
            figure(
                f"{name}/p{p}",
                "ms",
                [row.ms("total", p) for row in mine],
                baseline,
                [row.ms("total", p) for row in theirs],
            )
            for p in (50, 95)
        ),
        figure(
            f"{name}/throughput",
            "questions/s",
            [row.per_s for row in mine],
            baseline,
            [row.per_s for row in theirs],
        ),
    ]


def _stages(name: str, found: Mapping[str, Sequence[Round]], clients: int) -> list[Figure]:
    """The service's own stages; the baseline has no evidence stage, so its whole search stands."""
    figures: list[Figure] = []
    for stage in (*_STAGES, "evidence"):
        theirs = stage if stage in _STAGES else "total"
        what = f"naive {stage}" if stage in _STAGES else "naive search"
        for p in (50, 95):
            figures.append(
                figure(
                    f"{name}/{stage}/p{p}",
                    "ms",
                    [row.ms(stage, p) for row in found["answer"]],
                    f"{what}, {clients} threads",
                    [row.ms(theirs, p) for row in found["naive"]],
                )
            )
    return figures
