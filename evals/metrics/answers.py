"""Measures of how close an answer's words are to accepted ones. Pure.

Words are separated by white space: in a script that writes none, a run of characters is one word.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence

from citespan.evals.types import Fact

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_NOT_ROUGE = re.compile(r"[^a-z0-9]+")


def normalised(text: str) -> str:
    """Return lower case, without ASCII punctuation, English articles and superfluous white space.

    Source: the official evaluation script of SQuAD 2.0, normalize_answer.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str, accepted: Sequence[str]) -> float:
    """Return 1 if the prediction is one of the accepted answers after normalisation, else 0.

    Without accepted answers, only an empty prediction is right.

    Source: Rajpurkar et al. 2016, section 6.1; Rajpurkar et al. 2018 for questions without an
    answer; equal to the official script of SQuAD 2.0.
    """
    said = normalised(prediction)
    return float(any(said == answer for answer in _gold(accepted)))


def token_f1(prediction: str, accepted: Sequence[str]) -> float:
    """Return the harmonic mean of precision and recall over bags of words; the best answer's.

    Without accepted answers, 1 for an empty prediction, else 0.

    Source: as `exact_match`.
    """
    said = normalised(prediction).split()
    return max(_f1(said, answer.split()) for answer in _gold(accepted))


def contains(text: str, phrases: Iterable[str]) -> bool:
    """Return whether the words of a phrase follow each other in the text, after normalisation.

    If normalisation removes all of a phrase, no text contains it.

    Source: has_answer of Karpukhin et al. 2020, with the normalisation of SQuAD.
    """
    words = f" {normalised(text)} "
    wanted = (normalised(phrase) for phrase in phrases)
    return any(phrase and f" {phrase} " in words for phrase in wanted)


def fact_recall(text: str, facts: Sequence[Fact]) -> float:
    """Return the share of the facts that the text contains, in their own words or an alias's.

    Source: string recall of Asai et al. 2022 / Gao et al. 2023, section 3 ("EM recall"): each short
    answer counts once, however it is said.

    Raises:
        ValueError: there are no facts.
    """
    if not facts:
        raise ValueError("fact recall needs facts")
    return sum(contains(text, (fact.text, *fact.aliases)) for fact in facts) / len(facts)


def rouge_l(prediction: str, references: Iterable[str]) -> float | None:
    """Return F1 of the longest common subsequence of words; the best reference's.

    None if no reference has such words: without references, or in another script.

    Source: Lin 2004, "ROUGE", section 3.1 with beta = 1; equal to the package rouge-score with
    use_stemmer=False, hence words of a-z and 0-9 only.
    """
    said = _rouge_words(prediction)
    wanted = filter(None, map(_rouge_words, references))
    return max((_lcs_f1(said, words) for words in wanted), default=None)


def _gold(accepted: Sequence[str]) -> list[str]:
    kept = [answer for answer in map(normalised, accepted) if answer]
    return kept or [""]  # the official script: if no gold has words, there is no answer


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    if not said or not wanted:
        return float(said == wanted)
    return _harmonic((Counter(said) & Counter(wanted)).total(), len(said), len(wanted))


def _harmonic(same: int, said: int, wanted: int) -> float:
    return 2 * same / (said + wanted) if same else 0.0


def _rouge_words(text: str) -> list[str]:
    return _NOT_ROUGE.sub(" ", text.lower()).split()


def _lcs_f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    return _harmonic(_lcs(said, wanted), len(said), len(wanted))


def _lcs(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    A row of the table is held as the bits of one number.

    Source: Hyyrö 2004, "Bit-parallel LCS-length computation revisited"; the plain table takes 20 ms
    for two answers of 300 words, this 0.1 ms.
    """
    places: dict[str, int] = {}
    for at, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << at
    full = row = (1 << len(one)) - 1
    for word in other:
        matches = row & places.get(word, 0)
        row = (row + matches | row - matches) & full
    return len(one) - row.bit_count()
