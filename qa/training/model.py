"""The evidence model: one encoder over (question, passage), five heads on one pass."""

import importlib
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from qa.training.config import ModelConfig
from qa.training.errors import TrainingError
from qa.training.weights import Weights

_from_numpy: Any = importlib.import_module("torch").from_numpy  # typed in part


class Outputs(NamedTuple):
    """Raw logits in fp32: (batch,) for `relevance` and `answerable`, (batch, tokens) otherwise."""

    relevance: Tensor
    evidence: Tensor
    start: Tensor
    end: Tensor
    answerable: Tensor


class EvidenceModel(nn.Module):
    """A BERT encoder with heads.

    `relevance` reads the pooled first token, as the cross-encoder it is distilled from;
    `answerable` the first token itself; `evidence`, `start` and `end` each token. A start and end
    at the first token mean that there is no answer, as in SQuAD 2.0.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        hidden = int(cast(Any, config).hidden_size)
        self.bert: Any = BertModel(config)
        self.relevance = nn.Linear(hidden, 1)
        self.answerable = nn.Linear(hidden, 1)
        self.tokens = nn.Linear(hidden, 3)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Outputs:
        """One pass; masks are 1 for real tokens."""
        encoded = self.bert(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        )
        states, pooled = encoded.last_hidden_state, encoded.pooler_output
        evidence, start, end = self.tokens(states).float().unbind(-1)
        return Outputs(
            relevance=self.relevance(pooled).squeeze(-1).float(),
            evidence=evidence,
            start=start,
            end=end,
            answerable=self.answerable(states[:, 0]).squeeze(-1).float(),
        )


def model_from(
    weights: Weights, config: ModelConfig, *, seed: int, attention_heads: int = 12
) -> EvidenceModel:
    """A model of the size of the weights, started from them; new heads start near zero.

    Args:
        weights: a BERT checkpoint; `classifier.…`, if there, becomes the relevance head.
        config: dropout and whether the embeddings learn.
        seed: of the new heads.
        attention_heads: of each layer; the weights do not say.

    Raises:
        TrainingError: the weights are not those of a BERT encoder with a pooler.
    """
    model = EvidenceModel(_bert_config(weights, config, attention_heads))
    generator = torch.Generator().manual_seed(seed)
    for head in (model.relevance, model.answerable, model.tokens):
        nn.init.normal_(head.weight, std=0.02, generator=generator)
        nn.init.zeros_(head.bias)
    state = {
        name.replace("classifier.", "relevance."): _from_numpy(tensor.copy())
        for name, tensor in weights.items()
        if "position_ids" not in name
    }
    there: Any = model.load_state_dict(state, strict=False)
    missing, unexpected = list[str](there.missing_keys), list[str](there.unexpected_keys)
    if unexpected or any(name.startswith("bert.") for name in missing):
        raise TrainingError(f"not a BERT encoder with a pooler: {[*unexpected, *missing][:3]}")
    if config.frozen_embeddings:
        model.bert.embeddings.word_embeddings.weight.requires_grad_(requires_grad=False)
    return model


def _bert_config(weights: Weights, config: ModelConfig, heads: int) -> BertConfig:
    try:
        vocabulary, hidden = weights["bert.embeddings.word_embeddings.weight"].shape
        positions = len(weights["bert.embeddings.position_embeddings.weight"])
        inner = len(weights["bert.encoder.layer.0.intermediate.dense.bias"])
    except KeyError as error:
        raise TrainingError(f"not a BERT encoder: it has no {error}") from error
    layers = sum(name.endswith("intermediate.dense.bias") for name in weights)
    made: Any = BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        max_position_embeddings=positions,
        hidden_dropout_prob=config.dropout,
        attention_probs_dropout_prob=config.dropout,
    )
    made._attn_implementation = "sdpa"
    return made
