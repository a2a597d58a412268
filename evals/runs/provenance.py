"""The provenance of a run: all that may differ between two runs of the same numbers."""

import hashlib
import os
import platform
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from citespan.evals.results import Percentiles, RunInfo
from citespan.evals.runs.memory import peak_bytes
from citespan.evals.runs.records import FORMAT
from citespan.evals.types import Dataset, Response
from citespan.index import Corpus
from citespan.qa import Settings

if TYPE_CHECKING:
    from citespan.evals.runs.plan import Plan

_PACKAGES = ("faiss-cpu", "numpy", "onnxruntime", "sentence-transformers", "tantivy", "tokenizers")


class Stopwatch:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Time the body of the `with` statement."""
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
    citespan: str,
) -> RunInfo:
    """Return all facts about a run but its numbers; `citespan`: the version that answered."""
    documents, chunks = corpus.counts()
    size = sum(file.stat().st_size for file in index.rglob("*") if file.is_file())
    made_of = f"{dataset.sha256} {corpus.embedder} {plan.settings.chunking.max_tokens}"
    return RunInfo(
        format=FORMAT,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        citespan=citespan,
        subject=plan.subject,
        dataset={
            "name": dataset.card.name,
            "sha256": dataset.sha256,
            "documents": len(dataset.documents),
            "questions": len(dataset.questions),
            "against": plan.against or "in-process",
        },
        settings={} if plan.against else measured_settings(plan.settings),
        index={}
        if plan.against
        else {
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
        versions=versions(_PACKAGES),
        machine=machine(),
        seed=plan.seed,
        resamples=plan.resamples,
        latency_ms=latencies(response.timings_ms for response in responses),
        peak_memory_bytes=None if plan.against else peak_bytes(),
    )


def measured_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that affect the measures: no folders, no ports and no addresses."""
    found = msgspec.to_builtins(settings)
    del found["data"], found["serve"], found["llm"]["base_url"], found["llm"]["api_key"]
    return found


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python and of installed packages."""
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def machine() -> dict[str, str | int]:
    """Return a description of this machine."""
    return {
        "system": platform.system(),
        "cpu": platform.machine(),
        "cores": os.cpu_count() or 1,
    }


def latencies(timings_ms: Iterable[Mapping[str, float]]) -> dict[str, Percentiles]:
    """Return percentiles of each stage, interpolated between questions."""
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
