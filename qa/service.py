"""The façade: questions in, cited answers out."""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from index import Corpus, Document, Passage
from index.errors import DocumentNotFound
from index.sentences import sentences
from qa.cite import Citation
from qa.errors import InvalidQuestion
from qa.evidence import Reranker
from qa.extract import Sentence, Thresholds, choose, compose, context_logit, says_something
from qa.tokens import count_tokens
from qa.types import Abstention, Answer, Mode, Reason, Segment, Status

MAX_QUESTION = 2000  # code points; the models read at most 512 tokens of question and passage
MAX_TOP_K = 100

_MESSAGES = {
    Reason.EMPTY_INDEX: "There are no documents to answer from yet.",
    Reason.NO_RELEVANT_PASSAGE: "Nothing in the documents is about this question.",
    Reason.NOT_IN_PASSAGES: "The documents touch on this question but do not answer it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What answering a question came to, before it is wrapped up."""

    text: str = ""
    segments: tuple[Segment, ...] = ()
    reason: Reason | None = None


class Service:
    """Answers questions from a corpus. Safe for many threads.

    Args:
        corpus: the documents; the service closes it.
        reranker: judges passages and sentences.
        thresholds: when the reranker's scores count as evidence.
        top_k: passages that are judged for a question.
        candidates: chunks that each side of the retrieval puts forward.
    """

    def __init__(
        self,
        corpus: Corpus,
        reranker: Reranker,
        *,
        thresholds: Thresholds | None = None,
        top_k: int = 20,
        candidates: int = 50,
    ) -> None:
        self.corpus = corpus
        self._reranker = reranker
        self._thresholds = thresholds or Thresholds()
        self._top_k = top_k
        self._candidates = candidates

    def ask(self, question: str, *, top_k: int | None = None) -> Answer:
        """The answer to a question, or an abstention with its reason.

        Every citation has been checked against the stored text.

        Args:
            question: 1 to `MAX_QUESTION` characters that are not all white space.
            top_k: passages that are judged, 1 to `MAX_TOP_K`; the service's setting by default.

        Raises:
            InvalidQuestion: the question or `top_k` is not as above.
        """
        question = checked_question(question)
        k = checked_top_k(top_k) if top_k is not None else self._top_k
        timings: dict[str, float] = {}
        generation = self.corpus.generation
        with _timed(timings, "total"):
            with _timed(timings, "embed"):
                vector = self.corpus.embed(question)
            with _timed(timings, "retrieve"):
                passages = self.corpus.search(
                    question, k=k, candidates=max(k, self._candidates), vector=vector
                )
            with _timed(timings, "evidence"):
                passages = self._rerank(question, passages)
                found = self._find(question, passages)
        reason = found.reason
        return Answer(
            status=Status.ABSTAINED if reason else Status.ANSWERED,
            text=found.text,
            segments=found.segments,
            citations=tuple(c for segment in found.segments for c in segment.citations),
            abstention=Abstention(reason=reason, message=_MESSAGES[reason]) if reason else None,
            passages=tuple(passages),
            mode=Mode.EXTRACTIVE,
            timings_ms={name: round(ms, 2) for name, ms in timings.items()},
            index_generation=generation,
        )

    def search(self, query: str, *, top_k: int = 10) -> list[Passage]:
        """Best passages for a query, best first, without judging them.

        Raises:
            InvalidQuestion: as for `ask`.
        """
        k = checked_top_k(top_k)
        return self.corpus.search(checked_question(query), k=k, candidates=max(k, self._candidates))

    def warm(self) -> None:
        """Run models and tokenizers once, so that the first question is as fast as the second."""
        self.corpus.embed("warm")
        self._reranker.score("warm", ["warm", "up"])
        count_tokens("warm")

    def close(self) -> None:
        """Close the corpus."""
        self.corpus.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        scores = self._reranker.score(question, [passage.text for passage in passages])
        judged = [
            replace(passage, scores=replace(passage.scores, evidence=score))
            for passage, score in zip(passages, scores, strict=True)
        ]
        return sorted(judged, key=lambda passage: -_evidence(passage))

    def _find(self, question: str, passages: Sequence[Passage]) -> _Found:
        stored, chunks = self.corpus.counts()
        if not stored:
            return _Found(reason=Reason.EMPTY_INDEX)
        floor = self._thresholds.floor(chunks)
        if not passages or _evidence(passages[0]) < floor:
            return _Found(reason=Reason.NO_RELEVANT_PASSAGE)
        documents = self._documents(passages)
        candidates = self._sentences(question, passages, documents)
        if documents and all(sentence.score < floor for sentence in candidates):
            return _Found(reason=Reason.NOT_IN_PASSAGES)
        text, segments = compose(self._cite(choose(candidates, self._thresholds), documents))
        if not segments:  # all was deleted meanwhile
            return _Found(reason=Reason.NO_RELEVANT_PASSAGE)
        return _Found(text=text, segments=segments)

    def _sentences(
        self, question: str, passages: Sequence[Passage], documents: Mapping[str, Document]
    ) -> list[Sentence]:
        # A score is the mean of a sentence's logit and its context's, so in a context twice the
        # margin below the best one, only a sentence that outdoes all the best one's comes close.
        least = _evidence(passages[0]) - 2 * self._thresholds.margin
        read = [
            (passage, span, span.of(document.text), context)
            for passage in passages
            if (document := documents.get(passage.chunk.document_id))
            for span in sentences(document.text, passage.chunk.span)
            if says_something(span.of(document.text))
            and (context := context_logit(document, span, passages)) >= least
        ]
        logits = self._reranker.score(question, [text for _, _, text, _ in read])
        return [
            Sentence.judged(passage, span, logit, context)
            for (passage, span, _, context), logit in zip(read, logits, strict=True)
        ]

    def _documents(self, passages: Sequence[Passage]) -> dict[str, Document]:
        """The revisions that the passages are from; those deleted since are left out."""
        found: dict[str, Document] = {}
        for chunk in {passage.chunk.document_id: passage.chunk for passage in passages}.values():
            with suppress(DocumentNotFound):
                found[chunk.document_id] = self.corpus.get(chunk.document_id, chunk.revision)
        return found

    def _cite(
        self, chosen: Sequence[Sentence], documents: Mapping[str, Document]
    ) -> list[Citation]:
        """Citations cut from the documents that were judged, each checked against the store."""
        stored = self._documents([sentence.passage for sentence in chosen])
        citations: list[Citation] = []
        for sentence in chosen:
            document_id = sentence.passage.chunk.document_id
            if document_id not in stored:
                continue  # deleted while it was being judged
            scores = replace(sentence.passage.scores, evidence=sentence.score)
            citation = Citation.of(documents[document_id], sentence.span, scores)
            citation.verify(stored[document_id])
            citations.append(citation)
        return citations


def checked_question(question: str) -> str:
    """The question without surrounding white space.

    Raises:
        InvalidQuestion: it is blank, too long, or not valid Unicode.
    """
    question = question.strip()
    if not question:
        raise InvalidQuestion("the question is empty; ask something")
    if not any(character.isalnum() for character in question):
        raise InvalidQuestion("the question has neither letters nor digits; ask something")
    if len(question) > MAX_QUESTION:
        raise InvalidQuestion(
            f"the question has {len(question)} characters; at most {MAX_QUESTION} are allowed"
        )
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise InvalidQuestion("the question holds a lone surrogate: not valid Unicode")
    return question


def checked_top_k(top_k: int) -> int:
    """The number of passages.

    Raises:
        InvalidQuestion: it is not within 1 to `MAX_TOP_K`.
    """
    if not 1 <= top_k <= MAX_TOP_K:
        raise InvalidQuestion(f"top_k is {top_k}; it must be 1 to {MAX_TOP_K}")
    return top_k


def _evidence(passage: Passage) -> float:
    score = passage.scores.evidence
    return float("-inf") if score is None else score


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Generator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = (time.perf_counter() - start) * 1000
