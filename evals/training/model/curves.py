"""The log of a run: one JSON object a line, in order of steps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from citespan.evals.training.examples import write_file


class CurveLog:
    """A log that appends lines; lines beyond the step that a run continues from are dropped."""

    def __init__(self, path: Path, step: int) -> None:
        self._path = path
        kept = [line for line in read_curves(path) if line["step"] <= step]
        write_file(path, b"".join(msgspec.json.encode(line) + b"\n" for line in kept))

    def add(self, step: int, values: Mapping[str, Any]) -> None:
        """Append one line; every value is a number, None or an object of such."""
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode({"step": step, **values}) + b"\n")


def read_curves(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a log; none if there is no file.

    A last line that a kill cut short is left out.
    """
    if not path.exists():
        return []
    whole = path.read_bytes().split(b"\n")[:-1]
    return [msgspec.json.decode(line, type=dict[str, Any]) for line in whole]
