"""How long searches and answers take over HTTP, from several clients at once."""

from collections.abc import Mapping
from functools import partial

import httpx

from evals.bench.figures import Figure, figure, interleaved
from evals.bench.load import ask_all
from evals.bench.memory import peak_bytes
from evals.bench.plan import Plan
from evals.bench.query import CLIENTS, latencies
from evals.bench.server import Server, serving
from evals.bench.workers import (
    Baseline,
    Citespan,
    Worker,
    answer_all,
    peak_memory,
    search_all,
)

_TIMEOUT_S = 120.0


def measure_http(plan: Plan, citespan: Worker[Citespan], naive: Worker[Baseline]) -> list[Figure]:
    """Ask a server beside both systems, which have opened what they stored.

    Searches are compared with the naive search from as many threads, and both searches and
    answers with citespan itself, in-process, at one client. The clients are threads of this
    process, so they share the machine with the server.
    """
    figures: list[Figure] = []
    with serving(plan.stored, plan.settings.models_path()) as server, _client(server) as client:
        search = partial(_search, client)
        answer = partial(_answer, client)
        ask_all(answer, plan.questions[:2], 1)  # so that connections and caches are warm
        for clients in CLIENTS:
            plan.say(f"Asking over HTTP: {clients} clients")
            found = interleaved(
                {
                    "search": partial(ask_all, search, plan.questions, clients),
                    "answer": partial(ask_all, answer, plan.questions, clients),
                    "own search": partial(citespan.do, search_all, plan.questions, 1),
                    "own answer": partial(citespan.do, answer_all, plan.questions, 1),
                    "naive": partial(naive.do, search_all, plan.questions, clients),
                },
                plan.repeats,
            )
            name = f"http search/{clients} clients"
            baseline = found["naive"], f"naive search, {clients} threads"
            figures += latencies(name, found["search"], *baseline)
            baseline = found["own search"], "search in-process, 1 client"
            figures += latencies(name, found["search"], *baseline)
            name = f"http answer/{clients} clients"
            baseline = found["own answer"], "answer in-process, 1 client"
            figures += latencies(name, found["answer"], *baseline)
        memory = peak_bytes(server.pid)
    if memory is not None:
        theirs = [naive.do(peak_memory)]
        figures.append(figure("http/peak memory", "bytes", [memory], "naive search", theirs))
    return figures


def _client(server: Server) -> httpx.Client:
    most = max(CLIENTS)
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)
    return httpx.Client(base_url=server.url, timeout=_TIMEOUT_S, limits=limits)


def _search(client: httpx.Client, question: str) -> Mapping[str, float]:
    client.post("/v1/search", json={"query": question}).raise_for_status()
    return {}


def _answer(client: httpx.Client, question: str) -> Mapping[str, float]:
    client.post("/v1/ask", json={"question": question}).raise_for_status()
    return {}
