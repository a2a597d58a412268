"""The façade: questions in, cited answers out."""

import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

from index import Corpus, Document, Filter, Passage
from index.errors import DocumentNotFound
from qa.cite import Citation
from qa.conflicts import conflicting
from qa.decision import Decision
from qa.extract import Rules, Sentence, compose, once
from qa.finding import Finder, Found
from qa.questions import checked_question, checked_top_k
from qa.reading import Reader
from qa.settings import DEFAULT
from qa.tokens import count_tokens
from qa.types import Abstention, Answer, Mode, Reason, Status

_MESSAGES = {
    Reason.EMPTY_INDEX: "There are no documents to answer from yet.",
    Reason.NO_RELEVANT_PASSAGE: "Nothing in the documents is about this question.",
    Reason.FILTERED_OUT: "No document passes the filter.",
    Reason.NOT_IN_PASSAGES: "The documents touch on this question but do not answer it.",
}


class Service:
    """Answers questions from a corpus. Safe for many threads.

    Args:
        corpus: the documents; the service closes it.
        reader: judges passages and finds the evidence in them.
        decision: when what was read is enough for an answer.
        rules: what is read and what is cited.
        top_k: passages that are looked at for a question.
        candidates: chunks that each side of the retrieval puts forward.
        collection: the name that the documents go by.
    """

    def __init__(
        self,
        corpus: Corpus,
        reader: Reader,
        *,
        decision: Decision | None = None,
        rules: Rules | None = None,
        top_k: int = 20,
        candidates: int = 50,
        collection: str = DEFAULT,
    ) -> None:
        self.corpus = corpus
        self.collection = collection
        self._finder = Finder(reader, decision or Decision(), rules or Rules())
        self._top_k = top_k
        self._candidates = candidates

    def ask(
        self, question: str, *, top_k: int | None = None, filters: Filter | None = None
    ) -> Answer:
        """The answer to a question, or an abstention with its reason.

        Every citation has been checked against the stored text.

        Args:
            question: 1 to `MAX_QUESTION` characters that are not all white space.
            top_k: passages that are looked at, 1 to `MAX_TOP_K`; the service's setting by default.
            filters: answer from the documents alone for which it holds.

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
                    question,
                    k=k,
                    candidates=max(k, self._candidates),
                    vector=vector,
                    filters=filters,
                )
            with _timed(timings, "evidence"):
                answer = self._answer(question, passages, filtered=filters is not None)
        return replace(
            answer,
            timings_ms={name: round(ms, 2) for name, ms in timings.items()},
            index_generation=generation,
        )

    def search(
        self, query: str, *, top_k: int = 10, filters: Filter | None = None
    ) -> list[Passage]:
        """Best passages for a query, best first, without judging them.

        Raises:
            InvalidQuestion: as for `ask`.
        """
        k = checked_top_k(top_k)
        return self.corpus.search(
            checked_question(query), k=k, candidates=max(k, self._candidates), filters=filters
        )

    def warm(self) -> None:
        """Run models and tokenizers once, so that the first question is as fast as the second."""
        self.corpus.embed("warm")
        self._finder.warm()
        count_tokens("warm")

    def close(self) -> None:
        """Stop what runs in the background, and close the corpus."""
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

    def _answer(self, question: str, passages: Sequence[Passage], *, filtered: bool) -> Answer:
        if not self.corpus.counts()[0]:
            return _abstained(Reason.EMPTY_INDEX)
        if filtered and not passages:  # the nearest by meaning are always found
            return _abstained(Reason.FILTERED_OUT)
        documents = self._documents(passages)
        passages = _of(documents, passages)
        if not passages:
            return _abstained(Reason.NO_RELEVANT_PASSAGE)
        found, passages = self._finder.find(question, passages, documents)
        stored = self._documents(passages)  # what was deleted while it was being read is not quoted
        passages = _of(stored, passages)
        found = [_still(one, stored) for one in found]
        answered = [one for one in found if not one.reason]
        if not answered:
            about = any(one.reason is Reason.NOT_IN_PASSAGES for one in found) and passages
            reason = Reason.NOT_IN_PASSAGES if about else Reason.NO_RELEVANT_PASSAGE
            return _abstained(reason, passages, max(one.confidence for one in found))
        sentences = once([sentence for one in answered for sentence in one.sentences])
        text, segments = compose([_citation(one, documents, stored) for one in sentences])
        lacking = _lacking(found, documents)
        return Answer(
            status=Status.PARTIAL if lacking else Status.ANSWERED,
            text=text,
            segments=segments,
            citations=tuple(c for segment in segments for c in segment.citations),
            abstention=lacking,
            passages=tuple(passages),
            mode=Mode.EXTRACTIVE,
            confidence=min(one.confidence for one in answered),
        )

    def _documents(self, passages: Sequence[Passage]) -> dict[str, Document]:
        """The revisions that the passages are from; those deleted since are left out."""
        found: dict[str, Document] = {}
        for chunk in {passage.chunk.document_id: passage.chunk for passage in passages}.values():
            with suppress(DocumentNotFound):
                found[chunk.document_id] = self.corpus.get(chunk.document_id, chunk.revision)
        return found


def _citation(
    sentence: Sentence, documents: Mapping[str, Document], stored: Mapping[str, Document]
) -> Citation:
    """Cut from the document that was judged, and checked against the store."""
    scores = replace(sentence.passage.scores, evidence=sentence.evidence)
    marked = (sentence.answer,) if sentence.answer else ()
    citation = Citation.of(documents[sentence.document_id], sentence.span, scores, marked)
    citation.verify(stored[sentence.document_id])
    return citation


def _of(documents: Mapping[str, Document], passages: Sequence[Passage]) -> list[Passage]:
    return [passage for passage in passages if passage.chunk.document_id in documents]


def _still(found: Found, stored: Mapping[str, Document]) -> Found:
    """What was found, without what is not there any more."""
    left = tuple(one for one in found.sentences if one.document_id in stored)
    reason = found.reason if left else found.reason or Reason.NOT_IN_PASSAGES
    return replace(found, sentences=left, reason=reason)


def _abstained(reason: Reason, passages: Sequence[Passage] = (), confidence: float = 0.0) -> Answer:
    return Answer(
        status=Status.ABSTAINED,
        text="",
        segments=(),
        citations=(),
        abstention=Abstention(reason=reason, message=_MESSAGES[reason]),
        passages=tuple(passages),
        mode=Mode.EXTRACTIVE,
        confidence=confidence,
    )


def _lacking(found: Sequence[Found], documents: Mapping[str, Document]) -> Abstention | None:
    """The parts of the question that have no evidence, and those on which documents disagree."""
    missing = ", ".join(f"“{one.question}”" for one in found if one.reason)
    disagreed = any(conflicting(one.sentences, documents) for one in found)
    messages = [
        f"The documents answer only a part: nothing was found for {missing}." if missing else "",
        "The documents disagree: they give different figures, and each is quoted."
        if disagreed
        else "",
    ]
    if not missing and not disagreed:
        return None
    reason = Reason.NOT_IN_PASSAGES if missing else Reason.CONFLICTING_SOURCES
    return Abstention(reason=reason, message=" ".join(filter(None, messages)))


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Generator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = (time.perf_counter() - start) * 1000
