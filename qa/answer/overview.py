"""Answers about the documents as such: how many there are, which, and the opening of one."""

from citespan.index import Corpus, Document, Passage, Span
from citespan.index.corpus import chunk_of
from citespan.index.text import Kind, Unit
from citespan.index.types import Scores
from citespan.qa.answer.material import GatheredEvidence
from citespan.qa.evidence import Found, Sentence, pieces_of

_NAMED = 20  # documents
_OPENING = 2  # sentences
_READ = 4000  # code points at the start of a document
_LEAST = 20  # code points of a first sentence: a shorter one is a title or a date


def counted(corpus: Corpus) -> str | None:
    """Return a sentence with the number of documents and their titles; None if there are none."""
    count = corpus.counts()[0]
    page = corpus.documents(limit=_NAMED).documents
    if not count or not page:
        return None
    titles = ", ".join(f"“{one.title or one.id}”" for one in page)
    if count == 1:
        return f"There is one document: {titles}."
    if count <= len(page):
        return f"There are {count} documents: {titles}."
    return f"There are {count} documents. Some of them are {titles}."


def opening(corpus: Corpus, question: str) -> GatheredEvidence | None:
    """Return the first sentences of the only document as evidence; None if it is not the only one.

    Args:
        corpus: the documents.
        question: what was asked, for the answer.
    """
    page = corpus.documents(limit=2).documents
    if len(page) != 1:
        return None
    document = corpus.get(page[0].id)
    passage = _start(document)
    outline = corpus.places.outline(document)
    sentences: list[Sentence] = []
    for piece in pieces_of(passage, document, outline):
        found = [one for one in outline.units(piece.span) if _opens(one, document)]
        sentences = [
            Sentence(passage=passage, span=one.span, evidence=1.0, answer=None, shown=one.view.text)
            for one in found[:_OPENING]
        ]
        if sentences:
            break
    if not sentences:
        return None
    documents = {document.id: document}
    found_all = Found(question=question, confidence=1.0, sentences=tuple(sentences))
    return GatheredEvidence(
        question=question, passages=(passage,), documents=documents, stored=documents,
        found=(found_all,), locate=corpus.places.where,
    )  # fmt: skip


def _start(document: Document) -> Passage:
    """Return the beginning of a document, to the end of a line, as a passage."""
    end = min(len(document.text), _READ)
    if end < len(document.text):
        end = max(document.text.rfind("\n", 0, end), 1)
    span = Span(0, end)
    return Passage(
        chunk=chunk_of(document, span, 0), title=document.title, text=span.of(document.text),
        scores=Scores(),
    )  # fmt: skip


def _opens(unit: Unit, document: Document) -> bool:
    """Return whether a sentence belongs to the opening: it is none of the title's."""
    text = unit.view.text
    return (
        unit.kind is Kind.SENTENCE
        and len(text) >= _LEAST
        and text.endswith((".", "!", "。"))
        and text.casefold() != document.title.casefold()
    )
