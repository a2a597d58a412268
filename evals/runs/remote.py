"""A citespan server, measured over HTTP."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from citespan.decoding import from_json
from citespan.evals.errors import RunError
from citespan.evals.types import (
    AnswerPart,
    CitedSpan,
    Dataset,
    Question,
    Response,
    ResponseStatus,
    RetrievedSpan,
    SourceDocument,
)
from citespan.index.disk import sha256_text
from citespan.qa.llm import on_this_machine

T = TypeVar("T")

_TIMEOUT_S = 120.0


class _Span(msgspec.Struct, frozen=True):
    start: int
    end: int


class _DocumentRef(msgspec.Struct, frozen=True):
    id: str


class _Citation(_Span, frozen=True):
    id: str
    document: _DocumentRef
    quote: str
    utf16_start: int
    utf16_end: int


class _Segment(_Span, frozen=True):
    citations: tuple[str, ...]


class _Scores(msgspec.Struct, frozen=True):
    relevance: float | None = None


class _Passage(_Span, frozen=True):
    document_id: str
    scores: _Scores


class _Abstention(msgspec.Struct, frozen=True):
    reason: str


class _Answer(msgspec.Struct, frozen=True):
    status: ResponseStatus
    answer: str
    segments: tuple[_Segment, ...]
    citations: tuple[_Citation, ...]
    passages: tuple[_Passage, ...]
    abstention: _Abstention | None
    confidence: float
    timings_ms: dict[str, float]


class _Version(msgspec.Struct, frozen=True):
    version: str


class _Listed(msgspec.Struct, frozen=True):
    id: str
    sha256: str


class _Page(msgspec.Struct, frozen=True):
    documents: tuple[_Listed, ...]
    next_cursor: str | None


class HttpSystem:
    """A citespan server, of which `version` is known; `close` it.

    Args:
        url: of the server, without `/v1`.

    Raises:
        RunError: the URL cannot be used, or no citespan answers there.
    """

    def __init__(self, url: str) -> None:
        try:
            self._client = httpx.Client(
                base_url=url.rstrip("/"), timeout=_TIMEOUT_S, trust_env=not on_this_machine(url)
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise RunError(f"{url!r} is not a URL: {error}") from error
        self._url = url
        try:
            self.version = self._ask("GET", "/version", _Version).version
        except RunError:
            self.close()
            raise

    def respond(self, question: Question) -> Response:
        """Return the server's answer; a failed request is in `Response.error`.

        Raises:
            RunError: the server no longer answers.
        """
        asked = {"question": question.text, "include": ["passages"]}
        try:
            reply = self._client.post("/v1/ask", json=asked)
            if not reply.is_success:
                return Response(question_id=question.id, error=_problem(reply))
            answer = from_json(reply.content, _Answer)
            return _response(question.id, answer)
        except httpx.ConnectError as error:
            raise RunError(
                f"{self._url} no longer answers: {error}; start it again, and repeat"
                " the same command to continue"
            ) from error
        except KeyError as error:
            problem = f"the answer names the citation {error}, which it does not have"
            return Response(question_id=question.id, error=problem)
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            return Response(question_id=question.id, error=f"{type(error).__name__}: {error}")

    def check_documents(self, dataset: Dataset) -> list[SourceDocument]:
        """Return the documents of the data set that the server lacks or holds with another text.

        Raises:
            RunError: the server holds other documents too, which would be found and cited.
        """
        held = {listed.id: listed.sha256 for listed in self._documents()}
        others = sorted(held.keys() - dataset.documents.keys())
        if others:
            raise RunError(
                f"{self._url} also holds documents that are not in the data set ({len(others)},"
                f" {others[0]!r} for one); measure a server that has a data folder of its own, or"
                " delete them there"
            )
        return [
            document
            for document in dataset.documents.values()
            if held.get(document.id) != sha256_text(document.text)
        ]

    def upload(self, documents: Iterable[SourceDocument]) -> None:
        """Store documents on the server.

        Raises:
            RunError: it refused one.
        """
        for document in documents:
            body = {"text": document.text, "title": document.title or None}
            self._ask("PUT", f"/v1/documents/{quote(document.id, safe='')}", _Listed, json=body)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _documents(self) -> Iterator[_Listed]:
        asked: dict[str, str | int] = {"limit": 100}
        while True:
            page = self._ask("GET", "/v1/documents", _Page, params=asked)
            yield from page.documents
            if page.next_cursor in (None, asked.get("cursor")):
                return
            asked["cursor"] = page.next_cursor

    def _ask(self, method: str, path: str, kind: type[T], **options: Any) -> T:
        try:
            reply = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise RunError(f"{self._url} does not answer: {error}") from error
        if not reply.is_success:
            raise RunError(f"{self._url}{path}: {_problem(reply)}")
        try:
            return from_json(reply.content, kind)
        except (ValueError, RecursionError) as error:
            raise RunError(f"the server at {self._url} is not citespan") from error


def _problem(reply: httpx.Response) -> str:
    """Return the status, and the detail of a problem document if there is one."""
    try:
        detail = str(msgspec.json.decode(reply.content)["detail"])
    except (ValueError, RecursionError, KeyError, TypeError):
        detail = reply.reason_phrase
    return f"{reply.status_code} {detail}"


def _response(question_id: str, answer: _Answer) -> Response:
    places = {citation.id: at for at, citation in enumerate(answer.citations)}
    return Response(
        question_id=question_id,
        status=answer.status,
        text=answer.answer,
        parts=tuple(
            AnswerPart(
                start=segment.start,
                end=segment.end,
                citations=tuple(places[name] for name in segment.citations),
            )
            for segment in answer.segments
        ),
        citations=tuple(
            CitedSpan(
                document_id=citation.document.id,
                start=citation.start,
                end=citation.end,
                quote=citation.quote,
                utf16_start=citation.utf16_start,
                utf16_end=citation.utf16_end,
            )
            for citation in answer.citations
        ),
        passages=tuple(
            RetrievedSpan(
                document_id=passage.document_id,
                start=passage.start,
                end=passage.end,
                score=passage.scores.relevance,
            )
            for passage in answer.passages
        ),
        confidence=answer.confidence,
        reason=answer.abstention.reason if answer.abstention else None,
        timings_ms=answer.timings_ms,
    )
