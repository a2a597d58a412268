"""Places where a test kills the process, to check that no acknowledged write is lost.

`CITESPAN_CRASH_AT=lexical.committed` ends the process with SIGKILL when the process first reaches
that place, `lexical.committed:3` when the process reaches it for the third time.
"""

import os
import signal
from functools import cache
from itertools import count
from typing import Literal, get_args

Point = Literal[
    "catalogue.half-stored",
    "catalogue.before-commit",
    "catalogue.after-commit",
    "lexical.changed",
    "lexical.committed",
    "lexical.merged",
    "lexical.recorded",
    "vectors.built",
    "vectors.written",
    "vectors.renamed",
    "vectors.recorded",
    "backup.copied",
    "backup.written",
    "backup.renamed",
    "restore.extracted",
    "restore.decided",
    "restore.cleared",
    "restore.renamed",
    "build.made",
    "build.filled",
    "build.switched",
    "build.dropped",
]
# On a server, whose own tests reach them.
ServedPoint = Literal["search.added", "search.removed", "search.level"]
POINTS: tuple[Point, ...] = get_args(Point)

_arrivals = count(1)


def reached(point: Point | ServedPoint) -> None:
    """Kill the process here, if the environment named this point before the first was reached."""
    chosen, nth = _chosen()
    if point == chosen and next(_arrivals) == nth:
        os.kill(os.getpid(), signal.SIGKILL)


@cache
def _chosen() -> tuple[str, int]:
    name, _, nth = os.environ.get("CITESPAN_CRASH_AT", "").partition(":")
    return name, int(nth or 1)
