"""Routes that answer: questions and plain retrieval."""

from collections.abc import Mapping
from typing import Any

from litestar import post
from litestar.di import NamedDependency
from litestar.params import RawBody

from api.bodies import AnyRequest, read_json
from api.errors import InvalidRequest
from api.requests import AskRequest, SearchRequest
from api.schemas import AnswerBody, SearchBody, answer_body, passage_body
from index import Filter, parse_filter
from index.errors import InvalidFilter
from qa.collections import Collections


@post("/v1/ask", status_code=200, sync_to_thread=True)
def ask(
    collections: NamedDependency[Collections], request: AnyRequest, body: RawBody
) -> AnswerBody:
    """Answer a question from the documents; abstaining is an ordinary answer."""
    asked = read_json(request, body, AskRequest)
    if asked.stream:
        raise InvalidRequest.of("stream", "streaming is not supported yet")
    service = collections.service(asked.collection)
    answer = service.ask(asked.question, top_k=asked.top_k, filters=_filter(asked.filters))
    return answer_body(answer, collection=asked.collection, passages="passages" in asked.include)


@post("/v1/search", status_code=200, sync_to_thread=True)
def search(
    collections: NamedDependency[Collections], request: AnyRequest, body: RawBody
) -> SearchBody:
    """Find passages without judging them."""
    asked = read_json(request, body, SearchRequest)
    service = collections.service(asked.collection)
    generation = service.corpus.generation
    found = service.search(asked.query, top_k=asked.top_k, filters=_filter(asked.filters))
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
