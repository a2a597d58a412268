"""Does retrieval alone find the answer? SQuAD articles as a corpus, before any reranking.

`python -m evals.bench.retrieval FOLDER`, where FOLDER holds `corpus.jsonl.gz` (doc_id, title,
text) and `questions_dev.jsonl.gz` (question, doc_id, answers with offsets into the document).
"""

import argparse
import gzip
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from index import Corpus, Draft, Passage
from qa import load_settings, open_corpus

_DOCUMENTS = 60
_SEED = 0
_DEPTH = 10


def main() -> None:
    """Ingest, ask, and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m evals.bench.retrieval", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=1000, help="a sample; 0 takes all")
    arguments = parser.parse_args()
    questions = [q for q in _read(arguments.folder / "questions_dev.jsonl.gz") if q["answers"]]
    documents = _documents(list(_read(arguments.folder / "corpus.jsonl.gz")), questions)
    if arguments.questions:
        random.Random(_SEED).shuffle(questions)  # noqa: S311  (a sample, not a secret)
        questions = questions[: arguments.questions]
    Console().print_json(json.dumps(_measure(documents, questions)))


def _documents(
    corpus: Sequence[dict[str, Any]], questions: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The articles that have questions, then the first others of the file, up to 60."""
    asked = {question["doc_id"] for question in questions}
    chosen = [document for document in corpus if document["doc_id"] in asked]
    others = [document for document in corpus if document["doc_id"] not in asked]
    return chosen + others[: _DOCUMENTS - len(chosen)]


def _measure(
    documents: Sequence[dict[str, Any]], questions: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    settings = load_settings()
    with tempfile.TemporaryDirectory() as folder, open_corpus(Path(folder), settings) as corpus:
        drafts = [
            Draft(id=d["doc_id"], text=d["text"], title=d["title"].replace("_", " "))
            for d in documents
        ]
        start = time.perf_counter()
        for _ in track(corpus.put_many(drafts), "Storing", total=len(drafts), console=_console()):
            continue
        ingest_s = time.perf_counter() - start
        ranks, latencies = _ask(corpus, questions)
        chunks = corpus.counts()[1]
    return {
        "documents": [document["doc_id"] for document in documents],
        "characters": sum(len(document["text"]) for document in documents),
        "chunks": chunks,
        "ingest_chunks_per_s": round(chunks / ingest_s, 1),
        "questions": len(questions),
        "answer_in_rank_1": _share(ranks, 1),
        "answer_in_top_5": _share(ranks, 5),
        "answer_in_top_10": _share(ranks, _DEPTH),
        "query_p50_ms": round(latencies[len(latencies) // 2], 1),
        "query_p95_ms": round(latencies[len(latencies) * 95 // 100], 1),
    }


def _ask(
    corpus: Corpus, questions: Sequence[dict[str, Any]]
) -> tuple[list[int | None], list[float]]:
    ranks: list[int | None] = []
    latencies: list[float] = []
    for question in track(questions, "Asking", console=_console()):
        start = time.perf_counter()
        passages = corpus.search(question["question"], k=_DEPTH)
        latencies.append((time.perf_counter() - start) * 1000)
        ranks.append(_rank(passages, question))
    return ranks, sorted(latencies)


def _rank(passages: Sequence[Passage], question: dict[str, Any]) -> int | None:
    """The first passage of the right document that holds an answer string, from 1."""
    for rank, passage in enumerate(passages, start=1):
        right = passage.chunk.document_id == question["doc_id"]
        if right and any(answer["text"] in passage.text for answer in question["answers"]):
            return rank
    return None


def _share(ranks: Sequence[int | None], depth: int) -> float:
    return round(sum(rank is not None and rank <= depth for rank in ranks) / len(ranks), 3)


def _read(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _console() -> Console:
    return Console(stderr=True)


if __name__ == "__main__":
    main()
