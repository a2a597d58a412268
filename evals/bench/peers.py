"""Files to searchable passages, next to other readers with a naive index behind them.

`python -m citespan.evals.bench.peers FOLDER --peer markitdown=PYTHON`, where PYTHON is the
interpreter of an environment with that package. citespan ingests the folder by its command. A peer
turns each file into text in a process of its own environment, and `Naive` embeds the texts. They
run one after another. A file that a peer cannot read is counted, with its time.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

_TOKENS = 150  # of a passage, as citespan's are by default
_READERS = {
    "markitdown": """
from markitdown import MarkItDown
convert = MarkItDown().convert
read = lambda path: convert(path).text_content
""",
    "unstructured": """
from unstructured.partition.auto import partition
read = lambda path: "\\n\\n".join(map(str, partition(filename=path, strategy="fast")))
""",
    "docling": """
from docling.document_converter import DocumentConverter
convert = DocumentConverter().convert
read = lambda path: convert(path).document.export_to_markdown()
""",
}
_EACH = """
import json, sys
for path in sys.argv[1:]:
    try:
        outcome = {"text": read(path)}
    except Exception as error:
        outcome = {"error": f"{type(error).__name__}: {error}"[:200]}
    print("\\n" + json.dumps(outcome), flush=True)
"""


class Cost(msgspec.Struct):
    """What became of the files of a folder, and what it cost, all processes included."""

    system: str
    read: int
    files: int
    wall_s: float
    cpu_s: float
    reason: str = ""


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--peer",
    "peers",
    multiple=True,
    metavar="NAME=PYTHON",
    help=f"One of {', '.join(_READERS)}, and an interpreter that has it; repeatable.",
)
@click.option("--suffix", default="", help="Only files with this suffix, such as .pdf.")
def main(folder: Path, peers: tuple[str, ...], suffix: str) -> None:
    """Time citespan and its peers on the files in FOLDER, from files to searchable passages."""
    files = sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file())
    found = [_measured("citespan", files, _ingested)]
    for peer in peers:
        name, _, python = peer.partition("=")
        if name not in _READERS or not python:
            raise click.UsageError(f"{peer} is not NAME=PYTHON with a known name")
        found.append(_measured(name, files, lambda given, n=name, p=python: _read(n, p, given)))
    _print(found)


def _measured(
    name: str, files: Sequence[Path], act: Callable[[Sequence[Path]], tuple[int, str]]
) -> Cost:
    started, before = time.perf_counter(), _processor_s()
    read, reason = act(files)
    wall_s = time.perf_counter() - started
    return Cost(name, read, len(files), wall_s, _processor_s() - before, reason)


def _processor_s() -> float:
    """Return the seconds of processor time of this process and its children that ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def _ingested(files: Sequence[Path]) -> tuple[int, str]:
    """Ingest files by the command; return how many were stored, and the last refusal."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "citespan", "--data", f"{folder}/data", "ingest", "--json"]
        done = subprocess.run(  # noqa: S603
            [*command, *map(str, files)], capture_output=True, check=False
        )
    found = json.loads(done.stdout)["files"]
    stored = [one for one in found if one["outcome"] in {"added", "partial", "duplicate"}]
    refused = [str(one["reason"]) for one in found if one not in stored]
    return len(stored), refused[-1] if refused else ""


def _read(name: str, python: str, files: Sequence[Path]) -> tuple[int, str]:
    """Read files by a peer, and embed the texts; return how many it read, and its last error."""
    from citespan.evals.bench.naive import Naive  # takes seconds, which count

    program = _READERS[name] + _EACH
    done = subprocess.run(  # noqa: S603
        [python, "-c", program, *map(str, files)], capture_output=True, text=True, check=False
    )
    outcomes = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    texts = [one["text"] for one in outcomes if one.get("text")]
    errors = [one["error"] for one in outcomes if "error" in one] or done.stderr.splitlines()[-1:]
    with tempfile.TemporaryDirectory() as folder:
        if texts:
            Naive().ingest(texts, _TOKENS, Path(folder) / "naive")
    return len(texts), errors[-1] if errors and len(texts) < len(files) else ""


def _print(found: Sequence[Cost]) -> None:
    table = Table("system", "files read", "wall s", "CPU s", "times citespan's CPU", "last refusal")
    for one in found:
        table.add_row(
            one.system,
            f"{one.read} of {one.files}",
            f"{one.wall_s:.1f}",
            f"{one.cpu_s:.1f}",
            f"{one.cpu_s / found[0].cpu_s:.1f}",
            one.reason,
        )
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
