"""Times of questions while a site is read as a source, and the memory that this takes.

`python -m citespan.evals.bench.syncing [FOLDER] [--pages 5000]`. One client asks a server over
HTTP, before and while a sync reads a site with a sitemap from another process. Idle and busy are
measured in one run. With `--to-the-end`, a second sync then asks for each page again.
"""

import html
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import httpx

from citespan.evals.bench.meanwhile import asked, compare
from citespan.evals.bench.server import serving
from citespan.evals.datasets import open_dataset
from citespan.evals.errors import RunError
from citespan.evals.statistics import spread
from citespan.qa import load_settings
from citespan.qa.sources import Definition, SourceFiles

_LENGTH = 1200  # code points of a page
_KINDS = {"search": "query", "ask": "question"}
_TIMEOUT_S = 120.0
_LOCAL = {"CITESPAN_SOURCES__NETWORKS": "127.0.0.1/32"}


@click.command()
@click.argument("folder", default="seed")
@click.option("--pages", type=click.IntRange(10), default=5000, help="Number of pages.")
@click.option("--questions", type=click.IntRange(1), default=100, help="Number of each kind.")
@click.option("--to-the-end", is_flag=True, help="Wait until all pages are read, then sync again.")
def main(folder: str, pages: int, questions: int, *, to_the_end: bool) -> None:
    """Measure questions to the documents in FOLDER (by default the seed) while a site is read."""
    dataset, settings = open_dataset(folder), load_settings()
    texts = [document.text for document in dataset.documents.values()]
    chosen = [question.text for question in spread(dataset.questions, questions)]
    with (
        tempfile.TemporaryDirectory() as scratch,
        _site(Path(scratch) / "site", texts, pages) as at,
    ):
        data = Path(scratch) / "data"
        data.mkdir()
        definition = Definition(name="site", kind="sitemap", address=f"{at}/sitemap.xml")
        SourceFiles(data).add(definition)
        with (
            serving(data, settings.models_path(), _LOCAL) as server,
            httpx.Client(base_url=server.url, timeout=_TIMEOUT_S) as client,
        ):
            _measure(client, server.pid, chosen)
            if to_the_end:
                _finish(client, server.pid)


def _measure(client: httpx.Client, pid: int, questions: Sequence[str]) -> None:
    idle = {kind: asked(client, kind, field, questions) for kind, field in _KINDS.items()}
    memory = _memory_mb(pid)
    url = _begun(client)
    while not client.get(url).json()["chunks"]:
        time.sleep(0.05)
    begun, before = time.perf_counter(), _done(client.get(url).json())
    busy = {kind: asked(client, kind, field, questions) for kind, field in _KINDS.items()}
    job, seconds = client.get(url).json(), time.perf_counter() - begun
    if job["finished_at"]:
        raise RunError("the sync ended before all questions were asked; raise --pages")
    click.echo(f"{(_done(job) - before) / seconds:.1f} pages/s were stored meanwhile")
    for kind in _KINDS:
        compare(f"/v1/{kind}, one client", idle[kind], busy[kind], 95)
    click.echo(f"  memory of the server: {memory:.0f} MB idle, {_memory_mb(pid):.0f} MB meanwhile")


def _finish(client: httpx.Client, pid: int) -> None:
    """Wait for the running sync, and run another one."""
    for what in ("first", "second"):
        begun = time.perf_counter()
        url = (
            _begun(client) if what == "second" else client.get("/v1/jobs").json()["jobs"][0]["url"]
        )
        while not (job := client.get(url).json())["finished_at"]:
            time.sleep(0.5)
        seconds, outcomes = time.perf_counter() - begun, job["outcomes"]
        click.echo(f"{what} sync: {outcomes} {seconds:.0f} s later, {_memory_mb(pid):.0f} MB")


def _begun(client: httpx.Client) -> str:
    accepted = client.post("/v1/sources/site/runs", json={})
    accepted.raise_for_status()
    return accepted.headers["location"]


def _done(job: dict[str, Any]) -> int:
    return sum(job["outcomes"].values())


def _memory_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1000 if found else 0.0


@contextmanager
def _site(folder: Path, texts: Sequence[str], pages: int) -> Generator[str]:
    """Serve pages with different words from another process, and yield the address."""
    folder.mkdir()
    names = [f"{number}.html" for number in range(pages)]
    for number, name in enumerate(names):
        text = texts[number % len(texts)]
        start = _LENGTH * (number // len(texts)) % max(1, len(text) - _LENGTH)
        part = html.escape(text[start : start + _LENGTH])
        page = f"<title>Page {number}</title><main><p>Page {number}.</p><p>{part}</p></main>"
        (folder / name).write_text(page, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as running:  # fmt: skip
        try:
            said = running.stdout.readline() if running.stdout else ""
            found = re.search(r"http://127\.0\.0\.1:\d+", said)
            if found is None:
                raise RunError(f"Python's server of files does not start: {said}")
            places = "".join(f"<url><loc>{found[0]}/{name}</loc></url>" for name in names)
            (folder / "sitemap.xml").write_text(f"<urlset>{places}</urlset>")
            yield found[0]
        finally:
            running.terminate()


if __name__ == "__main__":
    main()
