"""Answers about the documents as such: how many there are, which, and the opening of one."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from citespan.index import Corpus, Document, Passage, Span
from citespan.index.corpus import chunk_of
from citespan.index.errors import DocumentNotFound
from citespan.index.text import Kind, Unit
from citespan.index.types import Scores
from citespan.qa.answer.material import GatheredEvidence
from citespan.qa.evidence import Found, Sentence, Wanted, pieces_of
from citespan.qa.question import topic_of_documents

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
    return _evidence(corpus, question, sentences, [document])


def on_topic(corpus: Corpus, question: str, passages: Sequence[Passage]) -> GatheredEvidence | None:
    """Return the titles and headings with a topic as evidence, one of each document.

    Args:
        corpus: the documents.
        question: what was asked.
        passages: those found for the question, the best first.

    Returns:
        None if it is not asked which documents are about a topic, or if no document with such a
        passage has the topic in its title or a heading.
    """
    topic = topic_of_documents(question)
    if not topic:
        return None
    wanted = Wanted(topic)
    of_each: dict[str, list[Passage]] = {}
    for passage in passages:
        of_each.setdefault(passage.chunk.document_id, []).append(passage)
    sentences: list[Sentence] = []
    documents: list[Document] = []
    for name, found in of_each.items():
        with suppress(DocumentNotFound):  # deleted meanwhile
            document = corpus.get(name)
            if headed := _headed(corpus, document, found, wanted):
                documents.append(document)
                sentences.append(headed)
    return _evidence(corpus, question, sentences, documents)


def _headed(
    corpus: Corpus, document: Document, passages: Sequence[Passage], wanted: Wanted
) -> Sentence | None:
    """Return the title in the text, or the first heading there or in a passage, that has what is
    wanted.
    """
    outline = corpus.places.outline(document)
    for passage in (_start(document), *passages):
        for unit in outline.units(passage.chunk.span):
            said = unit.view.text
            titles = unit.kind is Kind.HEADING or said == document.title
            if titles and wanted.covered(said, document.title):
                return Sentence(
                    passage=replace(passage, scores=passages[0].scores), span=unit.span,
                    evidence=1.0, answer=None, shown=said,
                )  # fmt: skip
    return None


def _evidence(
    corpus: Corpus, question: str, sentences: Sequence[Sentence], documents: Sequence[Document]
) -> GatheredEvidence | None:
    if not sentences:
        return None
    stored = {one.id: one for one in documents}
    found = Found(question=question, confidence=1.0, sentences=tuple(sentences))
    return GatheredEvidence(
        question=question, passages=tuple(one.passage for one in sentences), documents=stored,
        stored=stored, found=(found,), locate=corpus.places.where, outline=corpus.places.outline,
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
