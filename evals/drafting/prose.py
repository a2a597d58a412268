"""The sentences of documents, and which of them are fit for questions."""

from collections.abc import Iterable
from dataclasses import dataclass

import regex

from citespan.evals.drafting.names import MAX_LENGTH, WORDS, Lexicon, Mention
from citespan.evals.drafting.words import AUXILIARIES, LEANING, POINTING, STOP_WORDS
from citespan.evals.types import SourceDocument
from citespan.index import Span
from citespan.index.text import sentences

_MIN_WORDS, _MAX_WORDS = 6, 50
_SPACE = regex.compile(r"\s")
_ODD = regex.compile(r"[|<>{}\[\]*_#=\\^~/@]|https?:|\.\.|…|\?|\d:\d|[:;]|\(\s|\p{Ll}\.\p{Lu}|  ")
_FRAGMENT = regex.compile(r"(?:After|Before|When|While|Since|Although|If|Despite|During)\b[^,]*$")
_ASIDE = regex.compile(
    r"(?i)\b(?:on the other hand|for example|for instance|as well|too|in turn"
    r"|in contrast|by contrast|in particular|as such|as a result|in addition"
    r"|of course|in fact|at that time|at the time"
    r"|that is|do so|did so|doing so|i\.e\.|e\.g\.|let[’']s|it[’']s)\b"
)
_OPENERS, _CLOSERS = "(“«", ")”»"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseSentence:
    """A sentence; `text` is `raw` with a blank for every white space, so that offsets hold."""

    document_id: str
    span: Span
    number: int
    raw: str
    text: str
    mentions: tuple[Mention, ...] = ()
    usable: bool = False


def content(text: str) -> frozenset[str]:
    """Return the words that carry meaning, cut to five letters so that their forms are equal."""
    words = (word.casefold() for word in WORDS.findall(text))
    return frozenset(word[:5] for word in words if word not in STOP_WORDS)


def read_sentences(documents: Iterable[SourceDocument]) -> list[ProseSentence]:
    """Return all sentences of all documents, in order, numbered through, with their names."""
    plain = [
        (document.id, span, span.of(document.text))
        for document in documents
        for span in sentences(document.text)
    ]
    texts = [_SPACE.sub(" ", raw) for _, _, raw in plain]
    lexicon = Lexicon(texts)
    return [
        ProseSentence(
            document_id=name,
            span=span,
            number=number,
            raw=raw,
            text=text,
            mentions=lexicon.mentions(text),
            usable=is_usable(text),
        )
        for number, ((name, span, raw), text) in enumerate(zip(plain, texts, strict=True))
    ]


def is_usable(text: str) -> bool:
    """Return whether it is a plain statement that needs no other sentence."""
    if len(text) > MAX_LENGTH or not text.endswith(".") or not text[0].isupper():
        return False
    words = WORDS.findall(text)
    if not _MIN_WORDS <= len(words) <= _MAX_WORDS or words[0].casefold() in LEANING:
        return False
    if _ODD.search(text) or any(word.casefold() in POINTING for word in words):
        return False
    if _FRAGMENT.match(text) or _ASIDE.search(text):
        return False
    capitals = sum(word[0].isupper() for word in words)
    return capitals <= 0.6 * len(words) and _balanced(text)


def _balanced(text: str) -> bool:
    if text.count('"') % 2 or text[0] in "\"'“‘":
        return False
    return all(
        text.count(opener) == text.count(closer)
        for opener, closer in zip(_OPENERS, _CLOSERS, strict=True)
    )


def starts_well(sentence: ProseSentence) -> bool:
    """Return whether it names its subject early, before any verb or pronoun."""
    first = next(iter(sentence.mentions), None)
    if first is None:
        return False
    before = [word.casefold() for word in WORDS.findall(sentence.text[: first.start])]
    leans = AUXILIARIES | {"he", "she", "it", "they", "his", "her", "its", "their", "that", "who"}
    verbs = any(word in leans or word.endswith("ed") for word in before)
    return len(before) <= 6 and not verbs
