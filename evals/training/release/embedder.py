"""`python -m citespan.evals.training.release.embedder`: the embedder's graph without its weights.

It writes what citespan ships of multilingual-e5-small; the extra `languages` carries the weights.
"""

import tempfile
from pathlib import Path

import click

from citespan.evals.training.release.products import without_carried
from citespan.index.disk import sha256_file
from citespan.index.embedding import (
    MULTILINGUAL_GRAPH,
    MULTILINGUAL_MODEL,
    EmbedderManifest,
    carried_sentence_transformer,
    quantise,
    trace,
    weights_sha256,
    write_manifest,
)


@click.command()
def main() -> None:
    """Write the graph and its manifest into the package."""
    loaded = carried_sentence_transformer("cpu").eval()
    folder = MULTILINGUAL_GRAPH.parent
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        traced, quantised = Path(scratch) / "fp32.onnx", Path(scratch) / "int8.onnx"
        trace(loaded, traced)
        quantise(traced, quantised)
        without_carried(quantised, MULTILINGUAL_GRAPH)
    files = {MULTILINGUAL_GRAPH.name: sha256_file(MULTILINGUAL_GRAPH)}
    weights = weights_sha256(loaded)
    write_manifest(folder, EmbedderManifest.of(MULTILINGUAL_MODEL, loaded, weights, files))


if __name__ == "__main__":
    main()
