"""Times and space of a corpus at each size, drawn on logarithmic axes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

# The project's limits at each number of chunks: median in milliseconds.
_ALLOWED_MS = {2_000: 6.0, 100_000: 10.0, 1_000_000: 20.0}


@dataclass(frozen=True, slots=True)
class Size:
    """The measurements of a corpus of one size."""

    chunks: int
    both_ms: tuple[float, float]  # median and 95th percentile of a hybrid search
    dense_ms: tuple[float, float]
    lexical_ms: tuple[float, float]
    opened_s: float
    added_s: float  # a document of some 60 chunks
    deleted_s: float
    disk_mb: float
    memory_mb: float  # peak of the process so far


def draw(sizes: list[Size], file: Path) -> None:
    """Draw times of searches, times of other operations, and space, over the number of chunks."""
    figure: Any = Figure(
        figsize=(12, 4), layout="constrained"
    )  # matplotlib's types are not complete
    searches, operations, space = figure.subplots(1, 3)
    chunks = [size.chunks for size in sizes]
    for label, taken in (
        ("hybrid p50", [size.both_ms[0] for size in sizes]),
        ("hybrid p95", [size.both_ms[1] for size in sizes]),
        ("dense p50", [size.dense_ms[0] for size in sizes]),
        ("lexical p50", [size.lexical_ms[0] for size in sizes]),
    ):
        searches.plot(chunks, taken, marker="o", label=label)
    searches.plot(
        list(_ALLOWED_MS), list(_ALLOWED_MS.values()), "kv", label="most allowed, hybrid p50"
    )
    for label, taken in (
        ("open", [size.opened_s for size in sizes]),
        ("add a document", [size.added_s for size in sizes]),
        ("delete it", [size.deleted_s for size in sizes]),
    ):
        operations.plot(chunks, taken, marker="o", label=label)
    space.plot(chunks, [size.disk_mb for size in sizes], marker="o", label="disk")
    space.plot(chunks, [size.memory_mb for size in sizes], marker="o", label="memory at most")
    _label(searches, "a search", "ms")
    _label(operations, "other operations", "s")
    _label(space, "space", "MB")
    figure.savefig(file)


def _label(axes: Any, title: str, unit: str) -> None:
    axes.set(title=title, xlabel="chunks", ylabel=unit, xscale="log", yscale="log")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
