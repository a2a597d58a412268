"""What there is to answer a question from: passages, their documents, and what they came to."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from citespan.index import Corpus, Document, Passage
from citespan.index.errors import DocumentNotFound
from citespan.qa.citation import Citation
from citespan.qa.evidence import Finder, Found, Sentence
from citespan.qa.types import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredEvidence:
    """What there is to answer a question from.

    passages: likeliest to answer first; none if nothing could be read.
    documents: those that the passages are from, by id, as they were judged.
    stored: the same as they are stored now, which citations are checked against.
    found: what each part of the question came to.
    reason: why nothing could be read, if so.
    """

    question: str
    passages: tuple[Passage, ...] = ()
    documents: Mapping[str, Document]
    stored: Mapping[str, Document]
    found: tuple[Found, ...] = ()
    reason: Reason | None = None

    @property
    def confidence(self) -> float:
        """In the likeliest part of the answer, whether it is given or not."""
        return max((one.confidence for one in self.found), default=0.0)

    def cite(self, sentence: Sentence) -> Citation:
        """The citation of a sentence: cut from what was judged, checked against what is stored.

        Raises:
            UngroundedCitation: they differ.
        """
        scores = replace(sentence.passage.scores, evidence=sentence.evidence)
        marked = (sentence.answer,) if sentence.answer else ()
        document = self.documents[sentence.document_id]
        citation = Citation.of(document, sentence.span, scores, marked)
        citation.verify(self.stored[sentence.document_id])
        return citation


class Gatherer:
    """Gathers the material for questions from a corpus. Safe for many threads."""

    def __init__(self, corpus: Corpus, finder: Finder) -> None:
        self._corpus = corpus
        self._finder = finder

    def gather(
        self, question: str, words: str, passages: Sequence[Passage], *, filtered: bool
    ) -> GatheredEvidence:
        """What the passages for a question come to.

        Args:
            question: of one part or several, stand-alone.
            words: the same in the user's own words, if they are others.
            passages: best first; maybe none.
            filtered: whether they are from some documents alone.
        """
        nothing = GatheredEvidence(question=question, documents={}, stored={})
        if not self._corpus.counts()[0]:
            return replace(nothing, reason=Reason.EMPTY_INDEX)
        if filtered and not passages:  # the nearest by meaning are always found
            return replace(nothing, reason=Reason.FILTERED_OUT)
        documents = self._documents(passages)
        passages = _of(documents, passages)
        if not passages:
            return replace(nothing, reason=Reason.NO_RELEVANT_PASSAGE)
        found, judged = self._finder.find(words, passages, documents, stand_alone=question)
        material = GatheredEvidence(
            question=question, passages=judged, documents=documents, stored=documents,
            found=tuple(found),
        )  # fmt: skip
        return self.refreshed(material)  # what was deleted while it was being read is not quoted

    def refreshed(self, material: GatheredEvidence) -> GatheredEvidence:
        """Without what has been deleted since."""
        stored = self._documents(material.passages)
        return replace(
            material,
            passages=tuple(_of(stored, material.passages)),
            stored=stored,
            found=tuple(_still(one, stored) for one in material.found),
        )

    def _documents(self, passages: Sequence[Passage]) -> dict[str, Document]:
        """The revisions that the passages are from; those deleted since are left out."""
        found: dict[str, Document] = {}
        for chunk in {passage.chunk.document_id: passage.chunk for passage in passages}.values():
            with suppress(DocumentNotFound):
                found[chunk.document_id] = self._corpus.get(chunk.document_id, chunk.revision)
        return found


def _of(documents: Mapping[str, Document], passages: Sequence[Passage]) -> list[Passage]:
    return [passage for passage in passages if passage.chunk.document_id in documents]


def _still(found: Found, stored: Mapping[str, Document]) -> Found:
    """What was found, without what is not there any more."""
    left = tuple(one for one in found.sentences if one.document_id in stored)
    reason = found.reason if left else found.reason or Reason.NOT_IN_PASSAGES
    return replace(found, sentences=left, reason=reason)
