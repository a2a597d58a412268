"""The public chunking benchmark's own baseline, scored by this suite.

`python -m citespan.evals.studies.recursive FOLDER`, where FOLDER is that benchmark as a data set
(`python -m citespan.evals.datasets.convert chunking …`): recursive splitting by characters, chunks
of 200 and 400 cl100k tokens without overlap, and nearest neighbours by all-MiniLM-L6-v2, all
corpora in one index. The published recall for 200 tokens, five chunks a question and all five
corpora is .757 (Smith and Troynikov 2024, "Evaluating Chunking Strategies for Retrieval").
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.progress import track

from citespan.evals.datasets import open_dataset
from citespan.evals.report import with_interval
from citespan.evals.results import SystemScores
from citespan.evals.scoring import score
from citespan.evals.types import Dataset, Response, RetrievedSpan
from citespan.index import TorchEmbedder
from citespan.index.embedding import BUNDLED_MODEL
from citespan.index.embedding.protocol import Embedder
from citespan.qa.llm import count_tokens

_SEPARATORS = ["\n\n", "\n", ".", "?", "!", " ", ""]
_MEASURES = ("span_recall@5", "span_precision@5", "span_iou@5", "span_recall@2000chars")
_PASSAGES = 20
_BATCH = 128


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--max-tokens", multiple=True, type=click.IntRange(1), default=(200, 400))
def main(folder: Path, max_tokens: tuple[int, ...]) -> None:
    """Split, embed and search the data set in FOLDER, and print the measures of its spans."""
    if find_spec("langchain_text_splitters") is None:
        raise click.ClickException(
            "the splitter is missing; install it with: pip install '.[bench]'"
        )
    dataset = open_dataset(str(folder))
    embedder = TorchEmbedder(BUNDLED_MODEL, "cpu")
    for size in max_tokens:
        scores = baseline(dataset, size, embedder)
        click.echo(
            f"recursive, {size} tokens, all-MiniLM-L6-v2: {scores.counts['total']} questions"
        )
        for name in _MEASURES:
            click.echo(f"  {name:<22} {with_interval(scores.estimates[name])}")


def baseline(dataset: Dataset, max_tokens: int, embedder: Embedder) -> SystemScores:
    """Return the scores of the nearest chunks to each question."""
    chunks = [
        RetrievedSpan(document_id=document.id, start=start, end=end)
        for document in dataset.documents.values()
        for start, end in split(document.text, max_tokens)
    ]
    texts = [dataset.documents[c.document_id].text[c.start : c.end] for c in chunks]
    console = Console(stderr=True)
    starts = track(range(0, len(texts), _BATCH), "Embedding", console=console, transient=True)
    vectors = np.concatenate([embedder.embed_documents(texts[at : at + _BATCH]) for at in starts])
    questions = np.stack([embedder.embed_query(question.text) for question in dataset.questions])
    order = np.argsort(-(questions @ vectors.T), axis=1, kind="stable")[:, :_PASSAGES]
    nearest: list[list[int]] = order.tolist()
    responses = [
        Response(question_id=question.id, passages=tuple(chunks[at] for at in row))
        for question, row in zip(dataset.questions, nearest, strict=True)
    ]
    return score(dataset, responses)


def split(text: str, max_tokens: int) -> Iterator[tuple[int, int]]:
    """Yield the places where LangChain's recursive splitter cuts, as offsets in code points."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        length_function=count_tokens,
        chunk_size=max_tokens,
        chunk_overlap=0,
        separators=_SEPARATORS,
        add_start_index=True,
    )
    for chunk in splitter.create_documents([text]):
        start = int(chunk.metadata["start_index"])
        yield start, start + len(chunk.page_content)


if __name__ == "__main__":
    main()
