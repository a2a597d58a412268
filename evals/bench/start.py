"""Times of whole processes, from their start to the first answer."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from citespan.evals.bench.figures import Figure, figure, interleaved
from citespan.evals.bench.plan import BenchPlan
from citespan.evals.bench.server import command, environment, serving
from citespan.evals.errors import RunError
from citespan.evals.runs.memory import in_bytes, peak_bytes

_BASELINE = "naive script"  # loads the model, opens a saved index, searches once
_SCRIPT = Path(__file__).parent / "naive.py"
_NAMES = {
    "filled": "start/answer",
    "empty": "start/answer, empty folder",
    "serve": "start/server ready",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    seconds: float
    memory: int = 0


def measure_start(plan: BenchPlan) -> list[Figure]:
    """Measure processes in turn, each with one question, or until a server is ready.

    The baseline loads its model, opens the index that it saved, and searches once. If the folder is
    empty, citespan stores the seed document first.
    """
    plan.notify("Starting processes")
    question, models = plan.questions[0], plan.settings.models_path()
    found = interleaved(
        {
            "naive": partial(_run, _naive(plan), models),
            "filled": partial(_run, [*command(plan.stored), "ask", question], models),
            "empty": partial(_ask_empty, plan, question, models),
            "serve": partial(_serve, plan.stored, models),
        },
        plan.repeats,
    )
    theirs = found["naive"]
    figures = [
        figure(
            name,
            "s",
            [ran.seconds for ran in found[key]],
            _BASELINE,
            [ran.seconds for ran in theirs],
        )
        for key, name in _NAMES.items()
    ]
    memory = [ran.memory for ran in found["filled"]], [ran.memory for ran in theirs]
    if min(memory[0]) > (peak_bytes() or 0):  # a child's peak starts at its parent's
        figures.append(figure("start/peak memory", "bytes", memory[0], _BASELINE, memory[1]))
    return figures


def _naive(plan: BenchPlan) -> list[str]:
    # -P: this folder's modules must not hide others of the same name
    return [sys.executable, "-P", str(_SCRIPT), str(plan.naive_stored), plan.questions[0]]


def _ask_empty(plan: BenchPlan, question: str, models: Path) -> _Ran:
    """Ask a question of an empty folder."""
    with tempfile.TemporaryDirectory(dir=plan.work) as folder:
        ask = [*command(Path(folder) / "data"), "ask", question]
        return _run(ask, models)


def _serve(folder: Path, models: Path) -> _Ran:
    start = time.perf_counter()
    with serving(folder, models):
        return _Ran(seconds=time.perf_counter() - start)


def _run(arguments: Sequence[str], models: Path) -> _Ran:
    """Run a process to its end."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  (our own command)
            arguments, env=environment(models), stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise RunError(f"{' '.join(arguments)} ended with an error: {errors.read()}")
    return _Ran(seconds=seconds, memory=in_bytes(usage.ru_maxrss))
