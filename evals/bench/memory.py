"""Memory of collections: `python -m citespan.evals.bench.memory --collections 1 --collections 5`.

Each collection holds the seed document. A server of its own opens them all and is asked a question
about each. Then its resident memory is read, in MB of a million bytes, and the time until it was
ready. This works only on systems with /proc.
"""

import tempfile
import time
from pathlib import Path

import click
import httpx

from citespan.evals.bench.server import serving
from citespan.evals.errors import RunError
from citespan.evals.runs.memory import resident_bytes
from citespan.qa import Settings, load_settings
from citespan.qa.collections import create_collection
from citespan.qa.composition import open_corpus, seed_draft
from citespan.qa.settings import DEFAULT, collection_settings

_QUESTION = "Which think tank does Song Junying work for?"
_ASKING_S = 60.0


@click.command()
@click.option("--collections", "counts", type=click.IntRange(1), multiple=True, default=(1, 2, 5))
def main(counts: tuple[int, ...]) -> None:
    """Measure servers with these numbers of collections."""
    for count in counts:
        with tempfile.TemporaryDirectory() as scratch:
            resident, ready_s = _measure(Path(scratch), count)
        click.echo(f"{count} collections: {resident / 1e6:.0f} MB, ready in {ready_s:.1f} s")


def _measure(folder: Path, count: int) -> tuple[int, float]:
    models = load_settings().models_path()
    settings = load_settings(flags={"data": {"path": str(folder), "models": str(models)}})
    names = [DEFAULT, *(f"c{number}" for number in range(1, count))]
    for name in names:
        _fill(settings, name)
    start = time.perf_counter()
    with serving(folder, models) as server:
        ready_s = time.perf_counter() - start
        for name in names:
            asked = {"question": _QUESTION, "collection": name}
            answer = httpx.post(f"{server.url}/v1/ask", json=asked, timeout=_ASKING_S)
            if not answer.is_success:
                raise RunError(f"collection {name} did not answer: {answer.text}")
        resident = resident_bytes(server.pid)
    if resident is None:
        raise RunError("the server's memory cannot be read: this system has no /proc")
    return resident, ready_s


def _fill(settings: Settings, name: str) -> None:
    if name != DEFAULT:
        create_collection(settings, name, {})
    here = collection_settings(settings, name)
    with open_corpus(here.collection_path(), here) as corpus:
        corpus.put(seed_draft())


if __name__ == "__main__":
    main()
