"""Questions without an answer: the same question about another thing, which no text answers."""

import random
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import regex

from citespan.evals.drafting.cloze import YEAR
from citespan.evals.drafting.names import Mention, NameKind, is_whole_phrase
from citespan.evals.drafting.prose import ProseSentence, content
from citespan.evals.drafting.types import Swap

_TRIES = 24
# A question is dropped if this share of its words is near the new name.
_NEAR = 1 / 3
# Details of a long question show its subject, with any name in it.
_SHORT, _LONG = 14, 26
_SWAPPED = frozenset({NameKind.PERSON, NameKind.PLACE, NameKind.ORGANISATION, NameKind.YEAR})

_Names: TypeAlias = dict[tuple[NameKind, bool], dict[str, set[str]]]


class CooccurrenceIndex:
    """An index of the words that occur together in sentences, over all documents."""

    def __init__(self, sentences: Sequence[ProseSentence]) -> None:
        self.sentences = sentences
        self._words = [content(sentence.text) for sentence in sentences]
        self._having: dict[str, list[int]] = {}
        for number, words in enumerate(self._words):
            for word in words:
                self._having.setdefault(word, []).append(number)
        self._names = _names_by_kind(sentences)

    def sentences_with(self, words: frozenset[str]) -> list[int]:
        """Return the numbers of the sentences that hold all these words."""
        lists = sorted((self._having.get(word, []) for word in words), key=len)
        if not lists:
            return []
        return [n for n in lists[0] if words <= self._words[n]]

    def twin(
        self, question: str, sentence: ProseSentence, answer: str, seed: str
    ) -> tuple[str, Swap] | None:
        """Return the question about another thing of the same kind; None if none is safe to ask
        about.
        """
        if len(question.split()) > _LONG:
            return None
        for old in _asked_about(question, sentence, answer):
            rest = content(question) - content(old.text)
            if len(rest) < 2:
                continue
            for new in self._substitutes(old, sentence, seed):
                if self._is_safe(new, old, answer, rest):
                    swapped = _once(old.text).sub(lambda _, new=new: new, question)
                    return swapped, Swap(old=old.text, new=new)
        return None

    def _substitutes(self, old: Mention, sentence: ProseSentence, seed: str) -> list[str]:
        """Return names of the same kind, with like ends or of the same document first."""
        names = self._names.get((old.kind, _article(old, sentence)), {})
        shuffled = sorted(names)
        random.Random(f"{seed} {old.text}").shuffle(shuffled)  # noqa: S311  not for secrets
        head = old.text.rsplit(" ", 1)[-1]
        shuffled.sort(key=lambda name: sentence.document_id not in names[name])
        shuffled.sort(key=lambda name: not name.endswith(f" {head}"))
        return shuffled[:_TRIES]

    def _is_safe(self, new: str, old: Mention, answer: str, rest: frozenset[str]) -> bool:
        words = _key(new, old)
        if not words or words & (rest | content(old.text) | content(answer)):
            return False
        if _initials(new) == old.text or _initials(old.text) == new:
            return False
        return not any(self._near(n, rest) for n in self.sentences_with(words))

    def _near(self, number: int, rest: frozenset[str]) -> bool:
        """Return whether much of the question is in the passage around a sentence."""
        here = self.sentences[number].document_id
        around: frozenset[str] = frozenset()
        for at in (number - 1, number, number + 1):
            if 0 <= at < len(self.sentences) and self.sentences[at].document_id == here:
                around |= self._words[at]
        return len(rest & around) >= _NEAR * len(rest)


def _names_by_kind(sentences: Sequence[ProseSentence]) -> _Names:
    """Return every name by its kind and its article, with the documents that contain it."""
    names: _Names = {}
    for sentence in sentences:
        found = [
            ((mention.kind, _article(mention, sentence)), mention.text)
            for mention in sentence.mentions
            if _is_swappable(mention, sentence)
        ]
        found += [((NameKind.YEAR, False), year) for year in _years(sentence.text)]
        for key, text in found:
            names.setdefault(key, {}).setdefault(text, set()).add(sentence.document_id)
    return names


def _article(mention: Mention, sentence: ProseSentence) -> bool:
    """Return whether the name follows `the`, which its twin has to fit."""
    if mention.kind is NameKind.YEAR:
        return False
    return sentence.text[: mention.start].casefold().endswith("the ")


def _is_swappable(mention: Mention, sentence: ProseSentence) -> bool:
    """Return whether the name is complete and its kind sure enough to ask about it."""
    if mention.kind is NameKind.PERSON and " " not in mention.text:
        return False
    return (
        sentence.usable
        and mention.kind in _SWAPPED
        and is_whole_phrase(sentence.text, mention.start, mention.end)
    )


def _years(text: str) -> Iterator[str]:
    yield from (match.group(1) for match in regex.finditer(rf"\b[Ii]n ({YEAR})\b(?![-–])", text))


def _asked_about(question: str, sentence: ProseSentence, answer: str) -> list[Mention]:
    """Return the names and years in the question that can be swapped, the longest name first."""
    names = [m for m in sentence.mentions if m.text in question and m.text != answer]
    found = [
        mention
        for mention in names
        if _is_swappable(mention, sentence)
        # Later in a long question it is a detail; the rest would still be answered.
        if mention is names[0] or len(question.split()) <= _SHORT
    ]
    if len(question.split()) <= _SHORT:
        found += [Mention(start=0, end=0, text=y, kind=NameKind.YEAR) for y in _years(question)]
    return [m for m in found if len(_once(m.text).findall(question)) == 1]


def _once(name: str) -> "regex.Pattern[str]":
    return regex.compile(rf"(?<![\p{{L}}\d-]){regex.escape(name)}(?![\p{{L}}\d-])")


def _key(new: str, old: Mention) -> frozenset[str]:
    """Return the words that show that a name, or a short form of it, is in a sentence."""
    if old.kind is NameKind.PERSON:
        return content(new.rsplit(" ", 1)[-1])
    return content(new) - content(old.text)


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split() if word[0].isupper())
