"""How long until the first answer: `python -m evals.bench.start`.

Whole processes on a warm data folder: `citespan ask`, `citespan serve` until ready, and, as the
yardstick of the same run, a Python process that only imports sentence_transformers.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

_RUNS = 5
_QUESTION = "Which think tank does Song Junying work for?"


def main() -> None:
    """Measure and print one JSON object; times in seconds, medians of five runs after one."""
    command = shutil.which("citespan", path=str(Path(sys.executable).parent)) or "citespan"
    with tempfile.TemporaryDirectory() as folder:
        citespan = [command, "--data", folder]
        first_s = _timed(lambda: _run([*citespan, "ask", _QUESTION]))
        result = {
            "first_answer_on_an_empty_folder_s": round(first_s, 2),
            "ask_s": _median(lambda: _run([*citespan, "ask", _QUESTION])),
            "server_ready_s": _median(lambda: _serve_until_ready(citespan)),
            "import_sentence_transformers_s": _median(
                lambda: _run([sys.executable, "-c", "import sentence_transformers"])
            ),
        }
    Console().print_json(json.dumps(result))


def _median(action: Callable[[], object]) -> float:
    action()
    return round(statistics.median(_timed(action) for _ in range(_RUNS)), 2)


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  (our own command)


def _serve_until_ready(citespan: list[str]) -> None:
    port = "8765"
    server = subprocess.Popen(  # noqa: S603  (our own command)
        [*citespan, "serve", "--port", port], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        while not _is_ready(f"http://127.0.0.1:{port}/health/ready"):
            if server.poll() is not None:
                raise RuntimeError(f"the server ended with {server.returncode}")
            time.sleep(0.02)
    finally:
        server.terminate()
        server.wait()


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url) as response:  # noqa: S310  (our own server)
            return response.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


if __name__ == "__main__":
    main()
