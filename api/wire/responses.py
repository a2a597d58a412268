"""Wire types of responses, exactly as JSON over HTTP. Offsets are Unicode code points."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from citespan.api.wire.places import BoxBody, PlaceBody, box_bodies, open_url, place_body
from citespan.api.wire.urls import text_url
from citespan.index import Passage
from citespan.index.disk import ulid
from citespan.index.types import Scores
from citespan.qa import Answer, Citation, Segment
from citespan.qa.answer import bounded
from citespan.qa.errors import UngroundedCitation
from citespan.qa.llm import count_tokens
from citespan.qa.settings import DEFAULT


class SpanBody(msgspec.Struct, frozen=True, kw_only=True):
    """A half-open range of code points."""

    start: int
    end: int


class ScoresBody(msgspec.Struct, frozen=True, kw_only=True):
    """The score of each stage; null if the stage did not score the passage."""

    dense: float | None
    lexical: float | None
    fused: float | None
    relevance: float | None
    evidence: float | None


class DocumentRef(msgspec.Struct, frozen=True, kw_only=True):
    """The revision of a document that a citation quotes."""

    id: str
    revision: int
    title: str
    uri: str | None
    sha256: str


class CitationBody(msgspec.Struct, frozen=True, kw_only=True):
    """Characters of a document; `url` returns exactly `quote`.

    `page` is the page of the first character, 1-based, and `boxes` are the rectangles of the lines;
    null and empty if the document's file has no pages. Then `place` says where the quote is.
    `headings` are those over the quote, the outermost first. `open_url` shows the quote in its
    file: on the web, as the picture of its page, or as the kept file; null if nothing can.
    """

    id: str
    document: DocumentRef
    start: int
    end: int
    utf16_start: int
    utf16_end: int
    quote: str
    prefix: str
    suffix: str
    page: int | None
    boxes: tuple[BoxBody, ...]
    place: PlaceBody | None
    headings: tuple[str, ...]
    scores: ScoresBody
    highlights: tuple[SpanBody, ...]
    url: str
    open_url: str | None


class SegmentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the answer, by its offsets in `answer`, with the citations that support it."""

    start: int
    end: int
    support: str
    citations: tuple[str, ...]


class AbstentionBody(msgspec.Struct, frozen=True, kw_only=True):
    """The reason why there is no answer, or the part that a partial answer lacks."""

    reason: str
    message: str


class PassageBody(msgspec.Struct, frozen=True, kw_only=True):
    """A retrieved passage; `url` returns exactly `text`, `tokens` is its size in cl100k_base.

    `context` is what is searched with the text: the headings over it, and the header of its table.
    """

    document_id: str
    revision: int
    title: str
    context: str
    start: int
    end: int
    text: str
    tokens: int
    scores: ScoresBody
    url: str


class UsageBody(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of a language model; an extractive answer uses none."""

    prompt_tokens: int
    completion_tokens: int


class AnswerBody(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, in which every citation id of a segment names one of `citations`."""

    id: str
    status: str
    answer: str
    mode: str
    offset_unit: Literal["codepoint"] = "codepoint"
    segments: tuple[SegmentBody, ...]
    citations: tuple[CitationBody, ...]
    abstention: AbstentionBody | None
    confidence: float
    question: str
    fallback: str | None
    dropped: int
    passages: tuple[PassageBody, ...]
    usage: UsageBody
    timings_ms: Mapping[str, float]
    index_generation: int

    def __post_init__(self) -> None:
        known = {citation.id for citation in self.citations}
        used = {name for segment in self.segments for name in segment.citations}
        if known != used or len(known) != len(self.citations):
            raise UngroundedCitation("citations and the ids that segments name differ")


class CreatedBody(msgspec.Struct, frozen=True, kw_only=True):
    """The beginning of an answer."""

    id: str
    collection: str


class RetrievalBody(msgspec.Struct, frozen=True, kw_only=True):
    """The number of passages found for `question`, which is rewritten to need no history."""

    question: str
    passages: int
    timings_ms: Mapping[str, float]


class DeltaBody(msgspec.Struct, frozen=True, kw_only=True):
    """The next part of the answer's text."""

    text: str


class SearchBody(msgspec.Struct, frozen=True, kw_only=True):
    """Passages, best first."""

    offset_unit: Literal["codepoint"] = "codepoint"
    passages: tuple[PassageBody, ...]
    index_generation: int


def scores_body(scores: Scores) -> ScoresBody:
    """Return scores on the wire."""
    return ScoresBody(
        dense=scores.dense,
        lexical=scores.lexical,
        fused=scores.fused,
        relevance=scores.relevance,
        evidence=scores.evidence,
    )


def citation_body(citation: Citation, collection: str) -> CitationBody:
    """Return a citation on the wire."""
    info = citation.document
    return CitationBody(
        id=_name(citation),
        document=DocumentRef(
            id=info.id,
            revision=info.revision,
            title=info.title,
            uri=info.uri,
            sha256=info.sha256,
        ),
        start=citation.span.start,
        end=citation.span.end,
        utf16_start=citation.utf16.start,
        utf16_end=citation.utf16.end,
        quote=citation.quote,
        prefix=citation.prefix,
        suffix=citation.suffix,
        page=citation.page,
        boxes=box_bodies(citation.boxes),
        place=place_body(citation.place, citation.where.cells),
        headings=citation.headings,
        scores=scores_body(citation.scores),
        highlights=tuple(SpanBody(start=s.start, end=s.end) for s in citation.highlights),
        url=text_url(info.id, info.revision, citation.span, collection),
        open_url=open_url(citation, collection),
    )


def _name(citation: Citation) -> str:
    """Return the id that segments refer to."""
    return f"c{citation.number}"


def passage_body(passage: Passage, collection: str = DEFAULT) -> PassageBody:
    """Return a passage of a collection on the wire."""
    chunk = passage.chunk
    return PassageBody(
        document_id=chunk.document_id,
        revision=chunk.revision,
        title=passage.title,
        context=chunk.context,
        start=chunk.span.start,
        end=chunk.span.end,
        text=passage.text,
        tokens=count_tokens(passage.text),
        scores=scores_body(passage.scores),
        url=text_url(chunk.document_id, chunk.revision, chunk.span, collection),
    )


def segment_body(segment: Segment) -> SegmentBody:
    """Return a segment on the wire."""
    return SegmentBody(
        start=segment.span.start,
        end=segment.span.end,
        support=segment.support,
        citations=tuple(map(_name, segment.citations)),
    )


def answer_body(
    answer: Answer,
    *,
    answer_id: str | None = None,
    collection: str = DEFAULT,
    passages: bool = False,
) -> AnswerBody:
    """Return the answer on the wire.

    Args:
        answer: the answer of the service.
        answer_id: the answer's id; a new one by default.
        collection: the name of the collection that answered.
        passages: whether the answer includes the judged passages.
    """
    why = answer.abstention
    return AnswerBody(
        id=answer_id or f"ans_{ulid()}",
        status=answer.status,
        answer=answer.text,
        mode=answer.mode,
        segments=tuple(segment_body(segment) for segment in answer.segments),
        citations=tuple(citation_body(c, collection) for c in answer.citations),
        abstention=why and AbstentionBody(reason=why.reason, message=why.message),
        confidence=answer.confidence,
        passages=tuple(passage_body(p, collection) for p in bounded(answer.passages) if passages),
        question=answer.question,
        fallback=answer.fallback,
        dropped=answer.dropped,
        usage=UsageBody(
            prompt_tokens=answer.usage.prompt_tokens,
            completion_tokens=answer.usage.completion_tokens,
        ),
        timings_ms=answer.timings_ms,
        index_generation=answer.index_generation,
    )
