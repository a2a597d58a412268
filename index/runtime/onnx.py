"""The lean runtime: ONNX models run one input at a time, with no torch import.

Inputs run one at a time because dynamic int8 quantisation takes its scale from the whole batch:
other inputs of a batch would change a result (cosine down to .990). Inputs run on threads instead.
"""

import importlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from citespan.index.disk.hashing import sha256_file
from citespan.index.errors import ModelUnavailable
from citespan.index.runtime.callers import present_caller
from citespan.index.runtime.pool import FairPool
from citespan.index.runtime.processor import usable_cores
from citespan.index.runtime.threads import step_back

T = TypeVar("T")
R = TypeVar("R")


class Session(Protocol):
    """The used part of onnxruntime's session."""

    def run(self, names: None, feed: dict[str, NDArray[Any]], /) -> list[Any]:
        """Return all outputs for these inputs."""
        ...

    def get_inputs(self) -> list[Any]:
        """Return the inputs of the graph; each has a `name`."""
        ...


class OnnxModel:
    """A model with its tokenizer, from a folder with `model.onnx` and `tokenizer.json`.

    Args:
        folder: the folder of both files.
        sha256: the expected SHA-256 of each, by file name.
        max_tokens: the length to which inputs are cut, special tokens included.

    Raises:
        ModelUnavailable: a file is missing or is not the expected one.
    """

    def __init__(self, folder: Path, sha256: dict[str, str], max_tokens: int) -> None:
        for name, expected in sha256.items():
            check_file(folder / name, expected)
        self.tokenizer: Any = load_tokenizer(folder / "tokenizer.json")
        self.tokenizer.enable_truncation(max_tokens)
        self._session = open_session(folder / "model.onnx")
        self._inputs = {entry.name for entry in self._session.get_inputs()}

    def run(self, encoding: Encoding) -> NDArray[np.float32]:
        """Return the first output for one encoded input, without its batch axis."""
        feed = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        arrays = {
            name: np.array([ids], dtype=np.int64)
            for name, ids in feed.items()
            if name in self._inputs
        }
        return np.asarray(self._session.run(None, arrays)[0][0], dtype=np.float32)


def parallel_map(
    function: Callable[[T], R], items: Sequence[T], *, behind: bool = False
) -> list[R]:
    """Return `function` of each item, in order, computed on one thread per core.

    The threads work next for the caller that has used the least time lately.

    Args:
        function: called on those threads.
        items: the arguments of the calls.
        behind: use separate threads, so that no other call waits for these. They have a lower
            priority, if the system has one per thread.
    """
    if behind:
        return list(_behind().map(function, items))
    if len(items) < 2:
        return [function(item) for item in items]
    return _pool().map(function, items, present_caller())


def load_tokenizer(path: Path) -> Tokenizer:
    """Load a tokenizer that neither pads nor truncates."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def onnxruntime(module: str = "onnxruntime") -> Any:
    """Import onnxruntime or a module of it where it is used; it is slow to import and untyped."""
    # At import, onnxruntime would write a device id to the user's cache and open its telemetry.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    return importlib.import_module(module)


@cache
def _pool() -> FairPool:
    return FairPool(usable_cores())


@cache
def _behind() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(usable_cores(), thread_name_prefix="behind", initializer=step_back)


def open_session(path: Path) -> Session:
    """Open an ONNX model on one core; `parallel_map` uses the other cores."""
    ort = onnxruntime()
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(
        path,
        options,
        providers=["CPUExecutionProvider"],
        # On one core, the fused operator takes a tenth longer than addition and normalisation.
        disabled_optimizers=["SkipLayerNormFusion"],
    )
    return cast(Session, session)


def check_file(path: Path, expected: str) -> None:
    """Check that a model file is the expected one, by its SHA-256.

    Raises:
        ModelUnavailable: the file is missing, or is another one.
    """
    try:
        found = sha256_file(path)
    except OSError as error:
        raise ModelUnavailable(f"model file {path.name} is missing from {path.parent}") from error
    if found != expected:
        raise ModelUnavailable(
            f"model file {path} has SHA-256 {found}, expected {expected}; reinstall or delete it"
        )
