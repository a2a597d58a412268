"""Models, threads and cores of this machine."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.runtime.callers import present_caller, working_for
    from citespan.index.runtime.helper import HelperProcess
    from citespan.index.runtime.onnx import (
        OnnxModel,
        Session,
        check_file,
        load_tokenizer,
        onnxruntime,
        open_session,
        parallel_map,
    )
    from citespan.index.runtime.processor import cores, limit_cores
    from citespan.index.runtime.shared import InUse
    from citespan.index.runtime.threads import give_way, map_ahead, step_back

__all__ = (
    "HelperProcess",
    "InUse",
    "OnnxModel",
    "Session",
    "check_file",
    "cores",
    "give_way",
    "limit_cores",
    "load_tokenizer",
    "map_ahead",
    "onnxruntime",
    "open_session",
    "parallel_map",
    "present_caller",
    "step_back",
    "working_for",
)

__getattr__ = names_of(
    __name__,
    {
        "HelperProcess": "citespan.index.runtime.helper",
        "InUse": "citespan.index.runtime.shared",
        "OnnxModel": "citespan.index.runtime.onnx",
        "Session": "citespan.index.runtime.onnx",
        "check_file": "citespan.index.runtime.onnx",
        "cores": "citespan.index.runtime.processor",
        "give_way": "citespan.index.runtime.threads",
        "limit_cores": "citespan.index.runtime.processor",
        "load_tokenizer": "citespan.index.runtime.onnx",
        "map_ahead": "citespan.index.runtime.threads",
        "onnxruntime": "citespan.index.runtime.onnx",
        "open_session": "citespan.index.runtime.onnx",
        "parallel_map": "citespan.index.runtime.onnx",
        "present_caller": "citespan.index.runtime.callers",
        "step_back": "citespan.index.runtime.threads",
        "working_for": "citespan.index.runtime.callers",
    },
)
