"""What an answer says against what it should say. Answers are strings."""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

_ARTICLES = re.compile(r"\b(a|an|the)\b", re.UNICODE)
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WORD = re.compile(r"[a-z0-9]+")


def normalised(text: str) -> str:
    """Lower case, without ASCII punctuation and articles, white space as single blanks.

    Source: Rajpurkar et al. 2018, the official SQuAD 2.0 script, `normalize_answer`.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(said: str, accepted: Sequence[str]) -> float:
    """1 if the answer is an accepted one after normalising, else 0.

    An unanswerable question accepts the empty answer alone, which is what an abstention says.

    Source: as `normalised`, `compute_exact`; the best over the accepted answers.
    """
    return _best(lambda gold: float(normalised(said) == normalised(gold)), accepted)


def f1(said: str, accepted: Sequence[str]) -> float:
    """Harmonic mean of precision and recall over the bags of words, in [0, 1].

    Source: as `normalised`, `compute_f1`: where either bag is empty, 1 if both are.
    """
    return _best(lambda gold: _f1(normalised(said).split(), normalised(gold).split()), accepted)


def contained(text: str, phrases: Sequence[str]) -> float:
    """1 if any phrase stands in the text, as whole words after normalising, else 0."""
    inside = f" {normalised(text)} "
    return float(any(f" {normalised(phrase)} " in inside for phrase in phrases if phrase.strip()))


def rouge_l(said: str, references: Sequence[str]) -> float:
    """ROUGE-L F1 of the best reference, in [0, 1]: the longest common subsequence of words.

    Source: Lin 2004, section 3, β = 1, with the words of the `rouge-score` package, no stemming.
    """
    return _best(lambda gold: _rouge_l(_words(said), _words(gold)), references)


def _best(score: Callable[[str], float], accepted: Sequence[str]) -> float:
    # The official script drops accepted answers that normalise to nothing.
    usable = [gold for gold in accepted if normalised(gold)] or [""]
    return max(map(score, usable))


def _f1(said: Sequence[str], gold: Sequence[str]) -> float:
    if not said or not gold:
        return float(said == gold)
    same = sum((Counter(said) & Counter(gold)).values())
    return 2 * same / (len(said) + len(gold))


def _rouge_l(said: Sequence[str], gold: Sequence[str]) -> float:
    if not said or not gold:
        return 0.0
    return 2 * _common_subsequence(said, gold) / (len(said) + len(gold))


def _common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    lengths = [0] * (len(b) + 1)
    for word in a:
        previous = lengths
        lengths = [0]
        for (diagonal, above), other in zip(pairwise(previous), b, strict=True):
            lengths.append(diagonal + 1 if word == other else max(above, lengths[-1]))
    return lengths[-1]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
