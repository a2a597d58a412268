"""Times of searches and answers, in-process, with several concurrent clients."""

from collections.abc import Callable, Mapping, Sequence

from citespan.evals.bench.figures import Figure, figure, interleaved
from citespan.evals.bench.load import Round
from citespan.evals.bench.plan import BenchPlan
from citespan.evals.bench.workers import (
    Citespan,
    NaiveSystem,
    Worker,
    answer_all,
    peak_memory,
    search_all,
)


def measure_query(
    plan: BenchPlan, citespan: Worker[Citespan], naive: Worker[NaiveSystem]
) -> list[Figure]:
    """Measure searches and answers of both systems, which have opened what they stored.

    The baseline only searches. So an answer, which also judges passages and their sentences, is
    compared with a search too.
    """
    figures: list[Figure] = []
    for clients in plan.clients:
        plan.notify(f"Asking in-process, concurrent clients: {clients}")
        found = interleaved(_actions(plan, citespan, naive, clients), plan.repeats)
        baseline = f"naive search ×{clients}", found["naive"]
        figures += latencies(f"search ×{clients}", found["search"], *baseline)
        figures += latencies(f"answer ×{clients}", found["answer"], *baseline)
        figures += _stages(found, clients)
    memory = [citespan.do(peak_memory)], [naive.do(peak_memory)]
    return [*figures, figure("answer/peak memory", "bytes", memory[0], "naive search", memory[1])]


def latencies(
    name: str, mine: Sequence[Round], baseline: str, theirs: Sequence[Round]
) -> list[Figure]:
    """Return the time that clients waited, and the answers per second."""
    return [
        *(
            figure(
                f"{name}/p{p}",
                "ms",
                [row.ms("total", p) for row in mine],
                baseline,
                [row.ms("total", p) for row in theirs],
            )
            for p in (50, 95, 99)
        ),
        figure(
            f"{name}/throughput",
            "questions/s",
            [row.per_s for row in mine],
            baseline,
            [row.per_s for row in theirs],
        ),
    ]


def _actions(
    plan: BenchPlan, citespan: Worker[Citespan], naive: Worker[NaiveSystem], clients: int
) -> Mapping[str, Callable[[], Round]]:
    return {
        "search": lambda: citespan.do(search_all, plan.questions, clients),
        "answer": lambda: citespan.do(answer_all, plan.questions, clients),
        "naive": lambda: naive.do(search_all, plan.questions, clients),
    }


def _stages(found: Mapping[str, Sequence[Round]], clients: int) -> list[Figure]:
    """Return the service's own stages; judging, which the baseline lacks, over its whole search."""
    compared = {"embed": "embed", "retrieve": "retrieve", "evidence": "total"}
    return [
        figure(
            f"answer ×{clients}/{stage}/p{p}",
            "ms",
            [row.ms(stage, p) for row in found["answer"]],
            f"naive {'search' if other == 'total' else other} ×{clients}",
            [row.ms(other, p) for row in found["naive"]],
        )
        for stage, other in compared.items()
        for p in (50, 95)
    ]
