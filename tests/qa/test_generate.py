"""Generated answers, by a model that misbehaves in every way: nothing unchecked is ever said."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, product
from typing import Any

import pytest
from faults import CYCLES, NIGHTLY
from generating import (
    ASKED,
    COUNTED,
    OFF_TOPIC,
    PLANTED,
    QUESTIONS,
    assert_sound,
    fences,
    filled,
    writing,
)
from qa_endpoint import EXPECTED, HANGS, UNENDING
from scripted_content import CONTENT, INVENTED, seen
from scripted_endpoint import scripted
from scripted_reply import Reply
from scripted_transport import TRANSPORT

from citespan.index import Corpus, OnnxEmbedder
from citespan.qa import Answer, Mode, Service, Status
from citespan.qa.answer.events import Delta, Done, Event, SegmentDone
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.types import Policy, Reason, Support

# The HTTP client's own generators, when a response is left before its end.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <async_generator object (AsyncResponseStream|Response.aiter_raw)"
)
BEHAVIOURS = [*CONTENT, *TRANSPORT]
CUT = sorted(name for name, (text, reason) in EXPECTED.items() if text and reason)
FEW = 4  # passages that are read
HELD = 60.0  # seconds after which a request hangs, on however slow a machine


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder) -> Iterator[Corpus]:
    with Corpus.open(tmp_path_factory.mktemp("library"), embedder) as opened:
        yield filled(opened)


@pytest.fixture(scope="module")
def extractive(library: Corpus, reader: BundledReader) -> Answer:
    """What quotes say, without a language model."""
    return Service(library, reader).ask(ASKED, top_k=FEW)


def limits(behaviour: str) -> dict[str, Any]:
    """Short for what never ends; elsewhere a slow machine is not to be taken for a slow server."""
    again = behaviour.endswith("_once") or "nonsense" in behaviour
    given: dict[str, Any] = {"timeout_s": HELD, "limit_s": HELD, "retries": int(again)}
    if behaviour in HANGS:
        given["timeout_s"] = 0.3
    if behaviour in UNENDING:
        given["limit_s"] = 1
    return given


def answered(service: Service, question: str, **more: Any) -> Answer:
    """The answer of a request that must not hang."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(service.ask, question, **more).result(HELD)


def quotes(answer: Answer) -> set[str]:
    return {one.quote for one in answer.citations}


@pytest.mark.parametrize(
    ("behaviour", "policy"),
    [*((name, Policy.STRICT) for name in TRANSPORT), *((name, Policy.MARK) for name in CUT)],
)
def test_whatever_happens_on_the_way(
    library: Corpus, reader: BundledReader, extractive: Answer, behaviour: str, policy: Policy
) -> None:
    """The scripted text is not in the documents: quotes take its place if it breaks off."""
    text, reason = EXPECTED[behaviour]
    with (
        scripted(behaviour) as server,
        writing(library, reader, server, policy=policy, **limits(behaviour)) as service,
    ):
        answer = answered(service, ASKED, top_k=FEW)
        assert_sound(answer, library, fences(server))
    assert answer.fallback == reason
    if reason is None:
        assert answer.status is Status.ABSTAINED
        return
    assert answer.status is Status.ANSWERED
    assert quotes(answer) == quotes(extractive)
    begun = policy is Policy.MARK and behaviour != "slow_drip"  # which has no whole sentence
    assert answer.mode is (Mode.GENERATED if begun else Mode.EXTRACTIVE)
    assert answer.text.endswith(extractive.text)
    assert ("The first sentence." in answer.text) == begun
    assert bool(answer.usage.completion_tokens) == bool(text)


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("behaviour", CONTENT)
def test_whatever_is_written(
    library: Corpus, reader: BundledReader, behaviour: str, policy: Policy
) -> None:
    with (
        scripted(behaviour) as server,
        writing(library, reader, server, policy=policy) as service,
    ):
        answer = answered(service, ASKED, top_k=FEW)
        assert_sound(answer, library, fences(server))
    assert (answer.mode, answer.fallback, answer.usage) == (Mode.GENERATED, None, COUNTED)
    supports = [segment.support for segment in answer.segments]
    if policy is Policy.STRICT:
        assert Support.UNSUPPORTED not in supports
    if behaviour in PLANTED:
        assert answer.dropped > 0 if policy is Policy.STRICT else supports
        assert set(supports) <= {Support.UNSUPPORTED}
    if behaviour in {"leaks_the_system_prompt", "repeats_the_fence"}:
        assert answer.dropped > 0  # not even marked: it has the fence
    if behaviour.startswith("right") and behaviour != "right_paraphrase":
        assert (answer.status, supports) == (Status.ANSWERED, [Support.QUOTED])
        assert "May 1904" in answer.text


def test_strict_drops_and_mark_marks(library: Corpus, reader: BundledReader) -> None:
    with scripted("sandwiched_with_marker") as server:
        with writing(library, reader, server) as service:
            strict = service.ask(ASKED)
        with writing(library, reader, server, policy=Policy.MARK) as service:
            mark = service.ask(ASKED)
    assert [one.support for one in strict.segments] == [Support.QUOTED]  # and said once
    assert (strict.dropped, mark.dropped) == (1, 0)
    assert [one.support for one in mark.segments] == [Support.QUOTED, Support.UNSUPPORTED]
    assert mark.segments[1].span.of(mark.text) == INVENTED
    assert strict.text == mark.segments[0].span.of(mark.text)


def test_a_model_without_an_answer_abstains(library: Corpus, reader: BundledReader) -> None:
    with scripted("no_answer") as server, writing(library, reader, server) as service:
        answer = service.ask(ASKED)
    assert answer.abstention
    assert (answer.abstention.reason, answer.dropped) == (Reason.NOT_IN_PASSAGES, 0)


def test_what_needs_no_model_does_not_ask_it(library: Corpus, reader: BundledReader) -> None:
    with scripted("right") as server, writing(library, reader, server) as service:
        off_topic, hello = service.ask(OFF_TOPIC), service.ask("Hello!")
        extractive = service.ask(ASKED, mode=Mode.EXTRACTIVE)
        assert server.requests == []
    assert (off_topic.status, hello.mode) == (Status.ABSTAINED, Mode.CHAT)
    assert extractive.mode is Mode.EXTRACTIVE


def test_our_own_count_where_the_server_has_none(library: Corpus, reader: BundledReader) -> None:
    with scripted("no_usage") as server, writing(library, reader, server) as service:
        usage = service.ask(ASKED).usage
    assert usage.completion_tokens == 12
    assert usage.prompt_tokens > 300


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("behaviour", ["right", "negated", "cut"])
def test_what_is_deleted_while_the_model_writes_is_not_cited(
    corpus: Corpus,
    reader: BundledReader,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: str,
    policy: Policy,
) -> None:
    filled(corpus)
    written = CONTENT["right" if behaviour == "cut" else behaviour]

    async def deleting(reply: Reply) -> None:
        corpus.delete("bridge")
        await reply.start()
        await reply.say(f"{written(seen(reply.asked.body['messages']))} And more")
        reply.hang_up() if behaviour == "cut" else await reply.finish()

    monkeypatch.setitem(TRANSPORT, "deleting", deleting)
    with scripted("deleting") as server, writing(corpus, reader, server, policy=policy) as service:
        answer = service.ask(ASKED)
        assert_sound(answer, corpus, fences(server))
    assert answer.fallback == ("cut" if behaviour == "cut" else None)
    assert answer.status is Status.ABSTAINED  # not even marked
    assert answer.passages
    assert "bridge" not in {one.chunk.document_id for one in answer.passages}


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("end", ["length", "cut"])
def test_half_a_sentence_is_not_said(
    library: Corpus,
    reader: BundledReader,
    monkeypatch: pytest.MonkeyPatch,
    end: str,
    policy: Policy,
) -> None:
    async def half(reply: Reply) -> None:
        number, sentence = seen(reply.asked.body["messages"]).best
        await reply.start()
        await reply.say(f"{sentence} [{number}]. The bridge crosses the river Ald [{number}]")
        await reply.finish("length") if end == "length" else reply.hang_up()

    monkeypatch.setitem(TRANSPORT, "half", half)
    with scripted("half") as server, writing(library, reader, server, policy=policy) as service:
        answer = service.ask(ASKED)
        assert_sound(answer, library)
    assert (answer.status, answer.mode) == (Status.ANSWERED, Mode.GENERATED)
    assert answer.text == "The Loe bridge was opened in May 1904 after six years of work."
    assert answer.fallback == (None if end == "length" else "cut")
    assert answer.usage.completion_tokens > 0


def test_after_failures_in_a_row_the_model_is_left_alone(
    library: Corpus, reader: BundledReader
) -> None:
    with (
        scripted("status_500") as server,
        writing(library, reader, server, retries=0, failures=2) as service,
    ):
        reasons = [service.ask(ASKED).fallback for _ in range(3)]
        assert len(server.requests) == 2
    assert reasons == ["failing", "failing", "open"]


def test_a_prompt_too_long_is_told(library: Corpus, reader: BundledReader) -> None:
    with (
        scripted("right") as server,
        writing(library, reader, server, budget_tokens=50) as service,
    ):
        answer = service.ask(ASKED)
        assert server.requests == []
    assert (answer.fallback, answer.status) == ("too_long", Status.ANSWERED)


@pytest.mark.parametrize("behaviour", ["hang_before_headers", "hang_mid_stream", "slow_drip"])
def test_cancelling_stops_the_model(library: Corpus, reader: BundledReader, behaviour: str) -> None:
    cancelled, told = threading.Event(), list[Event]()
    with (
        scripted(behaviour) as server,
        writing(library, reader, server) as service,
        ThreadPoolExecutor(1) as pool,
    ):
        stream = service.stream(ASKED, cancelled=cancelled)
        next(stream)
        rest = pool.submit(lambda: told.extend(stream))
        while not server.requests:
            threading.Event().wait(0.01)
        cancelled.set()
        assert server.requests[0].disconnected.wait(2)
        rest.result(HELD)
    assert told == []


def test_leaving_the_stream_stops_the_model(library: Corpus, reader: BundledReader) -> None:
    with (
        scripted("hang_mid_stream") as server,
        writing(library, reader, server, policy=Policy.MARK) as service,
    ):
        stream = service.stream(ASKED)
        assert any(isinstance(event, Delta) for event in stream)
        stream.close()
        assert server.requests[0].disconnected.wait(2)


def test_the_events_add_up_to_the_answer(library: Corpus, reader: BundledReader) -> None:
    with (
        scripted("cut") as server,
        writing(library, reader, server, policy=Policy.MARK) as service,
    ):
        told = list(service.stream(ASKED))
    done = told[-1]
    assert isinstance(done, Done)
    assert "".join(one.text for one in told if isinstance(one, Delta)) == done.answer.text
    segments = [one.segment for one in told if isinstance(one, SegmentDone)]
    assert tuple(segments) == done.answer.segments


def test_many_answers(library: Corpus, reader: BundledReader) -> None:
    """All behaviours, questions and policies at night; some of them in each run.

    Names that change places within a sentence are the one kind that is let through at times.
    """
    every = list(product(BEHAVIOURS, Policy, QUESTIONS))
    if not NIGHTLY:
        every = sorted(random.Random(0).sample(every, 2 * CYCLES), key=group_of)  # noqa: S311
    counts: Counter[str] = Counter()

    def ask_all(behaviour: str, policy: Policy, questions: list[str]) -> None:
        with (
            scripted(behaviour, seed=len(questions)) as server,
            writing(library, reader, server, policy=policy, **limits(behaviour)) as service,
        ):
            for question in questions:
                answer = answered(service, question)
                assert_sound(answer, library, fences(server))
                counts.update(counted(behaviour, answer))

    with ThreadPoolExecutor(8) as pool:
        groups = [
            pool.submit(ask_all, behaviour, policy, [row[2] for row in rows])
            for (behaviour, policy), rows in groupby(every, key=group_of)
        ]
        for group in groups:
            group.result()
    print(*(f"{name}: {count}" for name, count in sorted(counts.items())), sep="\n")  # noqa: T201
    assert counts["answers"] == len(every)
    let_through = {name for name in counts if name.startswith("let through")}
    assert let_through <= {"let through: swapped_names"}


def group_of(row: tuple[str, Policy, str]) -> tuple[str, Policy]:
    return row[:2]


def counted(behaviour: str, answer: Answer) -> Counter[str]:
    """What came of it, in numbers."""
    found = Counter({"answers": 1, f"answers, {answer.status}": 1, "dropped": answer.dropped})
    found.update(f"segments, {one.support}" for one in answer.segments)
    found["citations"] = len(answer.citations)
    if answer.fallback:
        found["answers, fallen back"] = 1
    if behaviour in PLANTED:
        said = [one for one in answer.segments if one.support is not Support.UNSUPPORTED]
        found[f"planted: {behaviour}"] = 1
        if said:
            found[f"let through: {behaviour}"] = len(said)
    return +found
