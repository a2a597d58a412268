"""Step 2: the bundled cross-encoder's score of each pair, computed once, in shards."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from citespan.evals.training.examples import Example, read_examples
from citespan.evals.training.model.cross_encoder import CrossEncoder
from citespan.index.disk import sha256_file
from citespan.index.runtime import parallel_map
from citespan.qa.evidence.model import pair_texts

_SHARD = 500  # pairs; a kill loses at most these, some ten seconds


def teach(
    examples: Path, cache: Path, limit: int, teacher: CrossEncoder | None = None
) -> NDArray[np.float32]:
    """Return the teacher's logits of the first examples, (examples,), from the cache if present.

    Args:
        examples: a file of examples.
        cache: a folder for the shards.
        limit: how many are scored, whole shards; the others are NaN.
        teacher: the bundled cross-encoder if None.
    """
    rows = list(read_examples(examples))
    folder = _folder(examples, cache)
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(0, min(limit, len(rows)), _SHARD)
    missing = [start for start in starts if not _shard(folder, start).exists()]
    if missing:
        model = teacher or CrossEncoder()
        for start in track(missing, description=f"teach {examples.stem}", transient=True):
            _save(_shard(folder, start), _scores(rows[start : start + _SHARD], model))
    return taught(examples, cache, len(rows))


def taught(examples: Path, cache: Path, count: int) -> NDArray[np.float32]:
    """Return the known logits, (count,); NaN for pairs that have not been scored."""
    scores = np.full(count, np.nan, dtype=np.float32)
    for start in range(0, count, _SHARD):
        path = _shard(_folder(examples, cache), start)
        if path.exists():
            shard: NDArray[np.float32] = np.load(path)
            scores[start : start + len(shard)] = shard
    return scores


def _scores(rows: Sequence[Example], teacher: CrossEncoder) -> NDArray[np.float32]:
    def one(row: Example) -> float:
        return teacher.score(row.question, [pair_texts(row.title, row.passage)[0]])[0]

    return np.array(parallel_map(one, rows), dtype=np.float32)


def _save(path: Path, scores: NDArray[np.float32]) -> None:
    scratch = path.with_name(f".{path.name}.new")
    with scratch.open("wb") as file:
        np.save(file, scores)
    scratch.replace(path)


def _folder(examples: Path, cache: Path) -> Path:
    return cache / f"{examples.stem}-{sha256_file(examples)[:16]}"


def _shard(folder: Path, start: int) -> Path:
    return folder / f"{start:07d}.npy"
