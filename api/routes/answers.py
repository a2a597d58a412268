"""Routes that answer questions, and that retrieve passages."""

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from anyio import to_thread
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import RawBody
from litestar.response import ServerSentEvent

from citespan.api.access import ASK, RULE
from citespan.api.errors.types import InvalidRequest
from citespan.api.middleware.lines import ASKING
from citespan.api.middleware.patience import Patience
from citespan.api.middleware.watch import retrieving, watched
from citespan.api.wire.bodies import AnyRequest, read_json
from citespan.api.wire.events import EVENT_STREAM, EventEncoder, answer_events
from citespan.api.wire.requests import AskRequest, SearchRequest
from citespan.api.wire.responses import AnswerBody, SearchBody, answer_body, passage_body
from citespan.index import Filter, parse_filter
from citespan.index.errors import InvalidFilter
from citespan.qa import Mode
from citespan.qa.answer import folded
from citespan.qa.collections import Collections
from citespan.qa.types import Message


@post("/v1/ask", status_code=200, opt={"line": ASKING, RULE: ASK})
async def ask(
    collections: NamedDependency[Collections], request: AnyRequest, body: RawBody
) -> Response[AnswerBody]:
    """Answer a question from the documents, with citations, or abstain.

    If `stream` is true or the client accepts text/event-stream, the answer is a stream of events.
    """
    return await to_thread.run_sync(partial(_answer, collections, request, body))


def _answer(collections: Collections, request: AnyRequest, body: bytes) -> Response[AnswerBody]:
    patience: Patience = request.scope["state"]["patience"]
    asked = read_json(request, body, AskRequest)
    events = watched(
        collections.service(asked.collection).stream(
            asked.question,
            mode=asked.mode and Mode(asked.mode),
            top_k=asked.top_k,
            filters=_filter(asked.filters),
            history=[Message(role=one.role, content=one.content) for one in asked.history],
            cancelled=patience.cancelled,
        ),
        asked.collection,
    )
    passages = "passages" in asked.include
    if asked.stream or EVENT_STREAM in request.headers.get("accept", ""):
        encoder = EventEncoder(asked.collection, passages=passages)
        request_id = request.scope["state"]["request_id"]
        return cast("Any", ServerSentEvent(answer_events(events, patience, encoder, request_id)))
    return Response(answer_body(folded(events), collection=asked.collection, passages=passages))


@post("/v1/search", status_code=200, opt={"line": ASKING, RULE: ASK}, sync_to_thread=True)
def search(
    collections: NamedDependency[Collections], request: AnyRequest, body: RawBody
) -> SearchBody:
    """Return the passages that match a query best, without judging whether they answer it."""
    asked = read_json(request, body, SearchRequest)
    service = collections.service(asked.collection)
    generation = service.corpus.generation
    filters = _filter(asked.filters)
    with retrieving(asked.collection):
        found = service.search(asked.query, top_k=asked.top_k, filters=filters)
    return SearchBody(
        passages=tuple(passage_body(passage, asked.collection) for passage in found),
        index_generation=generation,
    )


def _filter(given: Mapping[str, Any] | None) -> Filter | None:
    try:
        return None if given is None else parse_filter(given)
    except InvalidFilter as error:
        place = f"filters.{error.place}" if error.place else "filters"
        raise InvalidRequest.of(place, error.why) from error
