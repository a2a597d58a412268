"""The threshold from which evidence is enough for an answer. Pure."""

import math

import msgspec

from citespan.qa.errors import ConfigError

_COVERED = 1.2  # what it adds to the logit; chosen on development data (docs/decisions)


class AnswerThreshold(msgspec.Struct, frozen=True, kw_only=True):
    """The map from the best passage's probability to a confidence, and the least confidence.

    The confidence is the logistic function of `scale` * logit(probability) + `bias`. On data like
    those of the fit, the confidence is the probability that a given answer is right.

    least: below this confidence there is no answer.
    relevant: a passage with less relevance than this is not about the question at all.
    gap: a passage that is less relevant than the best by this many logits is not read.
    thresholds: by risk, the least confidence from which at most that share of answers was wrong.
        It has 95 % confidence on the questions it was chosen on; null if none keeps a risk.
    """

    scale: float = 1.0
    bias: float = 0.0
    least: float = 0.5
    relevant: float = -4.0
    gap: float = 4.0
    thresholds: dict[str, float | None] = {}

    def confidence(self, probability: float, *, covered: bool = False) -> float:
        """Return the confidence, in [0, 1], in an answer from a passage of this probability.

        Args:
            probability: of the passage.
            covered: whether the sentence has every word of the question that means something.
        """
        bounded = min(max(1e-6, probability), 1 - 1e-6)  # in this order, nan is 1e-6
        place = self.scale * math.log(bounded / (1 - bounded)) + self.bias + _COVERED * covered
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, place))))

    def at_risk(self, risk: float) -> "AnswerThreshold":
        """Return a copy with the threshold for a risk.

        Raises:
            ConfigError: no threshold is known for that risk.
        """
        least = self.thresholds.get(f"{risk:g}")
        if least is None:
            known = ", ".join(name for name, value in self.thresholds.items() if value is not None)
            raise ConfigError(
                f"evidence.risk is {risk:g}; the evidence model has thresholds for"
                f" {known or 'no risk'}: choose one, or set evidence.min_confidence"
            )
        return msgspec.structs.replace(self, least=least)
