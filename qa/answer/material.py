"""The evidence for an answer: passages, their documents, and the findings in them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeAlias

from citespan.index import Corpus, Document, Passage, Span
from citespan.index.corpus import Places, Searcher
from citespan.index.errors import DocumentNotFound
from citespan.index.layout import NOWHERE, Where
from citespan.qa.citation import Citation
from citespan.qa.evidence import Finder, Found, Outlines, Sentence, outline_of_text, pieces_of
from citespan.qa.types import Reason

Locate: TypeAlias = Callable[[Document, Span, Span | None], Where]


def _nowhere(_: Document, __: Span, ___: Span | None) -> Where:
    return NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredEvidence:
    """The evidence for an answer to a question.

    passages: likeliest to answer first; none if nothing could be read.
    documents: those that the passages are from, by id, as they were judged.
    stored: the same documents as they are stored now; citations are checked against them.
    found: the result for each part of the question.
    reason: the reason if nothing could be read.
    locate: returns where a quote, with its short answer, is in the file of its document.
    outline: returns the headings and tables of a document.
    unread: the language of the question if the models do not read it.
    """

    question: str
    passages: tuple[Passage, ...] = ()
    documents: Mapping[str, Document]
    stored: Mapping[str, Document]
    found: tuple[Found, ...] = ()
    reason: Reason | None = None
    locate: Locate = _nowhere
    outline: Outlines = outline_of_text
    unread: str | None = None

    def seen(self) -> list[Passage]:
        """Return the passages with their texts as people see them, for a language model."""
        return [self._seen(one) for one in self.passages]

    def _seen(self, passage: Passage) -> Passage:
        document = self.documents[passage.chunk.document_id]
        outline = self.outline(document)
        if not outline.marked:
            return passage
        pieces = pieces_of(passage, document, outline)
        return replace(passage, text="\n\n".join(one.view.text for one in pieces))

    @property
    def confidence(self) -> float:
        """The confidence in the likeliest part of the answer, whether or not that part is given."""
        return max((one.confidence for one in self.found), default=0.0)

    def cite(self, sentence: Sentence) -> Citation:
        """Return the citation of a sentence, cut from the judged text.

        The citation is checked against the stored text.

        Raises:
            UngroundedCitation: the two texts differ.
        """
        scores = replace(sentence.passage.scores, evidence=sentence.evidence)
        marked = (sentence.answer,) if sentence.answer else ()
        document = self.documents[sentence.document_id]
        where = self.locate(document, sentence.span, sentence.answer)
        citation = Citation.of(document, sentence.span, scores, marked, where)
        citation.verify(self.stored[sentence.document_id])
        return citation


class Gatherer:
    """A gatherer of evidence for questions from a searcher. Safe for many threads.

    Args:
        searcher: finds the passages.
        finder: judges them.
        places: says where quotes are in the files of their documents.
    """

    def __init__(self, searcher: Corpus | Searcher, finder: Finder, places: Places) -> None:
        self._searcher = searcher
        self._finder = finder
        self._places = places

    def gather(
        self, question: str, words: str, passages: Sequence[Passage], *, filtered: bool
    ) -> GatheredEvidence:
        """Return the evidence that the passages for a question hold.

        Args:
            question: of one part or several, stand-alone.
            words: the same question in the user's own words, if they differ.
            passages: best first; maybe none.
            filtered: whether the passages are only from some documents.
        """
        unread = self._finder.unread(question)
        nothing = GatheredEvidence(question=question, documents={}, stored={}, unread=unread)
        if not self._searcher.counts()[0]:
            return replace(nothing, reason=Reason.EMPTY_INDEX)
        if filtered and not passages:  # without a filter, the nearest by meaning are always found
            return replace(nothing, reason=Reason.FILTERED_OUT)
        documents = self._documents(passages)
        passages = _of(documents, passages)
        if not passages:
            return replace(nothing, reason=Reason.NO_RELEVANT_PASSAGE)
        found, judged = self._finder.find(
            words, passages, documents, stand_alone=question,
            outline=self._places.outline,
        )  # fmt: skip
        material = replace(
            nothing, passages=judged, documents=documents, stored=documents, found=tuple(found),
            locate=self._places.where, outline=self._places.outline,
        )  # fmt: skip
        return self.refreshed(material)  # a document deleted during the reading is not quoted

    def refreshed(self, material: GatheredEvidence) -> GatheredEvidence:
        """Return a copy without documents deleted since it was gathered."""
        stored = self._documents(material.passages)
        return replace(
            material,
            passages=tuple(_of(stored, material.passages)),
            stored=stored,
            found=tuple(_still(one, stored) for one in material.found),
        )

    def _documents(self, passages: Sequence[Passage]) -> dict[str, Document]:
        """Return the revisions that the passages are from, without those deleted since."""
        found: dict[str, Document] = {}
        for chunk in {passage.chunk.document_id: passage.chunk for passage in passages}.values():
            with suppress(DocumentNotFound):
                found[chunk.document_id] = self._searcher.get(chunk.document_id, chunk.revision)
        return found


def _of(documents: Mapping[str, Document], passages: Sequence[Passage]) -> list[Passage]:
    return [passage for passage in passages if passage.chunk.document_id in documents]


def _still(found: Found, stored: Mapping[str, Document]) -> Found:
    """Return a result without sentences of documents deleted since."""
    left = tuple(one for one in found.sentences if one.document_id in stored)
    reason = found.reason if left else found.reason or Reason.NOT_IN_PASSAGES
    return replace(found, sentences=left, reason=reason)
