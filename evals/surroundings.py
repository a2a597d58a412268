"""How a run was made: what may differ between two runs of the same numbers."""

import hashlib
import os
import platform
import resource
import sys
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from evals.results import Percentiles, RunInfo
from evals.types import Dataset, Response
from index import Corpus

if TYPE_CHECKING:
    from evals.runner import Plan

_PACKAGES = ("faiss-cpu", "numpy", "onnxruntime", "sentence-transformers", "tantivy", "tokenizers")


class Stopwatch:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Time what happens inside."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)


def describe(
    dataset: Dataset,
    plan: "Plan",
    corpus: Corpus,
    index: Path,
    watch: Stopwatch,
    responses: Sequence[Response],
) -> RunInfo:
    """All that is worth knowing of a run but its numbers."""
    documents, chunks = corpus.counts()
    size = sum(file.stat().st_size for file in index.rglob("*") if file.is_file())
    made_of = f"{dataset.sha256} {corpus.embedder} {plan.settings.chunking.max_tokens}"
    settings = msgspec.to_builtins(plan.settings)
    del settings["data"], settings["serve"]
    return RunInfo(
        format=1,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        citespan=version("citespan"),
        subject=plan.subject,
        dataset={
            "name": dataset.card.name,
            "sha256": dataset.sha256,
            "documents": len(dataset.documents),
            "questions": len(dataset.questions),
            "against": plan.against or "in-process",
        },
        settings=settings,
        index={
            "sha256": hashlib.sha256(made_of.encode()).hexdigest(),
            "embedder": corpus.embedder,
            "evidence": plan.settings.evidence.model,
            "documents": documents,
            "chunks": chunks,
            "bytes": size,
            "bytes_per_chunk": round(size / max(1, chunks)),
            "chunks_per_s": round(chunks / max(0.001, watch.seconds["ingest_s"]), 1),
            **watch.seconds,
        },
        versions={"python": platform.python_version()}
        | {name: version(name) for name in _PACKAGES},
        machine={
            "system": platform.system(),
            "cpu": platform.machine(),
            "cores": os.cpu_count() or 1,
        },
        seed=plan.seed,
        resamples=plan.resamples,
        latency_ms=latencies(response.timings_ms for response in responses),
        peak_memory_bytes=None if plan.against else _peak_memory_bytes(),
    )


def latencies(timings_ms: Iterable[Mapping[str, float]]) -> dict[str, Percentiles]:
    """Percentiles of each stage, interpolated between questions."""
    stages: dict[str, list[float]] = {}
    for timings in timings_ms:
        for stage, ms in timings.items():
            stages.setdefault(stage, []).append(ms)
    found: dict[str, Percentiles] = {}
    for stage, values in stages.items():
        p50, p95, p99, most = (
            float(np.round(np.percentile(values, p), 2)) for p in (50, 95, 99, 100)
        )
        found[stage] = Percentiles(p50=p50, p95=p95, p99=p99, max=most)
    return found


def _peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # Linux counts in KiB
