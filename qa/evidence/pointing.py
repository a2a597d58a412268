"""Evidence that a question points to by itself: a heading, a section, a field. Pure."""

import re
from collections.abc import Sequence

from citespan.index.text import strip
from citespan.index.types import Passage, Span
from citespan.qa.english.identifiers import identifiers
from citespan.qa.english.properties import Property, property_asked
from citespan.qa.evidence.covering import Wanted
from citespan.qa.evidence.extremes import extreme_rows, latest_row
from citespan.qa.evidence.heads import Field, heads_of
from citespan.qa.evidence.newest import latest_section, named_section
from citespan.qa.evidence.sections import contents
from citespan.qa.evidence.selection import Sentence
from citespan.qa.evidence.source import PassageDocuments

_READ = 100_000  # code points of a document in which fields are looked for
_OPENING = 3000  # code points that say what a document is about
_LEAST = 0.5  # the share of a question's words that its document must have
_SECTION = re.compile(
    r"(?:(?:what|which) (?:are|were) (?:the |your |our |their )?"
    r"|(?:list|show|name|give|tell)(?: me)?(?: all)?(?: of)?(?: the| your)? )"
    r"(?:(?:key|main|most important|important|general|overall) )?(?P<what>[^?.!]{3,60}?)"
    r"(?: (?:of|in) (?:the|this|that) (?:report|document|text|paper|study|file|article|guide))?"
    r"[ ?.!]*",
    re.IGNORECASE,
)


def pointed_at(
    question: str, passages: Sequence[Passage], source: PassageDocuments
) -> tuple[Sentence, ...]:
    """Return what a question points to; nothing if it must be looked for in sentences."""
    ways = (latest_section, latest_row, extreme_rows, named_section, _fields, _section)
    found = (way(question, passages, source) for way in ways)
    return tuple(next(filter(None, found), ()))


def _section(
    question: str, passages: Sequence[Passage], source: PassageDocuments
) -> list[Sentence]:
    """Return the only section whose heading is what a question asks for."""
    asked = _SECTION.fullmatch(question.strip())
    if asked is None:
        return []
    wanted, last = Wanted(asked["what"]), asked["what"].casefold().split()[-1][:4]
    found = [
        (section, passage)
        for passage in {one.chunk.document_id: one for one in reversed(passages)}.values()
        for section in source.sections(passage.chunk.document_id)
        if last in section.title.casefold() and wanted.same(section.title)
    ]
    return contents(*found[0], source)[1:] if len(found) == 1 else []


def _fields(question: str, passages: Sequence[Passage], source: PassageDocuments) -> list[Sentence]:
    """Return the field that a question asks for, of the only document and message it can be of."""
    asked = property_asked(question)
    if asked is None:
        return []
    wanted, named = Wanted(question), identifiers(question)
    found: list[tuple[float, int, Passage, Field]] = []
    for passage in {one.chunk.document_id: one for one in reversed(passages)}.values():
        document = source.documents[passage.chunk.document_id]
        text = document.text[:_READ]
        about = f"{document.title}\n{text[:_OPENING]}"
        for place, head in enumerate(heads_of(text)):
            said = "\n".join(one.line.of(text) for one in head)
            if named and not all(one.this.search(f"{said}\n{document.title}") for one in named):
                continue
            share = wanted.share(f"{about if not place else ''}\n{said}")
            found += [(share, -place, passage, one) for one in _first(asked, head)]
    best = max((one[:2] for one in found), default=None)
    if best is None:
        return []
    likely = [one for one in found if one[0] == best[0]]
    documents = {one[2].chunk.document_id for one in likely}
    only = len({one[2].chunk.document_id for one in found}) == 1
    if len(documents) > 1 or (best[0] < _LEAST and not only):
        return []
    _, _, passage, field = max(likely, key=lambda one: one[1])
    return [_as_sentence(field, passage, source)]


def _first(asked: Property, head: Sequence[Field]) -> list[Field]:
    return [one for one in head if asked.has(one.key)][:1]


def _as_sentence(field: Field, passage: Passage, source: PassageDocuments) -> Sentence:
    text = source.documents[passage.chunk.document_id].text
    line = strip(text, field.line)
    return Sentence(
        passage=source.passage(passage, Span(line.start, line.end)), span=line, evidence=1.0,
        answer=field.value,
    )  # fmt: skip
