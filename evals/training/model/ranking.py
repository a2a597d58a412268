"""The head that ranks passages by the states of an early layer."""

import torch
from torch import Tensor, nn

_WIDTH = 64


class Ranking(nn.Module):
    """Adds two scores: of the mean of the question's states, and of what the passage has of it.

    For the second each token of the question is compared with all of the passage, after a product
    each, and the best is taken; the mean of these is weighted by what the tokens are. It tells more
    than the first where few layers, or none, have brought the two texts together. Source: Khattab
    and Zaharia 2020, "ColBERT", arXiv 2004.12832, with weights in the place of its sum.

    Args:
        hidden: the size of a state.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.mean = nn.Sequential(nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 1))
        self.asked = nn.Linear(hidden, _WIDTH)
        self.said = nn.Linear(hidden, _WIDTH)
        self.weight = nn.Linear(hidden, 1)

    def forward(self, states: Tensor, types: Tensor, bias: Tensor | None) -> Tensor:
        """Return (batch,) logits in fp32.

        Args:
            states: (batch, tokens, hidden).
            types: (batch, tokens) 0 for the question and for padding, 1 for the passage.
            bias: (batch, 1, 1, tokens) of 0, and -1e4 for padding; None if there is none.
        """
        asked, said = (types == 0).to(states.dtype), (types == 1).to(states.dtype)
        if bias is not None:
            real = (bias[:, 0, 0, :] == 0).to(states.dtype)
            asked, said = asked * real, said * real
        mean = torch.matmul(asked[:, None], states)[:, 0] / asked.sum(1, keepdim=True)
        alike = torch.matmul(self.asked(states), self.said(states).transpose(1, 2)) / _WIDTH**0.5
        best = (alike + (said[:, None] - 1) * 1e4).amax(2)
        weights = torch.softmax(self.weight(states)[:, :, 0] + (asked - 1) * 1e4, dim=1)
        return (self.mean(mean)[:, 0] + (weights * best).sum(1)).float()

    def begin(self, middle: Tensor, generator: torch.Generator) -> None:
        """Start as a comparison of the states themselves, of which it learns the rest soon.

        Args:
            middle: (hidden,) the mean of many tokens' states, which all tokens share.
            generator: of the product, which is the same for both texts.
        """
        product = torch.randn(self.asked.weight.shape, generator=generator) / _WIDTH**0.5
        with torch.no_grad():
            for layer in (self.asked, self.said):
                layer.weight.copy_(product)
                layer.bias.copy_(-product @ middle)
