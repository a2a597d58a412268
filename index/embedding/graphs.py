"""ONNX graphs without the large matrices, which another package carries.

Such a graph is quantised already. A matrix that it lacks is an initialiser `NAME_quantized` without
data, whose `doc_string` names the matrix; `NAME_scale` and `NAME_zero_point` lack theirs, too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citespan.index.runtime import onnxruntime

_QUANTISED, _SCALE, _ZERO = "_quantized", "_scale", "_zero_point"
_PRODUCTS, _ROWS = 64, 127  # steps: products of eight bits overflow on processors without VNNI
_LEAST = 1e-12

MatrixOf = Callable[[str], NDArray[np.float32]]


def empty(source: Path, target: Path, named: Callable[[str], str | None]) -> None:
    """Write a quantised graph without the matrices that have a name.

    Args:
        source: as `quantise` writes it.
        target: the file to be written.
        named: returns the name of an initialiser's matrix, None if the graph shall keep it.
    """
    onnx: Any = onnxruntime("onnx")
    model = onnx.load(source)
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    for name, tensor in tensors.items():
        matrix = named(name) if name.endswith(_QUANTISED) else None
        if matrix:
            stem = name.removesuffix(_QUANTISED)
            tensor.doc_string = matrix
            for part in (tensor, tensors[stem + _SCALE], tensors[stem + _ZERO]):
                for field in ("raw_data", "int32_data", "float_data"):
                    part.ClearField(field)
    onnx.save(model, target)


def fill(source: Path, target: Path, matrix_of: MatrixOf) -> None:
    """Write a graph with the matrices that it lacks, in eight bits.

    Args:
        source: as `empty` writes it.
        target: the file to be written.
        matrix_of: returns a matrix by its name: (outputs, inputs), or a row for each token.
    """
    onnx: Any = onnxruntime("onnx")
    model = onnx.load(source)
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    for name, tensor in tensors.items():
        if not tensor.doc_string:
            continue
        stem, matrix = name.removesuffix(_QUANTISED), matrix_of(tensor.doc_string)
        scale = tensors[stem + _SCALE]
        if scale.dims:  # a product's, one for each output
            matrix, zero = matrix.T, np.int8(0)
            steps = np.abs(matrix).max(axis=0).clip(min=_LEAST) / _PRODUCTS
        else:
            steps, zero = np.abs(matrix).max() / _ROWS, np.uint8(_ROWS)
        whole = np.asarray(matrix / steps, dtype=np.float32).round() + np.float32(zero)
        tensor.raw_data = whole.astype(zero.dtype).tobytes()
        scale.raw_data = steps.astype(np.float32).tobytes()
        tensors[stem + _ZERO].raw_data = np.full(steps.shape, zero).tobytes()
    onnx.save(model, target)
