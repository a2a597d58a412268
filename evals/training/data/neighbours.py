"""Words of similar meaning, by the word embeddings that training starts from."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# The nearest are other forms and synonyms, which would not change the question.
_NEAREST, _FARTHEST = 5, 30
_STEM = 4  # characters; words that begin alike are forms of one word


class Neighbours:
    """Near words of a vocabulary.

    Args:
        vocabulary: the number of each token.
        vectors: (tokens, dim) their embeddings.
    """

    def __init__(self, vocabulary: dict[str, int], vectors: NDArray[np.float32]) -> None:
        words = [word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 3]
        table = vectors[[vocabulary[word] for word in words]]
        self._words = words
        self._table = table / np.linalg.norm(table, axis=1, keepdims=True)
        self._rows = {word: row for row, word in enumerate(words)}
        self._found: dict[str, list[str]] = {}

    def of(self, word: str) -> Sequence[str]:
        """Return some twenty words near this one and not forms of it; none if it is not known."""
        row = self._rows.get(word)
        if row is None:
            return ()
        if word not in self._found:
            order: list[int] = np.argsort(-(self._table @ self._table[row]), kind="stable").tolist()
            near = [self._words[place] for place in order[_NEAREST:_FARTHEST]]
            self._found[word] = [other for other in near if other[:_STEM] != word[:_STEM]]
        return self._found[word]
