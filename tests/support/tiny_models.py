"""A model of a few thousand weights, and examples that it can learn."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from citespan.evals.training.config import ModelConfig
from citespan.evals.training.examples import Example, write_examples
from citespan.evals.training.model.encoding import EncodedSet, encode_set
from citespan.evals.training.model.model import EvidenceModel, model_from
from citespan.evals.training.model.weights import Weights
from citespan.index.embedding.to_onnx import bundled_folder
from citespan.index.types import Span

TOKENIZER = bundled_folder() / "tokenizer.json"
VOCABULARY = 30_522


def tiny_weights(hidden: int = 32, layers: int = 2) -> Weights:
    """A random BERT checkpoint."""
    rng = np.random.default_rng(0)

    def random(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 0.1, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": random(VOCABULARY, hidden),
        "embeddings.position_embeddings.weight": random(64, hidden),
        "embeddings.token_type_embeddings.weight": random(2, hidden),
        "pooler.dense.weight": random(hidden, hidden),
        "pooler.dense.bias": random(hidden),
    }
    sizes = {
        "attention.self.query": (hidden, hidden), "attention.self.key": (hidden, hidden),
        "attention.self.value": (hidden, hidden), "attention.output.dense": (hidden, hidden),
        "intermediate.dense": (64, hidden), "output.dense": (hidden, 64),
    }  # fmt: skip
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        for name, shape in sizes.items():
            weights[f"encoder.layer.{layer}.{name}.weight"] = random(*shape)
            weights[f"encoder.layer.{layer}.{name}.bias"] = random(shape[0])
        norms += [
            f"encoder.layer.{layer}.{name}.LayerNorm" for name in ("attention.output", "output")
        ]
    for norm in norms:
        weights |= {f"{norm}.weight": np.ones(hidden, np.float32), f"{norm}.bias": random(hidden)}
    return {f"bert.{name}": tensor for name, tensor in weights.items()}


def tiny_config(dropout: float = 0.0) -> ModelConfig:
    return ModelConfig(max_tokens=64, ranked_after=(0, 1), dropout=dropout, frozen_embeddings=False)


def tiny_model(config: ModelConfig | None = None, layers: int = 2) -> EvidenceModel:
    config = config or tiny_config()
    return model_from(tiny_weights(layers=layers), config, seed=0, attention_heads=2)


def lively_model(config: ModelConfig | None = None, layers: int = 2) -> EvidenceModel:
    """With heads that tell inputs apart, as trained ones do."""
    model = tiny_model(config, layers)
    generator = torch.Generator().manual_seed(0)
    for head in (*model.rankings.modules(), model.relevance, model.answerable, model.tokens):
        if isinstance(head, torch.nn.Linear):
            torch.nn.init.normal_(head.weight, generator=generator)
    return model.eval()


def example(number: int, *, answers: bool = True, title: str = "", known: bool = True) -> Example:
    """Which colour a thing has, told or not."""
    colour = ("red", "green", "blue", "white", "black")[number % 5]
    thing = ("car", "door", "house", "ship")[number % 4]
    told = f"The {thing} is {colour}." if answers else "It rains."
    passage = f"Number {number} is here. {told} Then it stops."
    start = passage.index(told)
    answer = Span(start + len(told) - 1 - len(colour), start + len(told) - 1)
    return Example(
        id=f"{number}{'' if answers else '-neg'}", source="s", group=str(number % 7), kind="given",
        question=f"What colour is the {thing}?", title=title, passage=passage,
        answerable=answers if known else None,
        answers=(answer,) if answers and known else (),
        evidence=None if not known else (Span(start, start + len(told)),) if answers else (),
    )  # fmt: skip


def encoded(
    folder: Path, examples: list[Example], *, max_tokens: int = 64
) -> tuple[EncodedSet, NDArray[np.float32]]:
    path = folder / "examples.jsonl"
    write_examples(path, examples)
    model = ModelConfig(max_tokens=max_tokens)
    scores = np.array([4.0 if row.answers else -4.0 for row in examples], dtype=np.float32)
    return encode_set(path, folder / "encoded", TOKENIZER, model), scores
