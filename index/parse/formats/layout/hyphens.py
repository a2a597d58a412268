"""Hyphens at line ends: part of the word, or only of the line."""

import re
from pathlib import Path

import msgspec

from citespan.decoding import from_json
from citespan.index.parse.formats.layout.line import PageLine

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_TAIL, _HEAD = re.compile(r"([^\W\d_]{1,40}(?:-[^\W\d_]{1,40}){0,3})-$"), re.compile(r"([^\W\d_]+)")
_MOST_WORDS = 500_000
_EMBEDDER = Path(__file__).parents[3] / "embedding/model/tokenizer.json"


class _Model(msgspec.Struct):
    vocab: dict[str, int]


class _Tokenizer(msgspec.Struct):
    model: _Model


def _common() -> frozenset[str]:
    """Return the whole words that the shipped embedder knows: a word list of English."""
    vocabulary = from_json(_EMBEDDER.read_bytes(), _Tokenizer).model.vocab
    return frozenset(word for word in vocabulary if word.isalpha() and len(word) > 1)


COMMON = _common()  # read now: a reader at work opens no file


_BOUND = frozenset({"un", "dis", "mis", "im", "con", "com", "per", "ob"})  # never with a hyphen
_ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "al")


def _stems(word: str) -> list[str]:
    """Return a word, and what may be left of it without an ending."""
    return [word] + [word.removesuffix(end) for end in _ENDINGS if word.endswith(end)]


class Hyphens:
    """Decides by the document itself, then by the word list."""

    def __init__(self) -> None:
        self._words: set[str] = set()

    def learn(self, lines: list[PageLine]) -> None:
        """Collect words, but the two parts of one that a line end cuts."""
        if len(self._words) < _MOST_WORDS:
            after_cut = False
            for line in lines:
                words = _WORD.findall(line.text.lower())
                cut = line.hyphen or line.text.endswith("-")
                self._words.update(words[after_cut : len(words) - cut])
                after_cut = cut

    def is_kept(self, before: str, after: str) -> bool:
        """Return whether the hyphen at the end of a line is part of the word."""
        tail, head = _TAIL.search(before), _HEAD.match(after)
        if not tail or not head:
            return True
        left, right = tail.group(1).lower(), head.group(1).lower()
        if left + right in self._words:
            return False
        if f"{left}-{right}" in self._words:
            return True
        return self._by_list(left, right, head.group(1))

    def _by_list(self, left: str, right: str, written: str) -> bool:
        if left in _BOUND or not COMMON.isdisjoint(_stems(left + right)):
            return False
        last = left.rpartition("-")[2]
        if not written.islower() or "-" in left:
            return written[:1].isupper() or last in COMMON
        return self._known(last) and self._known(right)

    def _known(self, word: str) -> bool:
        return word in COMMON or (len(word) > 3 and word in self._words)
