"""Routes that answer: questions and plain retrieval."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import RawBody

from api.bodies import AnyRequest, read_json
from api.errors import InvalidRequest
from api.requests import AskRequest, SearchRequest
from api.schemas import AnswerBody, SearchBody, answer_body, passage_body
from qa import Service


@post("/v1/ask", status_code=200, sync_to_thread=True)
def ask(service: NamedDependency[Service], request: AnyRequest, body: RawBody) -> AnswerBody:
    """Answer a question from the documents; abstaining is an ordinary answer."""
    asked = read_json(request, body, AskRequest)
    if asked.stream:
        raise InvalidRequest.of("stream", "streaming is not supported yet")
    answer = service.ask(asked.question, top_k=asked.top_k)
    return answer_body(answer, passages="passages" in asked.include)


@post("/v1/search", status_code=200, sync_to_thread=True)
def search(service: NamedDependency[Service], request: AnyRequest, body: RawBody) -> SearchBody:
    """Find passages without judging them."""
    asked = read_json(request, body, SearchRequest)
    generation = service.corpus.generation
    found = service.search(asked.query, top_k=asked.top_k)
    return SearchBody(
        passages=tuple(map(passage_body, found)),
        index_generation=generation,
    )
