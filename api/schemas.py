"""Wire types: exactly the JSON that goes over HTTP. Offsets are Unicode code points."""

import secrets
import time
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec

from index import DocumentInfo, DocumentPage, Draft, Passage, Scores, Span
from qa import Answer, Citation
from qa.errors import UngroundedCitation
from qa.service import MAX_TOP_K

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MAX_SAFE_INT = 2**53 - 1  # JavaScript keeps no larger integer exact

_TopK = Annotated[int, msgspec.Meta(ge=1, le=MAX_TOP_K)]
_Integer = Annotated[int, msgspec.Meta(ge=-_MAX_SAFE_INT, le=_MAX_SAFE_INT)]
_Short = Annotated[str, msgspec.Meta(max_length=2000)]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class AskRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question."""

    question: str
    top_k: _TopK | None = None
    mode: Literal["extractive"] = "extractive"
    include: Annotated[tuple[Literal["passages"], ...], msgspec.Meta(max_length=8)] = ()
    stream: bool = False


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for."""

    query: str
    top_k: _TopK = 10


class DocumentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document to be stored."""

    text: str
    id: str | None = None
    title: _Short | None = None
    uri: _Short | None = None
    metadata: Annotated[
        Mapping[_Key, _Short | _Integer | float | bool | None], msgspec.Meta(max_length=100)
    ] = {}

    def draft(self) -> Draft:
        """What the index is given."""
        return Draft(
            id=self.id, text=self.text, title=self.title, uri=self.uri, metadata=self.metadata
        )


class SpanBody(msgspec.Struct, frozen=True, kw_only=True):
    """A half-open range of code points."""

    start: int
    end: int


class ScoresBody(msgspec.Struct, frozen=True, kw_only=True):
    """What each stage thought; null where it did not look."""

    dense: float | None
    lexical: float | None
    fused: float | None
    evidence: float | None

    @classmethod
    def of(cls, scores: Scores) -> "ScoresBody":
        return cls(
            dense=scores.dense,
            lexical=scores.lexical,
            fused=scores.fused,
            evidence=scores.evidence,
        )


class DocumentRef(msgspec.Struct, frozen=True, kw_only=True):
    """The revision of a document that a citation is cut from."""

    id: str
    revision: int
    title: str
    uri: str | None
    sha256: str


class CitationBody(msgspec.Struct, frozen=True, kw_only=True):
    """Characters of a document; `url` gives exactly `quote`."""

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
    boxes: tuple[tuple[float, float, float, float], ...]
    scores: ScoresBody
    highlights: tuple[SpanBody, ...]
    url: str

    @classmethod
    def of(cls, citation: Citation, citation_id: str) -> "CitationBody":
        info = citation.document
        return cls(
            id=citation_id,
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
            page=None,
            boxes=(),
            scores=ScoresBody.of(citation.scores),
            highlights=tuple(SpanBody(start=s.start, end=s.end) for s in citation.highlights),
            url=text_url(info.id, info.revision, citation.span),
        )


class SegmentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the answer, by its offsets in `answer`, and the citations it rests on."""

    start: int
    end: int
    support: str
    citations: tuple[str, ...]


class AbstentionBody(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer."""

    reason: str
    message: str


class PassageBody(msgspec.Struct, frozen=True, kw_only=True):
    """A retrieved passage; `url` gives exactly `text`."""

    document_id: str
    revision: int
    title: str
    start: int
    end: int
    text: str
    scores: ScoresBody
    url: str

    @classmethod
    def of(cls, passage: Passage) -> "PassageBody":
        chunk = passage.chunk
        return cls(
            document_id=chunk.document_id,
            revision=chunk.revision,
            title=passage.title,
            start=chunk.span.start,
            end=chunk.span.end,
            text=passage.text,
            scores=ScoresBody.of(passage.scores),
            url=text_url(chunk.document_id, chunk.revision, chunk.span),
        )


class UsageBody(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens of a language model; an extractive answer takes none."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class AnswerBody(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. A segment that names a citation that is not there cannot be made."""

    id: str
    status: str
    answer: str
    mode: str
    offset_unit: Literal["codepoint"] = "codepoint"
    segments: tuple[SegmentBody, ...]
    citations: tuple[CitationBody, ...]
    abstention: AbstentionBody | None
    passages: tuple[PassageBody, ...]
    usage: UsageBody
    timings_ms: Mapping[str, float]
    index_generation: int

    def __post_init__(self) -> None:
        known = {citation.id for citation in self.citations}
        used = {name for segment in self.segments for name in segment.citations}
        if known != used or len(known) != len(self.citations):
            raise UngroundedCitation("citations and the ids that segments name differ")

    @classmethod
    def of(cls, answer: Answer, *, passages: bool) -> "AnswerBody":
        """The answer on the wire, its citations numbered in order of first use."""
        numbered: dict[tuple[str, int, Span], CitationBody] = {}
        segments: list[SegmentBody] = []
        for segment in answer.segments:
            for citation in segment.citations:
                key = _key(citation)
                if key not in numbered:
                    numbered[key] = CitationBody.of(citation, f"c{len(numbered) + 1}")
            names = [numbered[_key(citation)].id for citation in segment.citations]
            segments.append(
                SegmentBody(
                    start=segment.span.start,
                    end=segment.span.end,
                    support=segment.support,
                    citations=tuple(dict.fromkeys(names)),
                )
            )
        why = answer.abstention
        return cls(
            id=answer_id(),
            status=answer.status,
            answer=answer.text,
            mode=answer.mode,
            segments=tuple(segments),
            citations=tuple(numbered.values()),
            abstention=why and AbstentionBody(reason=why.reason, message=why.message),
            passages=tuple(map(PassageBody.of, answer.passages)) if passages else (),
            usage=UsageBody(),
            timings_ms=answer.timings_ms,
            index_generation=answer.index_generation,
        )


class SearchBody(msgspec.Struct, frozen=True, kw_only=True):
    """Passages, best first."""

    offset_unit: Literal["codepoint"] = "codepoint"
    passages: tuple[PassageBody, ...]
    index_generation: int


class DocumentBody(msgspec.Struct, frozen=True, kw_only=True):
    """A stored document; `url` gives its text, `length` counts code points."""

    id: str
    title: str
    uri: str | None
    sha256: str
    revision: int
    media_type: str
    metadata: Mapping[str, str | int | float | bool | None]
    length: int
    created_at: str
    url: str

    @classmethod
    def of(cls, info: DocumentInfo) -> "DocumentBody":
        return cls(
            id=info.id,
            title=info.title,
            uri=info.uri,
            sha256=info.sha256,
            revision=info.revision,
            media_type=info.media_type,
            metadata=info.metadata,
            length=info.length,
            created_at=info.created_at,
            url=text_url(info.id, info.revision),
        )


class DocumentListBody(msgspec.Struct, frozen=True, kw_only=True):
    """A page of documents; `next_cursor` is for the next one."""

    documents: tuple[DocumentBody, ...]
    next_cursor: str | None

    @classmethod
    def of(cls, page: DocumentPage) -> "DocumentListBody":
        return cls(
            documents=tuple(map(DocumentBody.of, page.documents)), next_cursor=page.next_cursor
        )


class HealthBody(msgspec.Struct, frozen=True, kw_only=True):
    """How the process is."""

    status: str


class VersionBody(msgspec.Struct, frozen=True, kw_only=True):
    """What runs here."""

    name: str
    version: str


def document_url(document_id: str) -> str:
    """Where a document is, below the service's address."""
    return f"/v1/documents/{quote(document_id, safe='')}"


def text_url(document_id: str, revision: int, span: Span | None = None) -> str:
    """Where the text of a revision is, or the characters of a span."""
    url = f"{document_url(document_id)}/text?revision={revision}"
    return url if span is None else f"{url}&start={span.start}&end={span.end}"


def answer_id() -> str:
    """`ans_` and a ULID: 48 bits of time in milliseconds, then 80 random ones.

    Source: https://github.com/ulid/spec
    """
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "ans_" + "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def _key(citation: Citation) -> tuple[str, int, Span]:
    return citation.document.id, citation.document.revision, citation.span
