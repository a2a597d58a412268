"""What several test modules use."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

WORDS = (
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "dog", "river", "the", "large", "is",
    "which", ".", "?", ",",
)  # fmt: skip
TOKENS = 32  # that the tiny models read


def tiny_bert(
    folder: Path,
    task: str,
    *,
    labels: int = 2,
    tokens: int | None = TOKENS,
    change: Callable[[Any], None] = lambda _: None,
) -> Path:
    """A model of a few hundred weights, made here: random, but real.

    Args:
        folder: where it is saved.
        task: what it is made for, as in the name of BertForTask.
        labels: outputs.
        tokens: as many as its tokenizer says it reads; None: it does not say.
        change: what is done to the model before it is saved.
    """
    transformers: Any = importlib.import_module("transformers")  # slow; its types are partial
    torch: Any = importlib.import_module("torch")
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=8, max_position_embeddings=TOKENS, num_labels=labels,
        initializer_range=0.5,
    )  # fmt: skip
    torch.manual_seed(1)
    model = getattr(transformers, f"BertFor{task}")(config)
    with torch.no_grad():
        change(model)
    model.save_pretrained(folder)
    limit = {} if tokens is None else {"model_max_length": tokens}
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"), **limit)
    tokenizer.save_pretrained(folder)
    return folder
