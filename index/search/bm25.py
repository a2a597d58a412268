"""BM25 as tantivy computes it, for engines that compute it by given weights. Pure."""

import math
import threading
from collections.abc import Mapping
from typing import NamedTuple

from citespan.index.text.apart import taken_apart
from citespan.index.text.stems import english_analyzer

K1, B = 1.2, 0.75
TITLE_BOOST = 0.5  # chosen on the development half of SQuAD as a corpus; see docs/decisions
_EXACT = 24  # lengths from which on four bits are kept; from 40 on, that shows
_BITS = 4
_own = threading.local()


class Totals(NamedTuple):
    """How many chunks there are, and how many words their texts and their titles have."""

    chunks: int
    text_words: int
    title_words: int


class Weight(NamedTuple):
    """What an occurrence of a word is worth in a text, and in a title.

    A word that occurs `n` times in a text adds `text * n / (n + norm)`, and likewise for titles.
    """

    text: float
    title: float

    @property
    def most(self) -> float:
        """More than the word can add to the score of any chunk."""
        return self.text + self.title


def words_of(text: str) -> list[str]:
    """Return the stems of a text in their order, as the lexical index holds them."""
    analyzer = getattr(_own, "analyzer", None)
    if analyzer is None:
        analyzer = _own.analyzer = english_analyzer()
    return analyzer.analyze(taken_apart(text))


def rounded_length(words: int) -> int:
    """Return a number of words as tantivy keeps it: with the four highest bits above 24.

    Source: Lucene, `SmallFloat.intToByte4`, which tantivy follows.
    """
    above = words - _EXACT
    if above < 1 << _BITS:
        return words
    shift = above.bit_length() - _BITS
    return (above >> shift << shift) + _EXACT


def weights(counts: Mapping[str, tuple[int, int]], totals: Totals) -> dict[str, Weight]:
    """Return the weights of words, highest first.

    Args:
        counts: in how many texts, and in how many titles, each word occurs.
        totals: of all chunks.

    Source: Robertson and Zaragoza 2009, "The probabilistic relevance framework: BM25 and beyond",
    section 3, with the idf of Lucene, which is never negative.
    """
    made = {
        word: Weight(_weight(in_texts, totals), TITLE_BOOST * _weight(in_titles, totals))
        for word, (in_texts, in_titles) in counts.items()
    }
    return dict(sorted(made.items(), key=lambda one: (-one[1].most, one[0])))


def norms(totals: Totals) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return `(a, b)` for texts and for titles: `norm` is `a + b` times the rounded length."""
    chunks = max(1, totals.chunks)
    each = (totals.text_words / chunks, totals.title_words / chunks)
    text, title = ((K1 * (1 - B), K1 * B / (mean or 1.0)) for mean in each)
    return text, title


def _weight(holders: int, totals: Totals) -> float:
    """Return the weight of a word that so many texts, or titles, have; 0 if none has it."""
    if not holders:
        return 0.0
    return (K1 + 1) * math.log(1 + (totals.chunks - holders + 0.5) / (holders + 0.5))
