"""Times of searches and answers over HTTP, with several concurrent clients."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import httpx

from citespan.evals.bench.figures import Figure, figure, interleaved
from citespan.evals.bench.load import Round, ask_all
from citespan.evals.bench.plan import BenchPlan
from citespan.evals.bench.query import latencies
from citespan.evals.bench.server import Server, serving
from citespan.evals.bench.workers import (
    Citespan,
    NaiveSystem,
    Worker,
    answer_all,
    peak_memory,
    search_all,
)
from citespan.evals.runs.memory import peak_bytes

_TIMEOUT_S = 120.0


def measure_http(
    plan: BenchPlan, citespan: Worker[Citespan], naive: Worker[NaiveSystem]
) -> list[Figure]:
    """Measure a server, next to both systems, which have opened what they stored.

    Searches are compared with the naive search from as many threads. Searches and answers are also
    compared with citespan itself, in-process, at one client. The clients are threads of this
    process, so they share the machine with the server.
    """
    figures: list[Figure] = []
    with (
        serving(plan.stored, plan.settings.models_path()) as server,
        _client(plan, server) as client,
    ):
        ask_all(partial(_answer, client), plan.questions[:2], 1)  # connections and caches are warm
        for clients in plan.clients:
            plan.notify(f"Asking over HTTP, concurrent clients: {clients}")
            actions = _actions(plan, client, citespan, naive, clients)
            figures += _figures(interleaved(actions, plan.repeats), clients)
        memory = peak_bytes(server.pid)
    if memory is not None:
        theirs = [naive.do(peak_memory)]
        figures.append(figure("http/peak memory", "bytes", [memory], "naive search", theirs))
    return figures


def _actions(
    plan: BenchPlan,
    client: httpx.Client,
    citespan: Worker[Citespan],
    naive: Worker[NaiveSystem],
    clients: int,
) -> Mapping[str, Callable[[], Round]]:
    return {
        "search": lambda: ask_all(partial(_search, client), plan.questions, clients),
        "answer": lambda: ask_all(partial(_answer, client), plan.questions, clients),
        "own search": lambda: citespan.do(search_all, plan.questions, 1),
        "own answer": lambda: citespan.do(answer_all, plan.questions, 1),
        "naive": lambda: naive.do(search_all, plan.questions, clients),
    }


def _figures(found: Mapping[str, Sequence[Round]], clients: int) -> list[Figure]:
    search, answer = f"http search ×{clients}", f"http answer ×{clients}"
    return [
        *latencies(search, found["search"], f"naive search ×{clients}", found["naive"]),
        *latencies(search, found["search"], "search in-process ×1", found["own search"]),
        *latencies(answer, found["answer"], "answer in-process ×1", found["own answer"]),
    ]


def _client(plan: BenchPlan, server: Server) -> httpx.Client:
    most = max(plan.clients)
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)
    return httpx.Client(base_url=server.url, timeout=_TIMEOUT_S, limits=limits)


def _search(client: httpx.Client, question: str) -> Mapping[str, float]:
    client.post("/v1/search", json={"query": question}).raise_for_status()
    return {}


def _answer(client: httpx.Client, question: str) -> Mapping[str, float]:
    client.post("/v1/ask", json={"question": question}).raise_for_status()
    return {}
