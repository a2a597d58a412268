"""Coverage-guided fuzzing: a short run of all targets, at night a long one of each."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from faults import CYCLES, by_night

FUZZING = Path(__file__).parent / "support/fuzzing.py"
# So many that a run takes seconds: what guides it has hundreds of inputs to go on from.
_RUNS = 500
_NIGHTLY_S = 3 * CYCLES
_TARGETS = (
    "decoding", "cutting", "talking", "claiming", "checking", "rendering", "filtering",
    "importing", "restoring",
)  # fmt: skip


def fuzz(folder: Path, target: str, *options: str) -> None:
    inputs = folder / "inputs"
    inputs.mkdir()
    # A process begins with the peak memory of the one that starts it: here, of a small shell.
    command = ["sh", "-c", '"$@"; exit $?', "sh"]
    command += [sys.executable, FUZZING, target, inputs, "-seed=1", "-timeout=60", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert "DONE" in done.stderr
    assert len(list(inputs.iterdir())) > len(_TARGETS)  # new code was reached


needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris has no wheel for this platform (Linux on x86-64 has one)",
)


@needs_atheris
def test_nothing_breaks_in_a_short_run(tmp_path: Path) -> None:
    fuzz(tmp_path, "all", f"-runs={_RUNS}")


@needs_atheris
@by_night
@pytest.mark.parametrize("target", _TARGETS)
def test_nothing_breaks_in_a_long_run(tmp_path: Path, target: str) -> None:
    fuzz(tmp_path, target, f"-max_total_time={_NIGHTLY_S}")
