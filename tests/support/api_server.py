"""A server process with seeded collections, which several test modules start."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVE = """
import sys
from pathlib import Path
from api_client import seeded_collections
from citespan.api.server.process import run_server
run_server(lambda: seeded_collections(Path(sys.argv[1]), Path(sys.argv[2])), port=0,
           host=sys.argv[3], open_to_all=True, on_listening=lambda url: print(url, flush=True))
"""


def start(folder: Path, models: Path, host: str = "127.0.0.1") -> subprocess.Popen[str]:
    """Start a server on a free port; it prints its address once it listens."""
    environ = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests/support'}"}
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), str(models), host],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
