"""Step 6: the decision whether to answer, fitted on whole answers from a corpus."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from rich.progress import track

from citespan.evals.datasets import role
from citespan.evals.training.data import read_objects
from citespan.evals.training.release.calibration import decide
from citespan.index import Corpus, Draft, OnnxEmbedder, Span
from citespan.index.embedding import BUNDLED_MODEL, export_onnx, exported_folder
from citespan.qa import Service
from citespan.qa.evidence import AnswerThreshold
from citespan.qa.evidence.model import BundledReader


class _Asked(NamedTuple):
    question: str
    document: str
    answers: list[Span]


def decided(data: Path, exported: Path, cache: Path, least: float) -> tuple[AnswerThreshold, int]:
    """Return the decision for questions about a corpus of articles, and how many were asked.

    The development articles that calibrate take part. Every question is answered. An answer is
    right if it cites a sentence with the answer in it. `least` is the default's.
    """
    asked = [one for one in _questions(data) if role(one.document) == "calibrate"]
    with _service(data, exported, cache) as service:
        found = [
            _judged(service, one) for one in track(asked, description="decide", transient=True)
        ]
    chances, right = np.array(found, dtype=np.float64).T
    return decide(chances, right, least), len(found)


def _judged(service: Service, asked: _Asked) -> tuple[float, float]:
    answer = service.ask(asked.question)
    best = max((passage.scores.evidence or 0.0 for passage in answer.passages), default=0.0)
    right = any(
        citation.document.id == asked.document and citation.span.overlap(span)
        for citation in answer.citations
        for span in asked.answers
    )
    return best, float(right)


def _service(data: Path, exported: Path, cache: Path) -> Service:
    embedder = exported_folder(cache / "models", BUNDLED_MODEL)
    if not embedder.exists():
        export_onnx(BUNDLED_MODEL, embedder)
    corpus = Corpus.open(cache / "squad", OnnxEmbedder(embedder), chunk_tokens=150)
    for row in track(
        list(read_objects(data / "squad/corpus.jsonl.gz")), description="ingest", transient=True
    ):
        corpus.put(Draft(id=str(row["doc_id"]), title=str(row["title"]), text=str(row["text"])))
    return Service(corpus, BundledReader(exported), decision=AnswerThreshold(least=0.0))


def _questions(data: Path) -> Sequence[_Asked]:
    return [
        _Asked(
            question=str(row["question"]),
            document=str(row["doc_id"]),
            answers=msgspec.convert(row["answers"], list[Span]),
        )
        for row in read_objects(data / "squad/questions_dev.jsonl.gz")
    ]
