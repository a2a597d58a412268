"""What a worker of Ray does: one task is one file to be read, or one document to be made.

A task returns its errors as values, because Ray would send them as errors of its own.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from citespan.index.cluster.plan import PROBE, Model, TorchModel, WorkerPlan, versions_here
from citespan.index.corpus import chunked, quiet
from citespan.index.embedding import OnnxEmbedder, TorchEmbedder
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import DocumentRejected, StoreError
from citespan.index.layout import Layout
from citespan.index.parse.isolation import parse
from citespan.index.reading import Parsed, Request, Unreadable
from citespan.index.runtime import limit_cores
from citespan.index.types import Chunk, Document, Vectors

_LEAST_COSINE = 0.9999  # of the caller's vector and a worker's, for the same text


class PlanRef(NamedTuple):
    """The plan, inside of a list: Ray then hands over where it is, and a worker fetches it once."""

    id: str
    plan: Sequence[Any]


class Made(NamedTuple):
    """The chunks of a document and their (n, dim) vectors."""

    chunks: Sequence[Chunk]
    vectors: Vectors


class RefusedFile(NamedTuple):
    """Why a file was not read; `code` is that of `Unreadable`, None for other reasons."""

    code: str | None
    message: str


class Unfit(NamedTuple):
    """Why a worker would not make what the caller's process makes."""

    why: str


_checked: dict[str, Embedder | Unfit | None] = {}  # by the id of a plan; None: not opened yet


def read(sent: PlanRef, data: bytes, request: Request) -> Parsed | RefusedFile | Unfit:
    """Read a file in a process of its own, on this machine."""
    if isinstance(found := _prepared(sent), Unfit):
        return found
    try:
        return parse(data, request)
    except DocumentRejected as error:
        return RefusedFile(error.code if isinstance(error, Unreadable) else None, str(error))


def make(
    sent: PlanRef, chunk_tokens: int, document: Document, layout: Layout | None
) -> Made | Unfit:
    """Return the chunks and vectors of a document."""
    found = _prepared(sent)
    if found is None:
        found = _checked[sent.id] = opened(_plan(sent))
    if isinstance(found, Unfit):
        return found
    return Made(*chunked(found, chunk_tokens, document, quiet, layout))


def _prepared(sent: PlanRef) -> Embedder | Unfit | None:
    """Return what is known of a plan; at the first task of one, compare versions."""
    if sent.id not in _checked:
        limit_cores(1)  # Ray runs as many workers as there are cores
        plan = _plan(sent)
        ours = versions_here(torch=isinstance(plan.model, TorchModel))
        _checked[sent.id] = compared(plan.versions, ours)
    return _checked[sent.id]


def _plan(sent: PlanRef) -> WorkerPlan:
    return import_module("ray").get(sent.plan[0])


def compared(theirs: Mapping[str, str], ours: Mapping[str, str]) -> Unfit | None:
    """Return how a worker's versions differ from the caller's; None if they do not."""
    other = [name for name in theirs if ours.get(name) != theirs[name]]
    if not other:
        return None
    said = ", ".join(f"{name} {ours.get(name, 'none')} instead of {theirs[name]}" for name in other)
    return Unfit(f"a worker on {os.uname().nodename} has {said}; install the same on all machines")


def opened(plan: WorkerPlan) -> Embedder | Unfit:
    """Open the embedder, or return why it would not embed as the caller's does."""
    where = f"on {os.uname().nodename}"
    try:
        embedder = _embedder(plan.model)
    except StoreError as error:
        return Unfit(f"a worker {where} cannot embed: {error}")
    if embedder.name != plan.embedder:
        return Unfit(f"a worker {where} has the model {embedder.name} instead of {plan.embedder}")
    cosine = float(np.dot(embedder.embed_documents([PROBE])[0], plan.probe))
    if cosine < _LEAST_COSINE:
        return Unfit(
            f"a worker {where} embeds otherwise than this machine (cosine {cosine:.5f}): its"
            " processor computes otherwise; use machines of one kind"
        )
    return embedder


def _embedder(model: Model) -> Embedder:
    if isinstance(model, TorchModel):
        return TorchEmbedder(*model)
    with tempfile.TemporaryDirectory(prefix="citespan-") as folder:
        for name, data in model.items():
            (Path(folder) / name).write_bytes(data)
        return OnnxEmbedder(Path(folder))
