"""The tools for language models: search, fetch and ask, as the protocol describes them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event as Flag
from typing import Annotated, Any, Literal

import msgspec

from citespan.api.middleware.watch import retrieving, watched
from citespan.api.wire.responses import AnswerBody, SearchBody, answer_body, passage_body
from citespan.api.wire.spans import MAX_OFFSET, asked_span
from citespan.api.wire.urls import text_url
from citespan.index import Document, Span
from citespan.index.types import MetadataValue
from citespan.qa import Mode, Service
from citespan.qa.answer import MAX_FETCH, folded
from citespan.qa.question import MAX_TOP_K

_TopK = Annotated[
    int, msgspec.Meta(ge=1, le=MAX_TOP_K, description="The largest number of passages.")
]
_Collection = Annotated[
    str, msgspec.Meta(description="The collection to use; this server's own by default.")
]
_Revision = Annotated[
    int,
    msgspec.Meta(ge=1, le=MAX_OFFSET, description="The revision; the current one by default."),
]
_Offset = Annotated[
    int, msgspec.Meta(ge=0, le=MAX_OFFSET, description="An offset in code points of the text.")
]
_ResultId = Annotated[str, msgspec.Meta(description="The id of a result, or of a document.")]
# The id of a result: a document's, then `#`, and then its revision and the passage in it.
_PASSAGE = re.compile(r"([1-9][0-9]{0,14}):([0-9]{1,15})-([0-9]{1,15})")


# The docstrings of the next three classes are the descriptions of the tools.
class SearchArguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Find passages of the documents, best first."""

    query: str
    top_k: _TopK = 10
    collection: _Collection | None = None


class FetchArguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read a document, or the characters of it from `start` to `end`.

    Name it by its `document_id`, or by the `id` of a result of `search` to read around the passage.
    A call returns at most 50,000 characters. In its result, `end` is where they end, and `length`
    counts the characters of the whole document.
    """

    id: _ResultId = ""
    document_id: str = ""
    revision: _Revision | None = None
    start: _Offset = 0
    end: _Offset | None = None
    collection: _Collection | None = None


class AskArguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answer a question from the documents, with a citation for every sentence."""

    question: str
    mode: Literal["extractive", "generated"] | None = None
    top_k: _TopK | None = None
    collection: _Collection | None = None


class ResultBody(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was found; `id` and `url` name its best passage."""

    id: str
    title: str
    url: str


class FoundBody(SearchBody, frozen=True, kw_only=True):
    """Passages, best first, and the documents that they are from."""

    results: tuple[ResultBody, ...]


class TextBody(msgspec.Struct, frozen=True, kw_only=True):
    """Characters of a document, exactly as stored; `url` names the passage that was asked for."""

    id: str
    revision: int
    title: str
    uri: str | None
    start: int
    end: int
    length: int
    text: str
    url: str
    metadata: Mapping[str, MetadataValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool: what it takes, what it returns, and what it does."""

    arguments: type[SearchArguments | FetchArguments | AskArguments]
    result: type[msgspec.Struct]
    call: Callable[[Service, Any, Flag], msgspec.Struct]  # the flag is set once the call is over


def _search(service: Service, asked: SearchArguments, _: Flag) -> FoundBody:
    generation = service.corpus.generation
    with retrieving(service.collection):
        found = service.search(asked.query, top_k=asked.top_k)
    passages = tuple(passage_body(one, service.collection) for one in found)
    best = {one.document_id: one for one in reversed(passages)}
    results = (best[name] for name in dict.fromkeys(one.document_id for one in passages))
    return FoundBody(
        passages=passages,
        index_generation=generation,
        results=tuple(
            ResultBody(
                id=f"{one.document_id}#{one.revision}:{one.start}-{one.end}",
                title=one.title or one.document_id,
                url=one.url,
            )
            for one in results
        ),
    )


def _fetch(service: Service, asked: FetchArguments, _: Flag) -> TextBody:
    if bool(asked.id) == bool(asked.document_id):
        raise msgspec.ValidationError(
            "Object missing required field `document_id`, or `id` in its place; send one of them"
        )
    name, revision = asked.document_id or asked.id, asked.revision
    before, mark, rest = asked.id.rpartition("#")
    if mark and before and (passage := _PASSAGE.fullmatch(rest)):
        name, revision = before, revision or int(passage[1])
        if (asked.start, asked.end) == (0, None):
            return _around(service, name, revision, int(passage[2]), int(passage[3]))
    document = service.corpus.get(name, revision)
    span = asked_span(document, asked.start, asked.end)
    span = Span(span.start, min(span.end, span.start + MAX_FETCH))
    return _text(service, document, span, span)


def _around(service: Service, document_id: str, revision: int, start: int, end: int) -> TextBody:
    """Return a passage with as much of its document around it as a call may return."""
    document = service.corpus.get(document_id, revision)
    passage = asked_span(document, start, end)
    first = max(0, min((start + end - MAX_FETCH) // 2, document.length - MAX_FETCH))
    span = Span(first, min(document.length, first + MAX_FETCH))
    return _text(service, document, span, passage)


def _text(service: Service, document: Document, span: Span, cited: Span) -> TextBody:
    return TextBody(
        id=document.id,
        revision=document.revision,
        title=document.title,
        uri=document.uri,
        start=span.start,
        end=span.end,
        length=document.length,
        text=span.of(document.text),
        url=text_url(document.id, document.revision, cited, service.collection),
        metadata=document.metadata,
    )


def _ask(service: Service, asked: AskArguments, cancelled: Flag) -> AnswerBody:
    mode = asked.mode and Mode(asked.mode)
    events = service.stream(asked.question, mode=mode, top_k=asked.top_k, cancelled=cancelled)
    return answer_body(folded(watched(events, service.collection)), collection=service.collection)


TOOLS = {
    "search": Tool(arguments=SearchArguments, result=FoundBody, call=_search),
    "fetch": Tool(arguments=FetchArguments, result=TextBody, call=_fetch),
    "ask": Tool(arguments=AskArguments, result=AnswerBody, call=_ask),
}
