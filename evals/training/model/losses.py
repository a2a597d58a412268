"""The terms of the loss; each counts only examples that carry its label."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from citespan.evals.training.config import LossConfig
from citespan.evals.training.model.model import Outputs

UNKNOWN = -1  # of answerable, and of the first start: the example lacks that label
IGNORED = 2  # of evidence: the token carries no label
_NEVER = -1e4


class Batch(NamedTuple):
    """Examples of one batch, padded; positions are tokens.

    ids, types, mask: (batch, tokens) int64.
    allowed: (batch, tokens) bool; where an answer may start or end: the passage, and the first
        token for none.
    evidence: (batch, tokens) int64: 0, 1 or `IGNORED`.
    starts, ends: (batch, answers) int64; any of them is right; `UNKNOWN` fills up. All unknown: no
        label; 0: no answer.
    answerable: (batch,) float32: 0, 1 or `UNKNOWN`.
    relevance: (batch,) float32, the teacher's logit; NaN: no label.
    claim: (batch,) int64, the place of its label in `CLAIMS`, or `UNKNOWN`.
    twins: (pairs, 2) int64, places of an answerable example and of an unanswerable twin.
    """

    ids: Tensor
    types: Tensor
    mask: Tensor
    allowed: Tensor
    evidence: Tensor
    starts: Tensor
    ends: Tensor
    answerable: Tensor
    relevance: Tensor
    claim: Tensor
    twins: Tensor

    def to(self, device: torch.device) -> "Batch":
        """Return the same on a device."""
        return Batch(*(tensor.to(device) for tensor in self))


def loss_terms(outputs: Outputs, batch: Batch, config: LossConfig) -> dict[str, Tensor]:
    """Return unweighted terms by name; a term that no example has a label for is missing.

    relevance: squared error against the teacher's logits, over `teacher_scale`.
    early: the same of the rankings, against the model's own relevance where the teacher has no
        score.
    evidence: cross-entropy a token, evidence and other tokens averaged apart, then weighted.
    span: mean of start and end: -log of the probability of all right places together.
    answerable: cross-entropy.
    twins: pairwise logistic loss of the answerability of twins, with a margin, so that the question
        that is answered is above the one that people changed. Source: Burges et al. 2005, eq. 3,
        with the margin added; the twins as in spanCL, arXiv 2208.01299.
    claim: cross-entropy over `CLAIMS`.
    ranked: cross-entropy of the relevance where the teacher has no score, if it has a weight.
    """
    terms: dict[str, Tensor] = {}
    taught = ~batch.relevance.isnan()
    if taught.any():
        error = (outputs.relevance[taught] - batch.relevance[taught]) / config.teacher_scale
        terms["relevance"] = error.square().mean()
    aim = torch.where(taught, batch.relevance, outputs.relevance.detach())
    terms["early"] = ((outputs.early - aim[:, None]) / config.teacher_scale).square().mean()
    if (batch.evidence != IGNORED).any():
        terms["evidence"] = _evidence(outputs.evidence, batch.evidence, config.evidence_positives)
    labelled = batch.starts[:, 0] != UNKNOWN
    if labelled.any():
        places = [(outputs.start, batch.starts), (outputs.end, batch.ends)]
        terms["span"] = sum(
            (
                _place(logits[labelled], right[labelled], batch.allowed[labelled])
                for logits, right in places
            ),
            start=torch.zeros((), device=outputs.start.device),
        ) / len(places)
    known = batch.answerable != UNKNOWN
    if known.any():
        terms["answerable"] = functional.binary_cross_entropy_with_logits(
            outputs.answerable[known], batch.answerable[known]
        )
    untaught = known & ~taught
    if config.ranked and untaught.any():
        terms["ranked"] = functional.binary_cross_entropy_with_logits(
            outputs.relevance[untaught], batch.answerable[untaught]
        )
    if len(batch.twins):
        apart = outputs.answerable[batch.twins[:, 0]] - outputs.answerable[batch.twins[:, 1]]
        terms["twins"] = functional.softplus(config.margin - apart).mean()
    judged = batch.claim != UNKNOWN
    if judged.any():
        terms["claim"] = functional.cross_entropy(outputs.claim[judged], batch.claim[judged])
    return terms


def total_loss(terms: dict[str, Tensor], config: LossConfig) -> Tensor:
    """Return the weighted sum of the terms that are present."""
    weights = {
        "early": config.early,
        "relevance": config.relevance,
        "evidence": config.evidence,
        "span": config.span,
        "answerable": config.answerable,
        "twins": config.twins,
        "claim": config.claim,
        "ranked": config.ranked,
    }
    return torch.stack([weights[name] * term for name, term in terms.items()]).sum()


def _evidence(logits: Tensor, labels: Tensor, positives: float) -> Tensor:
    yes, no = labels == 1, labels == 0
    loss = functional.binary_cross_entropy_with_logits(logits, yes.float(), reduction="none")
    share = positives if bool(yes.any()) else 0.0
    if not bool(no.any()):
        share = 1.0
    mean_yes = loss[yes].mean() if share else loss.new_zeros(())
    mean_no = loss[no].mean() if share < 1 else loss.new_zeros(())
    return share * mean_yes + (1 - share) * mean_no


def _place(logits: Tensor, right: Tensor, allowed: Tensor) -> Tensor:
    chances = functional.log_softmax(logits.masked_fill(~allowed, _NEVER), dim=-1)
    found = chances.gather(1, right.clamp(min=0)).masked_fill(right == UNKNOWN, _NEVER)
    return -found.logsumexp(dim=-1).mean()
