"""Speed and memory of storing documents, and the size of the index."""

import shutil
from pathlib import Path

from citespan.evals.bench.figures import Figure, figure, interleaved
from citespan.evals.bench.plan import BenchPlan
from citespan.evals.bench.workers import Citespan, NaiveSystem, Worker, ingest, peak_memory

_BASELINE = "naive ingest"
_RAW = "vectors and text"  # float32 and UTF-8
_VECTOR_BYTES = 384 * 4


def measure_ingest(plan: BenchPlan, repeats: int) -> list[Figure]:
    """Store all documents in both systems, and keep both indexes in the plan's folder.

    The time runs from texts in memory and loaded models until all is on the disk. The chunks of the
    two differ: citespan's are of whole sentences. So characters a second are the fairer comparison.
    """
    with Worker(Citespan, plan.settings) as citespan, Worker(NaiveSystem, plan.settings) as naive:
        found = interleaved(
            {
                "citespan": lambda: citespan.do(ingest, plan.documents, _fresh(plan.stored)),
                "naive": lambda: naive.do(ingest, plan.documents, _fresh(plan.naive_stored)),
            },
            repeats,
        )
        memory = [citespan.do(peak_memory)], [naive.do(peak_memory)]
    mine, theirs = found["citespan"], found["naive"]
    return [
        figure(
            "ingest/chunks",
            "chunks/s",
            [row.chunks / row.seconds for row in mine],
            _BASELINE,
            [row.chunks / row.seconds for row in theirs],
        ),
        figure(
            "ingest/characters",
            "characters/s",
            [plan.characters / row.seconds for row in mine],
            _BASELINE,
            [plan.characters / row.seconds for row in theirs],
        ),
        figure("ingest/peak memory", "bytes", memory[0], _BASELINE, memory[1]),
        _size(plan, mine[-1].chunks),
    ]


def _size(plan: BenchPlan, chunks: int) -> Figure:
    stored = sum(file.stat().st_size for file in plan.stored.rglob("*") if file.is_file())
    text = sum(len(document.text.encode()) for document in plan.documents)
    raw = chunks * _VECTOR_BYTES + text
    return figure("index/size", "bytes/chunk", [stored / chunks], _RAW, [raw / chunks])


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder
