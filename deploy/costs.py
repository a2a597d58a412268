"""Print what each dependency costs: megabytes, and seconds to import.

Run `python deploy/costs.py` where citespan is installed. Bytecode counts. An import is the faster
of two, in processes of their own.
"""

import re
import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def main() -> None:
    """Print one line for each direct dependency, the largest first, and the sums."""
    direct = needs("citespan")
    print(f"{'package':24}{'MB':>10}{'import s':>10}")
    for name in sorted(direct, key=megabytes, reverse=True):
        took = seconds(name)
        print(f"{name:24}{megabytes(name):10.1f}{'none' if took is None else f'{took:.2f}':>10}")
    everything = closure(direct)
    server = closure(direct, left_out())
    print(f"{'all, with their own':24}{sum(map(megabytes, everything)):10.1f}")
    print(f"{'server (no torch)':24}{sum(map(megabytes, server)):10.1f}")


def left_out() -> set[str]:
    """Return the packages that a server leaves out."""
    lines = (Path(__file__).parent / "lean.txt").read_text(encoding="utf-8").splitlines()
    return {Requirement(line).name for line in lines if line and not line.startswith("#")}


@cache
def needs(name: str) -> tuple[str, ...]:
    """Return the installed packages that a package needs, without its extras."""
    found: list[str] = []
    for line in distribution(name).requires or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found.append(canonicalize_name(requirement.name))
    return tuple(one for one in found if is_installed(one))


@cache
def is_installed(name: str) -> bool:
    """Return whether a package is installed."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def closure(names: Iterable[str], without: Collection[str] = ()) -> set[str]:
    """Return these packages and all that they need, without some and what only those need."""
    found: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name not in found and name not in without:
            found.add(name)
            waiting += needs(name)
    return found


@cache
def megabytes(name: str) -> float:
    """Return the size of a package's files."""
    places = (Path(str(file.locate())) for file in distribution(name).files or [])
    return sum(place.stat().st_size for place in places if place.is_file()) / 1e6


def seconds(name: str) -> float | None:
    """Return how long the import of a package takes beyond Python's start; None if it has none."""
    tops = [top for top, homes in packages_distributions().items() if name in map(plain, homes)]
    public = [top for top in tops if re.fullmatch(r"[a-zA-Z]\w*", top)]
    named = [top for top in public if plain(top) in name] or public
    if not named:
        return None
    return max(0.0, started(f"import {min(named, key=len)}") - started("pass"))


def plain(name: str) -> str:
    """Return a name as package indexes write it."""
    return canonicalize_name(name)


def started(code: str) -> float:
    """Return how long a new process takes for some code, in seconds: the faster of two."""

    def once() -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
        return time.perf_counter() - begun

    return min(once() for _ in range(2))


if __name__ == "__main__":
    main()
