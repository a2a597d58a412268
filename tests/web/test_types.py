"""The types of the page's and the widget's scripts, which their comments state."""

import shutil
import subprocess
from pathlib import Path

import pytest

_TSC = shutil.which("tsc")


@pytest.mark.skipif(_TSC is None, reason="needs TypeScript's tsc; .ci/run checks the types, too")
@pytest.mark.parametrize("project", ["jsconfig.json", "widget.jsconfig.json"])
def test_the_scripts_are_typed(project: str) -> None:
    command = [str(_TSC), "--noEmit", "-p", str(Path(__file__).parent / project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
