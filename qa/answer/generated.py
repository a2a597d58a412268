"""Answers that a language model writes: every sentence is checked before it is said."""

import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from threading import Event as Flag

from citespan.qa.answer.events import Composer, Event
from citespan.qa.answer.extractive import abstained, write_quotes
from citespan.qa.answer.material import GatheredEvidence
from citespan.qa.claims import Checker, Claim, Claims, Sources
from citespan.qa.errors import EndpointFailed, PromptTooLong
from citespan.qa.llm import NO_ANSWER, Endpoint, Prompt, Writing, build_prompt, count_tokens
from citespan.qa.types import (
    NO_USAGE,
    Abstention,
    Answer,
    Message,
    Mode,
    Policy,
    Reason,
    Status,
    Support,
    Usage,
)

_UNSUPPORTED = "What the language model wrote is not in the documents."


class Writer:
    """A writer of answers with a language model. Safe for many threads.

    Args:
        endpoint: the language model.
        checker: looks every sentence up in the passages that it names.
        policy: whether sentences that nothing supports are dropped or marked.
        max_tokens: the most that the model may write.
        budget_tokens: the most that the model is given to read.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        checker: Checker,
        *,
        policy: Policy = Policy.STRICT,
        max_tokens: int = 500,
        budget_tokens: int = 3000,
    ) -> None:
        self.endpoint = endpoint
        self._checker, self._policy = checker, policy
        self._max_tokens, self._budget_tokens = max_tokens, budget_tokens

    def write(
        self,
        material: GatheredEvidence,
        composer: Composer,
        *,
        refresh: Callable[[GatheredEvidence], GatheredEvidence],
        history: Sequence[Message] = (),
        cancelled: Flag | None = None,
    ) -> Generator[Event, None, Answer]:
        """Write the model's sentences that the documents support, and return the answer.

        If the endpoint fails, the text so far stays, and the quotes of the extractive answer
        follow; `fallback` says why.

        Args:
            material: the evidence to answer from.
            composer: the answer so far: empty.
            refresh: returns the material without documents deleted since it was gathered.
            history: earlier messages of the conversation, oldest first.
            cancelled: if set, the model stops.
        """
        if not any(one.reason is not Reason.NO_RELEVANT_PASSAGE for one in material.found):
            return (yield from write_quotes(material, composer))  # an abstention
        fence = f"0{secrets.token_hex(8)}"  # a digit first: a copy of it looks like no tag
        try:
            prompt = build_prompt(
                material.question,
                material.seen(),
                budget_tokens=self._budget_tokens,
                history=history,
                fence=fence,
            )
        except PromptTooLong:
            given = yield from write_quotes(material, composer)
            return replace(given, fallback="too_long")
        draft = _Draft(prompt, fence, Sources(prompt.passages, material.documents))
        try:
            with self.endpoint.write(
                prompt.messages, max_tokens=self._max_tokens, cancelled=cancelled
            ) as writing:
                for claim in draft.claims(writing):
                    yield from self._say(claim, draft, refresh(material), composer)
        except EndpointFailed as error:
            if not (cancelled and cancelled.is_set()):  # else no client would receive the quotes
                return (yield from _fallen_back(refresh(material), composer, draft, error.reason))
        return draft.answer(refresh(material), composer)

    def _say(
        self, claim: Claim, draft: "_Draft", material: GatheredEvidence, composer: Composer
    ) -> Iterator[Event]:
        if composer.has_said(claim.text):  # small models repeat themselves
            return
        checked = self._checker.check(claim, draft.sources)
        stored = all(one.document_id in material.stored for one in checked.sentences)
        if draft.betrays_fence(claim):
            draft.dropped += 1
        elif checked.support is not Support.UNSUPPORTED and stored:
            citations = [material.cite(one) for one in checked.sentences]
            quoted = checked.support is Support.QUOTED
            text = citations[0].quote if quoted else claim.text
            if not composer.has_said(text):
                yield from composer.say(text, citations, checked.support)
        elif self._policy is Policy.MARK and draft.all_stored(material):
            yield from composer.say(claim.text, (), Support.UNSUPPORTED)
        else:
            draft.dropped += 1


class _Draft:
    """The state of a model's text: its sources, dropped sentences and usage."""

    def __init__(self, prompt: Prompt, fence: str, sources: Sources) -> None:
        self.prompt = prompt
        self.sources = sources
        self.dropped = 0
        self.usage = NO_USAGE
        self._fence = fence

    def betrays_fence(self, claim: Claim) -> bool:
        """Return whether a claim shows the fence, with which an author could forge a passage."""
        return self._fence in claim.text

    def all_stored(self, material: GatheredEvidence) -> bool:
        """Return whether every document in the prompt is still stored."""
        return all(one.chunk.document_id in material.stored for one in self.prompt.passages)

    def claims(self, writing: Writing) -> Iterator[Claim]:
        """Yield the model's claims, sentence by sentence; "NO ANSWER" is no claim."""
        claims, written = Claims(), ""
        try:
            for piece in writing:
                written += piece
                yield from _without_no_answer(claims.feed(piece))
                self.sources.read_ahead()  # while the model continues to write
            if not writing.truncated:  # else the last claim may lack its end, maybe a "not"
                yield from _without_no_answer(claims.end())
        finally:  # text that broke off was written, too
            if written or writing.usage:
                self.usage = writing.usage or Usage(self.prompt.tokens, count_tokens(written))

    def answer(self, material: GatheredEvidence, composer: Composer) -> Answer:
        """Return the answer so far, or an abstention if it is empty."""
        if not composer.segments:
            message = _UNSUPPORTED if self.dropped else ""
            given = abstained(material, Reason.NOT_IN_PASSAGES, message)
        else:
            lacking = (
                None
                if composer.citations
                else Abstention(reason=Reason.NOT_IN_PASSAGES, message=_UNSUPPORTED)
            )
            given = Answer(
                status=Status.PARTIAL if lacking else Status.ANSWERED,
                text=composer.text,
                segments=tuple(composer.segments),
                citations=composer.citations,
                abstention=lacking,
                passages=material.passages,
                mode=Mode.GENERATED,
                confidence=material.confidence,
                question=material.question,
            )
        return replace(given, mode=Mode.GENERATED, dropped=self.dropped, usage=self.usage)


def _without_no_answer(claims: Iterable[Claim]) -> Iterator[Claim]:
    return (one for one in claims if one.text.strip(" .*\"'").upper() != NO_ANSWER)


def _fallen_back(
    material: GatheredEvidence, composer: Composer, draft: _Draft, reason: str
) -> Generator[Event, None, Answer]:
    begun = bool(composer.segments)
    given = yield from write_quotes(material, composer)
    if begun and given.status is Status.ABSTAINED:  # no text is ever taken back
        given = draft.answer(material, composer)
    mode = Mode.GENERATED if begun else Mode.EXTRACTIVE
    return replace(given, mode=mode, fallback=reason, dropped=draft.dropped, usage=draft.usage)
