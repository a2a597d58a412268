"""Outcomes of reading all files of a folder, with time and memory.

`python -m citespan.evals.bench.formats FOLDER`.

Each file is read in a process of its own, as a server reads it. The table has a row for each media
type: files, those that were read, refusals by code, pages for each second of processor time, and
the peak memory of one process. A file is read twice; the two results must be equal.
"""

import hashlib
import time
from collections import Counter
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from citespan.index.errors import DocumentRejected
from citespan.index.parse import Request, Unreadable
from citespan.index.parse.isolation import Ended, Sandbox
from citespan.index.parse.sniff import sniff


class Group(msgspec.Struct):
    """What happened to the files of a media type; `cpu_s` is that of the files with pages."""

    files: int = 0
    read: int = 0
    pages: int = 0
    characters: int = 0
    cpu_s: float = 0.0
    peak: int = 0
    slowest_s: float = 0.0
    changed: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter[str])
    warned: Counter[str] = msgspec.field(default_factory=Counter[str])


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--suffix", default="", help="Only files with this suffix, such as .pdf.")
@click.option("--once", is_flag=True, help="Read each file once, not twice.")
@click.option("--ocr", type=click.Choice(["auto", "always", "never"]), default="never")
@click.option("--show", multiple=True, help="Name the files with this outcome; repeatable.")
def main(folder: Path, suffix: str, ocr: str, show: tuple[str, ...], *, once: bool) -> None:
    """Read the files in FOLDER, and print what became of them."""
    used: list[Ended] = []
    sandbox = Sandbox(notify=used.append)
    groups: dict[str, Group] = {}
    for path in sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file()):
        request = Request(name=path.name, ocr=ocr)
        data = path.read_bytes()
        outcome = _read(sandbox, data, request, groups, used, twice=not once)
        if outcome in show:
            click.echo(f"{outcome:<12} {path}")
    sandbox.close()
    _print(groups)


def _read(
    sandbox: Sandbox,
    data: bytes,
    request: Request,
    groups: dict[str, Group],
    used: list[Ended],
    *,
    twice: bool,
) -> str:
    """Read a file, count it in its group, and return its outcome."""
    try:
        group = groups.setdefault(sniff(data, request), Group())
    except Unreadable as refused:
        group = groups.setdefault("refused by content", Group())
        group.files += 1
        group.refused[refused.code] += 1
        return refused.code
    group.files += 1
    used.clear()
    started = time.perf_counter()
    try:
        parsed = sandbox.parse(data, request)
    except DocumentRejected as refused:
        outcome = refused.code if isinstance(refused, Unreadable) else "encoding"
        group.refused[outcome] += 1
    else:
        outcome = "read"
        group.read += 1
        group.pages += len(parsed.pages)
        group.characters += len(parsed.text)
        group.cpu_s += sum(one.cpu_s for one in used)
        group.warned.update(warning.code for warning in parsed.warnings)
        if twice and _digest(parsed) != _digest(sandbox.parse(data, request)):
            group.changed += 1
            outcome = "changed"
    group.peak = max([group.peak, *(one.peak for one in used)])
    group.slowest_s = max(group.slowest_s, time.perf_counter() - started)
    return outcome


def _digest(parsed: object) -> str:
    return hashlib.sha256(msgspec.msgpack.encode(parsed)).hexdigest()


def _print(groups: dict[str, Group]) -> None:
    table = Table("type", "files", "read", "refused", "warnings", "pages/CPU s", "characters")
    table.add_column("peak MB")
    table.add_column("slowest s")
    table.add_column("changed")
    for name, group in sorted(groups.items()):
        speed = f"{group.pages / group.cpu_s:.1f}" if group.pages and group.cpu_s else ""
        table.add_row(
            name.rpartition("/")[2].rpartition(".")[2],
            f"{group.files:,}",
            f"{group.read:,}",
            ", ".join(f"{code} {count}" for code, count in sorted(group.refused.items())),
            ", ".join(f"{code} {count}" for code, count in sorted(group.warned.items())),
            speed,
            f"{group.characters:,}",
            f"{group.peak >> 20}",
            f"{group.slowest_s:.1f}",
            str(group.changed),
        )
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
