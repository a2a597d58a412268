"""Step 1: examples of three parts, in one schema, with a report of their sources."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from citespan.evals.datasets import Part
from citespan.evals.training.config import Config, fingerprint
from citespan.evals.training.data import (
    Maker,
    Neighbours,
    Views,
    excluded_from,
    load_library,
    part_of,
    read_claims,
)
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.examples import (
    Example,
    read_examples,
    write_examples,
    write_file,
)
from citespan.evals.training.model.cross_encoder import cross_encoder_folder
from citespan.evals.training.model.weights import dequantised, tokenizer_file
from citespan.index.disk import sha256_file
from citespan.index.runtime import load_tokenizer

# Made by `python -m citespan.evals.training.guides` and `….everyday`.
_MADE = {"guides": "guides.jsonl", "everyday": "everyday.jsonl", "abroad": "abroad.jsonl"}
PARTS: tuple[Part, ...] = ("train", "calibrate", "report")


class PreparationReport(msgspec.Struct, kw_only=True):
    """The examples by part, then by "source kind"; and those left out, by reason."""

    fingerprint: str
    examples: dict[str, dict[str, int]]
    groups: dict[str, int]
    dropped: dict[str, int]


def examples_path(work: Path, part: Part) -> Path:
    """Return the path of the examples of a part."""
    return work / f"examples.{part}.jsonl"


def prepare(data: Path, work: Path, config: Config) -> PreparationReport:
    """Write the examples of all parts, unless the files exist.

    Raises:
        TrainingError: the data cannot be read or is not as described.
    """
    wanted = fingerprint("prepare-6", config.seed, config.data, _hashes(data))
    done = work / "prepare.json"
    if done.exists():
        report = msgspec.json.decode(done.read_bytes(), type=PreparationReport)
        if report.fingerprint == wanted:
            return report
        done.unlink()
    library = load_library(data, excluded_from(data), config.data.limits())
    tokenizer = load_tokenizer(tokenizer_file(config.model, work))
    views = Views(
        lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids),
        config.data.chunk_tokens,
        config.data.passage_tokens,
    )
    near = _neighbours()
    limit = config.data.claims
    apart = list(read_claims(data, limit, config.seed)) if limit else []
    for source, name in _MADE.items():
        apart += _first_pairs(data / name, getattr(config.data, source), config.seed)
    report = PreparationReport(
        fingerprint=wanted, examples={}, groups={}, dropped=dict(library.dropped)
    )
    for part in PARTS:
        made = list(Maker(library, views, near, config, part).examples())
        made += [one for one in apart if part_of(one.group, one.source, config.data) == part]
        made.sort(key=lambda example: hashlib.sha256(example.id.encode()).digest())
        write_examples(examples_path(work, part), made)
        kinds = Counter(f"{example.source} {example.kind}" for example in made)
        report.examples[part] = dict(sorted(kinds.items()))
        report.groups[part] = len({example.group for example in made})
    write_file(done, msgspec.json.format(msgspec.json.encode(report)))
    return report


def _first_pairs(path: Path, limit: int, seed: int) -> list[Example]:
    """Return a sample of questions with all their pairs, which a larger limit only adds to."""
    found = list(read_examples(path)) if limit else []

    def place(example: Example) -> bytes:
        question = example.id.partition("#")[0]
        return hashlib.sha256(f"{seed} {question}".encode()).digest()

    return sorted(found, key=place)[:limit]


def _neighbours() -> Neighbours:
    folder = cross_encoder_folder()
    vocabulary = load_tokenizer(folder / "tokenizer.json").get_vocab()
    weights = dequantised(folder / "model.onnx")
    return Neighbours(vocabulary, weights["bert.embeddings.word_embeddings.weight"])


def _hashes(data: Path) -> Sequence[str]:
    try:
        files = [
            *sorted((data / "train").glob("*.jsonl.gz")),
            *sorted((data / "train2").glob("*/*.jsonl.gz")),
            *sorted((data / "languages").glob("*.jsonl.gz")),
            data / "squad/questions_dev.jsonl.gz",
            data / "squad/corpus.jsonl.gz",
            *(data / name for name in _MADE.values() if (data / name).exists()),
        ]
        return [sha256_file(path) for path in files]
    except OSError as error:
        raise TrainingError(f"cannot read {data}: {error}") from error
