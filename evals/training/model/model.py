"""The evidence model: one encoder over (question, passage), all heads on one pass."""

import importlib
import re
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from citespan.evals.training.config import ModelConfig
from citespan.evals.training.errors import TrainingError
from citespan.evals.training.model.ranking import Ranking
from citespan.evals.training.model.weights import Weights

_SCALE = 2.0
_from_numpy: Any = importlib.import_module("torch").from_numpy  # typed in part


class Outputs(NamedTuple):
    """Raw logits in fp32.

    `early` is (batch, rankings), `evidence`, `start` and `end` are (batch, tokens), `claim` is
    (batch, 3), the others (batch,).
    """

    early: Tensor
    relevance: Tensor
    answerable: Tensor
    evidence: Tensor
    start: Tensor
    end: Tensor
    claim: Tensor


class Adapted(nn.Module):
    """A layer whose matrix does not change: the product of two small ones is learned as well.

    Source: Hu et al. 2021, "LoRA", arXiv 2106.09685; the product is multiplied by 2.

    Args:
        layer: keeps its matrix and its bias; the product starts as zero.
        rank: of the product.
    """

    def __init__(self, layer: nn.Linear, rank: int) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias
        self.weight.requires_grad = False
        self.down = nn.Parameter(torch.empty(rank, layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, states: Tensor) -> Tensor:
        """Return the layer's output with that of the product."""
        product = functional.linear(functional.linear(states, self.down), self.up)
        return functional.linear(states, self.weight, self.bias) + _SCALE * product

    def product(self) -> tuple[Tensor, Tensor]:
        """Return two matrices, (outputs, rank) and (rank, inputs), whose product is added."""
        return _SCALE * self.up, self.down

    def merged(self) -> nn.Linear:
        """Return one layer that computes the same."""
        up, down = self.product()
        layer = nn.Linear(down.shape[1], up.shape[0])
        layer.weight, layer.bias = nn.Parameter(self.weight + up @ down), self.bias
        return layer


def adapted(model: nn.Module) -> list[tuple[str, Adapted]]:
    """Return the adapted layers of a model by their names."""
    modules: list[tuple[str, nn.Module]] = list(cast("Any", model).named_modules())
    return [(name, part) for name, part in modules if isinstance(part, Adapted)]


class EvidenceModel(nn.Module):
    """A BERT encoder with heads, in parts: passages can be dropped after each.

    The `rankings` read the states after some of the first layers. The topic of a passage is known
    there (after four, the rank correlation with the cross-encoder is .95, by a linear probe before
    any training). The first token learns it in the last layers only (.82). Source of dropping
    passages between layers: Soldaini and Moschitti 2020, "The Cascade Transformer", arXiv
    2005.02534. The other heads read the last layer: `relevance` the pooled first token, as the
    cross-encoder it is distilled from; `answerable` the first token itself; `evidence`, `start` and
    `end` each token. A start and end at the first token mean that there is no answer, as in SQuAD
    2.0. `claim` reads the first token: does the passage support the first text, refute it, or
    neither.

    Args:
        config: of the encoder.
        ranked_after: layers before each ranking, in ascending order, fewer than all; 0 is after the
            embeddings.
    """

    def __init__(self, config: BertConfig, ranked_after: tuple[int, ...]) -> None:
        super().__init__()
        size: Any = config
        hidden, layers = int(size.hidden_size), int(size.num_hidden_layers)
        rising = sorted(set(ranked_after)) == list(ranked_after)
        if not (ranked_after and rising and ranked_after[-1] < layers):
            raise TrainingError(f"{layers} layers cannot be ranked after {ranked_after}")
        self._bounds = (0, *ranked_after)
        self.bert: Any = BertModel(config)
        self.rankings = nn.ModuleList(Ranking(hidden) for _ in ranked_after)
        self.relevance = nn.Linear(hidden, 1)
        self.answerable = nn.Linear(hidden, 1)
        self.tokens = nn.Linear(hidden, 3)
        self.claim = nn.Linear(hidden, 3)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Outputs:
        """Compute one pass; masks are 1 for real tokens."""
        bias = (attention_mask[:, None, None, :] - 1).float() * 1e4
        states, early = self.embedded(input_ids, token_type_ids), list[Tensor]()
        for number in range(len(self.rankings)):
            logits, states = self.ranked(number, states, token_type_ids, bias)
            early.append(logits)
        return Outputs(torch.stack(early, 1), *self.deep(states, bias))

    def embedded(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        """Return the states before the first layer."""
        return self.bert.embeddings(input_ids=input_ids, token_type_ids=token_type_ids)

    def ranked(
        self, number: int, states: Tensor, token_type_ids: Tensor, bias: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Compute the layers before a ranking: its logits, and the states to continue from."""
        for layer in self.bert.encoder.layer[self._bounds[number] : self._bounds[number + 1]]:
            states = layer(states, bias)
        return self.rankings[number](states, token_type_ids, bias), states

    def deep(self, states: Tensor, bias: Tensor | None) -> tuple[Tensor, ...]:
        """Compute the other layers: all outputs but `early`, in their order."""
        for layer in self.bert.encoder.layer[self._bounds[-1] :]:
            states = layer(states, bias)
        first = states[:, 0]
        evidence, start, end = self.tokens(states).float().unbind(-1)
        relevance = self.relevance(self.bert.pooler(states)).squeeze(-1).float()
        answerable, claim = self.answerable(first).squeeze(-1).float(), self.claim(first).float()
        return relevance, answerable, evidence, start, end, claim


def model_from(
    weights: Weights, config: ModelConfig, *, seed: int, attention_heads: int = 12
) -> EvidenceModel:
    """Return a model of the size of the weights, started from them; new heads start near zero.

    Args:
        weights: a BERT checkpoint; `classifier.…`, if there, becomes the relevance head.
        config: dropout and whether the embeddings learn.
        seed: of the new heads.
        attention_heads: of each layer; the weights do not say.

    Raises:
        TrainingError: the weights are not those of a BERT encoder with a pooler, or of one that has
            too few layers.
    """
    model = EvidenceModel(_bert_config(weights, config, attention_heads), config.ranked_after)
    generator = torch.Generator().manual_seed(seed)
    modules: list[tuple[str, nn.Module]] = list(cast("Any", model).named_modules())
    for name, head in modules:
        if isinstance(head, nn.Linear) and not name.startswith("bert."):
            nn.init.normal_(head.weight, std=0.02, generator=generator)
            nn.init.zeros_(head.bias)
    for ranking in model.rankings:
        nn.init.zeros_(cast("Ranking", ranking).said.weight)  # it adds nothing before it learns
    state = {
        present_name(name, len(config.ranked_after)): _from_numpy(tensor.copy())
        for name, tensor in weights.items()
        if "position_ids" not in name
    }
    there: Any = model.load_state_dict(state, strict=False)
    missing, unexpected = list[str](there.missing_keys), list[str](there.unexpected_keys)
    if unexpected or any(name.startswith("bert.") for name in missing):
        raise TrainingError(f"not a BERT encoder with a pooler: {[*unexpected, *missing][:3]}")
    if config.frozen_embeddings:
        model.bert.embeddings.word_embeddings.weight.requires_grad_(requires_grad=False)
    if config.frozen_layers:
        for part in (model.bert.embeddings, *model.bert.encoder.layer[: config.frozen_layers]):
            part.requires_grad_(requires_grad=False)
    if config.adapter_rank:
        _adapt(model.bert.encoder.layer[config.frozen_layers :], config.adapter_rank, generator)
    return model


def present_name(name: str, rankings: int) -> str:
    """Return the name of a tensor that a cross-encoder, or an earlier model, names otherwise."""
    name = name.replace("classifier.", "relevance.")
    return re.sub(r"^early\.", f"rankings.{rankings - 1}.mean.", name)


def _adapt(layers: Any, rank: int, generator: torch.Generator) -> None:
    """Put `Adapted` layers in the place of all matrices of the encoder's layers."""
    for block in layers:
        for name, part in list(block.named_modules()):
            if isinstance(part, nn.Linear):
                layer = Adapted(part, rank)
                bound = part.in_features**-0.5
                nn.init.uniform_(layer.down, -bound, bound, generator=generator)
                block.set_submodule(name, layer)


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
    made._attn_implementation = "eager"  # on a CPU twice as fast to train as torch's fused one
    return made
