"""The façade: questions in, cited answers out."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from threading import Event as Flag
from typing import Self

from citespan.index import Corpus, Filter, Passage
from citespan.index.corpus import Audience, CorpusView, Searcher
from citespan.index.reading import FileReader
from citespan.qa.answer import events
from citespan.qa.answer.bounds import bounded
from citespan.qa.answer.extractive import write_quotes
from citespan.qa.answer.generated import Writer
from citespan.qa.answer.material import GatheredEvidence, Gatherer
from citespan.qa.answer.overview import counted, on_topic, opening
from citespan.qa.answer.replying import replied
from citespan.qa.errors import ModeUnavailable
from citespan.qa.evidence import AnswerThreshold, Finder, Rules
from citespan.qa.evidence.protocol import Reader
from citespan.qa.llm import Endpoint, count_tokens
from citespan.qa.question import (
    About,
    about_documents,
    background_reply,
    checked_question,
    checked_top_k,
    understand,
)
from citespan.qa.settings.sections import DEFAULT
from citespan.qa.types import Answer, Message, Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question that passed its checks."""

    question: str
    mode: Mode
    top_k: int
    filters: Filter | None
    history: Sequence[Message]


class Service:
    """Answers questions from a corpus. Safe for many threads.

    Args:
        corpus: the documents; the service closes it.
        reader: judges passages and finds the evidence in them.
        decision: decides when the evidence is enough for an answer.
        rules: how deep passages are read, and which sentences are cited.
        top_k: how many passages are considered for a question.
        candidates: how many chunks each side of the retrieval contributes.
        collection: the name of the collection that holds the documents.
        writer: writes generated answers; without a writer, all answers are extractive.
        mode: how answers are made unless a question says otherwise.
        owned: an endpoint that the service closes, too.
        searcher: answers from another build of the documents than the live one.
        files: reads the files that clients send; by default it keeps them.

    Attributes:
        on_answer: called with each answer once it is complete.
    """

    on_answer: Callable[[Answer], None] | None = None

    def __init__(
        self,
        corpus: Corpus,
        reader: Reader,
        *,
        decision: AnswerThreshold | None = None,
        rules: Rules | None = None,
        top_k: int = 20,
        candidates: int = 50,
        collection: str = DEFAULT,
        writer: Writer | None = None,
        mode: Mode = Mode.EXTRACTIVE,
        owned: Endpoint | None = None,
        searcher: Searcher | None = None,
        files: FileReader | None = None,
    ) -> None:
        self.corpus = corpus
        self._searcher = searcher or corpus
        self.collection = collection
        self.files = files or FileReader()
        self._finder = Finder(reader, decision or AnswerThreshold(), rules or Rules())
        self._gatherer = Gatherer(self._searcher, self._finder, corpus.places)
        self._top_k = top_k
        self._candidates = candidates
        self._writer = writer
        self._mode = mode
        self._owned = owned

    def ask(
        self,
        question: str,
        *,
        mode: Mode | None = None,
        top_k: int | None = None,
        filters: Filter | None = None,
        history: Sequence[Message] = (),
    ) -> Answer:
        """Return the answer to a question, or an abstention with its reason.

        Every citation has been checked against the stored text.

        Args:
            question: 1 to `MAX_QUESTION` characters that are not all white space.
            mode: extractive or generated; the service's setting by default.
            top_k: how many passages are considered, 1 to `MAX_TOP_K`; the service's setting by
                default.
            filters: answer only from documents that match.
            history: earlier messages of the conversation, oldest first.

        Raises:
            InvalidQuestion: the question or `top_k` is not as above.
            ModeUnavailable: a generated answer is requested, but no language model is set up.
        """
        return events.folded(
            self.stream(question, mode=mode, top_k=top_k, filters=filters, history=history)
        )

    def stream(
        self,
        question: str,
        *,
        mode: Mode | None = None,
        top_k: int | None = None,
        filters: Filter | None = None,
        history: Sequence[Message] = (),
        cancelled: Flag | None = None,
    ) -> Generator[events.Event]:
        """Return the events of an answer while it is made; the last event is `Done`.

        Arguments and errors are those of `ask`; errors are raised at once. To end the stream early,
        without `Done`, set `cancelled`. A caller that stops reading must close the generator.
        """
        reply = background_reply(question)
        if reply is not None:
            return replied(reply, "", as_is=True)
        asked = _Asked(
            question=checked_question(question),
            mode=mode or self._mode,
            top_k=checked_top_k(top_k) if top_k is not None else self._top_k,
            filters=filters,
            history=history,
        )
        if asked.mode is Mode.GENERATED and self._writer is None:
            raise ModeUnavailable("no language model is set up; ask for an extractive answer")
        return self._events(asked, cancelled or Flag())

    def search(
        self, query: str, *, top_k: int = 10, filters: Filter | None = None
    ) -> list[Passage]:
        """Return the best passages for a query, best first, without judging them.

        If `top_k` passages are too much for one response, return fewer.

        Raises:
            InvalidQuestion: as for `ask`.
        """
        k = checked_top_k(top_k)
        found = self._searcher.search(
            checked_question(query), k=k, candidates=max(k, self._candidates), filters=filters
        )
        return bounded(found)

    def seen_by(self, audience: Audience) -> Self:
        """Return this service as an audience sees it; the owner of this one closes both."""
        seen = copy(self)
        seen.corpus = seen._searcher = CorpusView(self.corpus, audience)
        seen._gatherer = Gatherer(seen._searcher, self._finder, seen.corpus.places)
        return seen

    def modes(self) -> list[Mode]:
        """Return the modes that the service can answer in."""
        return [Mode.EXTRACTIVE, *([Mode.GENERATED] if self._writer else [])]

    def warm(self) -> None:
        """Run models and tokenizers once, so that the first question is as fast as the second."""
        self._searcher.embed("warm")
        self._finder.warm()
        count_tokens("warm")
        if self._writer:
            self._writer.endpoint.warm()

    def close(self) -> None:
        """Close the owned endpoint, which ends its background work, and the corpus."""
        if self._owned is not None:
            self._owned.close()
        self.corpus.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _events(self, asked: _Asked, cancelled: Flag) -> Generator[events.Event]:
        timings: dict[str, float] = {}
        generation = self._searcher.generation
        started_s = time.perf_counter()
        understood = understand(
            (*asked.history, Message(role="user", content=asked.question)),
            self._writer and self._writer.endpoint,
            cancelled=cancelled,
        )
        if understood.small_talk is not None:
            yield from replied(understood.small_talk, asked.question)
            return
        asked = replace(asked, question=understood.question, history=understood.history)
        if asked.filters is None and (about := about_documents(asked.question)):
            known = yield from self._overview(about, asked.question)
            if known:
                return
        words = understood.words
        with _timed(timings, "embed"):
            vector = self._searcher.embed(words)
        with _timed(timings, "retrieve"):
            passages = self._searcher.search(
                words,
                k=asked.top_k,
                candidates=max(asked.top_k, self._candidates),
                vector=vector,
                filters=asked.filters,
                context=understood.context,
            )
        yield events.Retrieved(
            question=asked.question, passages=tuple(passages), timings_ms=_rounded(timings)
        )
        if cancelled.is_set():
            return
        with _timed(timings, "evidence"):
            filtered = asked.filters is not None
            about = on_topic(self.corpus, asked.question, passages)
            gather = self._gatherer.gather
            material = about or gather(asked.question, words, passages, filtered=filtered)
        asked = replace(asked, mode=Mode.EXTRACTIVE) if about else asked
        if cancelled.is_set():
            return
        answer = yield from self._written(material, asked, cancelled, timings)
        if cancelled.is_set():
            return
        timings["total"] = (time.perf_counter() - started_s) * 1000
        if self.on_answer is not None:
            self.on_answer(answer)
        yield events.Done(
            answer=replace(answer, timings_ms=_rounded(timings), index_generation=generation)
        )

    def _overview(self, about: About, question: str) -> Generator[events.Event, None, bool]:
        """Answer a question about the documents as such; return whether there was an answer."""
        if about is not About.GIST:
            said = counted(self.corpus)
            yield from replied(said, question) if said else ()
            return said is not None
        material = opening(self.corpus, question)
        if material is None:
            return False
        answer = yield from write_quotes(material, events.Composer())
        yield events.Done(answer=replace(answer, index_generation=self.corpus.generation))
        return True

    def _written(
        self, material: GatheredEvidence, asked: _Asked, cancelled: Flag, timings: dict[str, float]
    ) -> Generator[events.Event, None, Answer]:
        composer = events.Composer()
        if asked.mode is Mode.EXTRACTIVE or self._writer is None:
            return (yield from write_quotes(material, composer))
        with _timed(timings, "generate"):
            return (
                yield from self._writer.write(
                    material,
                    composer,
                    refresh=self._gatherer.refreshed,
                    history=asked.history,
                    cancelled=cancelled,
                )
            )


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Generator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = (time.perf_counter() - start) * 1000


def _rounded(timings: Mapping[str, float]) -> dict[str, float]:
    return {name: round(ms, 2) for name, ms in timings.items()}
