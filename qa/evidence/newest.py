"""The latest of several versions, entries or documents, if a question asks for it. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from citespan.index.types import Document, Passage
from citespan.qa.english.identifiers import identifiers
from citespan.qa.english.order import (
    Latest,
    Place,
    asks_for_contents,
    date_of,
    latest_asked,
    series_of,
    version_of,
    wants_newest,
)
from citespan.qa.english.rewordings import without
from citespan.qa.evidence.covering import Wanted
from citespan.qa.evidence.headings import Section
from citespan.qa.evidence.pieces import Piece
from citespan.qa.evidence.sections import contents, heading_as_sentence
from citespan.qa.evidence.selection import Sentence
from citespan.qa.evidence.source import PassageDocuments

_OPENING = 400  # code points in which a document says of when it is
_BEGINS = re.compile(r"\W{0,3}(?:[^\W\d]{1,30} ){0,2}v?\d", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.-])v?\d[\d.]{0,30}(?!\w)", re.IGNORECASE)
_ORDERS: tuple[Callable[[str], Place | None], ...] = (date_of, version_of)
Placed: TypeAlias = tuple[Section, Passage]


class Newest(NamedTuple):
    """The pieces that may answer, and the question without "the latest", if it asks for that."""

    pieces: Sequence[Piece]
    question: str | None = None


def latest_section(
    question: str, passages: Sequence[Passage], source: PassageDocuments
) -> list[Sentence]:
    """Return the latest entry of a document if a question asks only which it is, or what is new.

    Returns:
        its heading, or its contents; nothing if the question asks something else.
    """
    asked = latest_asked(question)
    if asked is None or _more(asked.rest):
        return []
    found = _latest(asked, passages, source)
    if found is None:
        return []
    return contents(*found, source) if asked.contents else [heading_as_sentence(*found, source)]


def named_section(
    question: str, passages: Sequence[Passage], source: PassageDocuments
) -> list[Sentence]:
    """Return the entry that a question names, if it asks only what is new in it."""
    asked = identifiers(question)
    if len(asked) != 1 or not asks_for_contents(question):
        return []
    if _more(without(question, *asked[0].at)):
        return []
    found = [
        (section, passage)
        for passage in _first_of_each(passages)
        for section in source.sections(passage.chunk.document_id)
        if asked[0].this.search(section.title)
    ]
    return contents(*found[0], source) if len(found) == 1 else []


def lacks_version(question: str, sentences: Iterable[str]) -> bool:
    """Return whether a question asks which version is the latest, and no sentence has a number."""
    asked = latest_asked(question)
    if asked is None or not asked.numbered or asked.contents or _more(asked.rest):
        return False
    return not any(_NUMBER.search(one) for one in sentences)


def newest_of(question: str, pieces: Sequence[Piece], source: PassageDocuments) -> Newest:
    """Return the pieces of the latest entry or document if a question asks how things are now."""
    asked = latest_asked(question)
    if asked is None and not wants_newest(question):
        return Newest(pieces)
    if asked and (found := _latest(asked, [one.passage for one in pieces], source)):
        section, passage = found
        name = passage.chunk.document_id
        inside = [
            one
            for one in pieces
            if one.passage.chunk.document_id == name and one.span.overlap(section.span)
        ]
        text = section.span.of(source.documents[name].text)
        if inside and Wanted(asked.rest).share(text) > 0:
            return Newest(inside, asked.rest)
    kept = _newest_documents(pieces, source, first=bool(asked and asked.first))
    left = [one for one in pieces if one.passage.chunk.document_id in kept]
    return Newest(left)


def _more(rest: str) -> bool:
    """Return whether a question without "the latest" asks for something that has a name."""
    generic = {
        "release", "publish", "come", "out", "number", "date", "call", "name", "version", "made",
        "make", "new", "chang", "change", "add", "fix", "bring", "contain", "includ", "featur",
        "happen", "remov", "improv", "avail", "product", "softwar", "app", "program",
    }  # fmt: skip
    return not Wanted(rest).within(generic)


def _latest(asked: Latest, passages: Sequence[Passage], source: PassageDocuments) -> Placed | None:
    """Return the latest section of the likeliest document whose headings have an order."""
    for passage in _first_of_each(passages):
        name = passage.chunk.document_id
        sections = source.sections(name)
        for level in sorted({one.level for one in sections}):
            among = [one for one in sections if one.level == level]
            placed = latest_titles([one.title for one in among])
            if placed:
                best = min(placed) if asked.first else max(placed)
                return among[best[1]], passage
    return None


def latest_titles(titles: Sequence[str]) -> list[tuple[Place, int]]:
    """Return the titles that have a date, or else a version, if most of them and two have."""
    for order in _ORDERS:
        places = [(place, at) for at, title in enumerate(titles) if (place := order(title))]
        if order is version_of and not _named_by(titles[at] for _, at in places):
            continue
        if len(places) >= 2 and 2 * len(places) >= len(titles):
            return places
    return []


def _named_by(titles: Iterable[str]) -> bool:
    """Return whether titles name versions: they begin with them, or differ only in them."""
    found = list(titles)
    return all(map(_BEGINS.match, found)) or len({series_of(one) for one in found}) == 1


def _newest_documents(
    pieces: Sequence[Piece], source: PassageDocuments, *, first: bool
) -> set[str]:
    """Return the documents without those that a later one of the same series replaces."""
    names = dict.fromkeys(one.passage.chunk.document_id for one in pieces)
    series: dict[str, list[tuple[Place, str]]] = {}
    kept: set[str] = set()
    for name in names:
        document = source.documents[name]
        place = _place_of(document)
        if place:
            series.setdefault(series_of(document.title), []).append((place, name))
        else:
            kept.add(name)
    for dated in series.values():
        best = min(dated)[0] if first else max(dated)[0]
        kept |= {name for place, name in dated if place == best}
    return kept


def _place_of(document: Document) -> Place | None:
    opening = document.text[:_OPENING]
    return date_of(document.title) or version_of(document.title) or date_of(opening)


def _first_of_each(passages: Sequence[Passage]) -> Iterator[Passage]:
    """Yield the first passage of each document."""
    seen: set[str] = set()
    for passage in passages:
        if passage.chunk.document_id not in seen:
            seen.add(passage.chunk.document_id)
            yield passage
