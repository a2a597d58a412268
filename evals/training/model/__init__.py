"""The network: its weights, losses and training loop."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.evals.training.model.cross_encoder import CrossEncoder

__all__ = ("CrossEncoder",)

__getattr__ = names_of(
    __name__,
    {
        "CrossEncoder": "citespan.evals.training.model.cross_encoder",
    },
)
