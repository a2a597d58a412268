"""The exported model's outputs on held-out pairs, one at a time, stored on disk as they come."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import msgspec
from rich.progress import track
from tokenizers import Encoding

from citespan.evals.training.config import ModelConfig, fingerprint
from citespan.evals.training.examples import Example, read_examples
from citespan.evals.training.model.encoding import batched, encode_set
from citespan.evals.training.model.measures import Judged, judge
from citespan.index.disk import sha256_file
from citespan.index.runtime import parallel_map
from citespan.qa.evidence.model import ExportedModel, PairTokenizer, pair_texts

_BATCH = 200


def judged_pairs(
    examples: Path, exported: Path, cache: Path, config: ModelConfig, limit: int
) -> tuple[list[Example], list[Judged]]:
    """Return the first pairs of a file, up to `limit`, and the exported model's output for each.

    Lines already in the cache are not computed again.
    """
    model = ExportedModel(exported)
    encoded = encode_set(examples, cache / "encoded", exported / "tokenizer.json", config)
    key = fingerprint(sha256_file(examples), model.manifest.files)
    path = cache / "judged" / f"{examples.stem}-{key}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = list(islice(read_examples(examples), limit))
    done = _read(path)[:limit]
    numbers = range(len(done), len(rows))
    batches: Iterable[list[int]] = track(
        list(batched(numbers, _BATCH)), description=f"judge {examples.stem}", transient=True
    )
    with path.open("wb") as file:
        file.writelines(msgspec.json.encode(row) + b"\n" for row in done)
        for batch in batches:
            encodings = _encodings(model.tokenizer, [rows[number] for number in batch])
            logits = parallel_map(model.logits, encodings)
            for number, one in zip(batch, logits, strict=True):
                done.append(judge(encoded, number, one))
                file.write(msgspec.json.encode(done[-1]) + b"\n")
            file.flush()
    return rows, done


def _encodings(tokenizer: PairTokenizer, rows: Sequence[Example]) -> list[Encoding]:
    pairs = [(row.question, pair_texts(row.title, row.passage)[0]) for row in rows]
    return tokenizer.encode(pairs)


def _read(path: Path) -> list[Judged]:
    if not path.exists():
        return []
    whole = path.read_bytes().split(b"\n")[:-1]  # a kill may have cut the last line short
    return [msgspec.json.decode(line, type=Judged) for line in whole]
