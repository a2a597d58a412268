"""Examples as token arrays on disk, made once, and the characters of the tokens.

Characters become tokens by the tokenizer's offsets. If a label does not begin or end between
tokens, it grows to the tokens that it touches.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from tokenizers import Encoding

from citespan.evals.training.config import ModelConfig, fingerprint
from citespan.evals.training.examples import Claim, Example, read_examples
from citespan.evals.training.model.losses import IGNORED, UNKNOWN
from citespan.index.disk import sha256_file
from citespan.index.types import Span
from citespan.qa.evidence.model import PairTokenizer, pair_texts, second_text, token_span

CLAIMS: tuple[Claim, ...] = get_args(Claim)
MAX_ANSWERS = 4  # right places of one example; more are rare and left out
_BATCH = 512
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """One example in tokens.

    ids: (tokens,) of the vocabulary, special ones included.
    evidence: (tokens,) 0, 1 or `IGNORED`.
    spans: (MAX_ANSWERS, 2) first and last token of answers, `UNKNOWN` where there are no more; (0,
        0): no answer.
    second: where the second text starts; `first`: where its passage starts, after the title.
    claim: its place in `CLAIMS`, or `UNKNOWN` for a question.
    """

    ids: NDArray[np.uint32]
    evidence: NDArray[np.uint8]
    spans: NDArray[np.int16]
    second: int
    first: int
    answerable: int
    claim: int


def labelled(example: Example, encoding: Encoding) -> Tokens:
    """Return the labels of an example on its tokens.

    An answer that was cut off is not included; if all were, only the relevance is known.
    """
    _, lead = pair_texts(example.title, example.passage)
    second, end = second_text(encoding)
    offsets = encoding.offsets  # each access builds the list
    first = next((at for at in range(second, end) if offsets[at][0] >= lead), end)
    found = [token_span(encoding, _after(span, lead)) for span in example.answers]
    places = [place for place in found if place is not None][:MAX_ANSWERS]
    known = example.answerable is not None and end > first and bool(places) == bool(example.answers)
    spans = np.full((MAX_ANSWERS, 2), UNKNOWN, dtype=np.int16)
    if known and (places or not example.answerable):
        spans[: max(1, len(places))] = places or [(0, 0)]
    evidence = np.full(len(encoding.ids), IGNORED, dtype=np.uint8)
    if (known or example.claim) and example.evidence is not None:
        evidence[first:end] = 0
        for span in example.evidence:
            for at in range(first, end):
                token = offsets[at]
                if token[0] < span.end + lead and token[1] > span.start + lead:
                    evidence[at] = 1
    return Tokens(
        ids=np.array(encoding.ids, dtype=np.uint32),
        evidence=evidence,
        spans=spans,
        second=second,
        first=first,
        answerable=int(bool(example.answerable)) if known else UNKNOWN,
        claim=CLAIMS.index(example.claim) if example.claim else UNKNOWN,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedSet:
    """All examples of a part: tokens one after another, memory-mapped.

    bounds: (n + 1,) where each example's tokens start; the other arrays as in `Tokens`.
    twin: (n,) equal for examples that are twins; `UNKNOWN` for those without any.
    """

    ids: NDArray[np.uint32]
    evidence: NDArray[np.uint8]
    bounds: NDArray[np.int64]
    spans: NDArray[np.int16]
    second: NDArray[np.int16]
    first: NDArray[np.int16]
    answerable: NDArray[np.int8]
    claim: NDArray[np.int8]
    twin: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.second)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of tokens of each example."""
        return np.diff(self.bounds)


def encode_set(examples: Path, cache: Path, tokenizer: Path, config: ModelConfig) -> EncodedSet:
    """Return the examples of a file as arrays, from the cache folder if they are in it."""
    key = fingerprint(
        "encode-3",
        sha256_file(examples),
        sha256_file(tokenizer),
        config.max_tokens,
        config.question_tokens,
    )
    folder = cache / f"{examples.stem}-{key}"
    if not folder.exists():
        pairs = PairTokenizer(tokenizer, config.max_tokens, config.question_tokens)
        numbers: dict[str, int] = {}
        twins = [
            numbers.setdefault(row.twin, len(numbers)) if row.twin else UNKNOWN
            for row in read_examples(examples)
        ]
        _write(folder, _encoded(examples, pairs), twins)
    return EncodedSet(**{path.stem: np.load(path, mmap_mode="r") for path in folder.iterdir()})


def _encoded(examples: Path, tokenizer: PairTokenizer) -> Iterator[Tokens]:
    rows: Iterable[Example] = track(
        read_examples(examples), description=f"encode {examples.stem}", transient=True
    )
    for batch in batched(rows, _BATCH):
        pairs = [(row.question, pair_texts(row.title, row.passage)[0]) for row in batch]
        for row, encoding in zip(batch, tokenizer.encode(pairs), strict=True):
            yield labelled(row, encoding)


def _write(folder: Path, rows: Iterator[Tokens], twins: Sequence[int]) -> None:
    tokens = list(rows)
    arrays = {
        "ids": _joined([row.ids for row in tokens], np.uint32),
        "evidence": _joined([row.evidence for row in tokens], np.uint8),
        "bounds": np.cumsum([0, *(len(row.ids) for row in tokens)], dtype=np.int64),
        "spans": np.array([row.spans for row in tokens], dtype=np.int16),
        "second": np.array([row.second for row in tokens], dtype=np.int16),
        "first": np.array([row.first for row in tokens], dtype=np.int16),
        "answerable": np.array([row.answerable for row in tokens], dtype=np.int8),
        "claim": np.array([row.claim for row in tokens], dtype=np.int8),
        "twin": np.array(twins, dtype=np.int32),
    }
    scratch = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for name, array in arrays.items():
        np.save(scratch / f"{name}.npy", array)
    scratch.rename(folder)


def _joined(arrays: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)


def _after(span: Span, lead: int) -> Span:
    return Span(span.start + lead, span.end + lead)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of up to `size` items, in order."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch
