"""Tools for language models, over the Model Context Protocol: search, fetch and ask.

The protocol's library is loaded at first use, so that only its clients wait for it.
"""

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Event as Flag
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, cast

import anyio
import msgspec
from anyio import to_thread
from litestar import asgi
from litestar.exceptions import MethodNotAllowedException
from litestar.types import ASGIApp, Receive, Scope, Send

from citespan.api.errors import is_fault, row_of, shown
from citespan.api.errors.types import Busy, TookTooLong
from citespan.api.middleware.disconnect import until_disconnected
from citespan.api.middleware.lines import ASKING, USUAL, Line, lines_of
from citespan.api.middleware.patience import Patience
from citespan.api.middleware.telemetry import logger
from citespan.api.wire.responses import AnswerBody, SearchBody, answer_body, passage_body
from citespan.api.wire.spans import MAX_OFFSET, asked_span
from citespan.api.wire.urls import text_url
from citespan.index import Span
from citespan.index.text import escaped_json
from citespan.qa import Mode, Service
from citespan.qa.answer import MAX_FETCH, folded
from citespan.qa.collections import Collections, met
from citespan.qa.errors import CollectionNotFound
from citespan.qa.question import MAX_TOP_K
from citespan.qa.settings import DEFAULT

if TYPE_CHECKING:
    import mcp_types
    from mcp.server.lowlevel import Server

PATH = "/mcp"
_MAX_BODY_BYTES = 256_000  # a question has at most 2,000 characters
Find: TypeAlias = Callable[[str | None], Service]  # by a collection's name; None for its own
_INSTRUCTIONS = (
    "citespan answers questions from a collection of documents. Every sentence of an answer cites"
    " the exact characters of a document that support it; `fetch` returns them. If the documents do"
    " not answer, citespan says so: do not guess then."
)

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


# The docstrings of the next three classes are the descriptions of the tools.
class SearchArguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Find passages of the documents, best first."""

    query: str
    top_k: _TopK = 10
    collection: _Collection | None = None


class FetchArguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Read a document, or the characters of it from `start` to `end`.

    A call returns at most 50,000 characters. In its result, `end` is where they end, and `length`
    counts the characters of the whole document.
    """

    document_id: str
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


class TextBody(msgspec.Struct, frozen=True, kw_only=True):
    """Characters of a document, exactly as stored."""

    id: str
    revision: int
    title: str
    uri: str | None
    start: int
    end: int
    length: int
    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tool:
    arguments: type[SearchArguments | FetchArguments | AskArguments]
    result: type[msgspec.Struct]
    call: Callable[[Service, Any, Flag], msgspec.Struct]  # the flag is set once the call is over


def _search(service: Service, asked: SearchArguments, _: Flag) -> SearchBody:
    generation = service.corpus.generation
    found = service.search(asked.query, top_k=asked.top_k)
    return SearchBody(
        passages=tuple(passage_body(one, service.collection) for one in found),
        index_generation=generation,
    )


def _fetch(service: Service, asked: FetchArguments, _: Flag) -> TextBody:
    document = service.corpus.get(asked.document_id, asked.revision)
    span = asked_span(document, asked.start, asked.end)
    span = Span(span.start, min(span.end, span.start + MAX_FETCH))
    return TextBody(
        id=document.id,
        revision=document.revision,
        title=document.title,
        uri=document.uri,
        start=span.start,
        end=span.end,
        length=document.length,
        text=span.of(document.text),
        url=text_url(document.id, document.revision, span, service.collection),
    )


def _ask(service: Service, asked: AskArguments, cancelled: Flag) -> AnswerBody:
    mode = asked.mode and Mode(asked.mode)
    events = service.stream(asked.question, mode=mode, top_k=asked.top_k, cancelled=cancelled)
    return answer_body(folded(events), collection=service.collection)


_TOOLS = {
    "search": _Tool(arguments=SearchArguments, result=SearchBody, call=_search),
    "fetch": _Tool(arguments=FetchArguments, result=TextBody, call=_fetch),
    "ask": _Tool(arguments=AskArguments, result=AnswerBody, call=_ask),
}


def build_server(find: Find, line: Line) -> "Server[Any]":
    """Return a server of the tools; each call waits in the line, then looks its collection up."""
    import mcp_types as types
    from mcp.server.lowlevel import Server

    async def list_tools(_: Any, __: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(name) for name in _TOOLS])

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        patience = Patience()
        cancelled = patience.cancelled
        call = partial(_called, find, params.name, params.arguments or {}, cancelled)
        try:
            with anyio.fail_after(line.limit_s):
                async with line.turn(patience):
                    return await to_thread.run_sync(call, abandon_on_cancel=True)
        except Busy as error:
            return _refused(error)
        except TimeoutError:
            return _refused(TookTooLong(f"there was no answer within {line.limit_s:g} s"))
        finally:
            cancelled.set()

    return Server(
        "citespan",
        version=importlib.metadata.version("citespan"),
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def serve_stdio(service: Service) -> None:
    """Answer from one collection on standard input and output until the input ends."""
    from mcp.server.stdio import stdio_server

    def only(name: str | None) -> Service:
        if name not in {None, service.collection}:
            raise CollectionNotFound(name or "")
        return service

    server = build_server(only, lines_of(USUAL, _MAX_BODY_BYTES)[ASKING])
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def mcp_route(collections: Callable[[], Collections], line: Line) -> ASGIApp:
    """Return the route of the tools over all collections, stateless: there are no sessions."""

    def find(name: str | None) -> Service:
        return collections().service(name or DEFAULT)

    @asgi(PATH, copy_scope=False, opt={"line": None})  # only calls of tools wait in the line
    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            # GET would open a stream of the server's own messages; this server has none.
            raise MethodNotAllowedException(headers={"allow": "POST"})
        manager = await to_thread.run_sync(_manager, find, line)

        async def answer(receive: Receive) -> None:
            async with manager.run():
                await manager.handle_request(
                    cast("Any", scope), cast("Any", receive), cast("Any", send)
                )

        await until_disconnected(receive, answer, _MAX_BODY_BYTES)

    return cast("ASGIApp", route)


def _manager(find: Find, line: Line) -> Any:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    server = build_server(find, line)
    return StreamableHTTPSessionManager(app=server, stateless=True, json_response=True)


def _described(name: str) -> "mcp_types.Tool":
    import mcp_types as types

    tool = _TOOLS[name]
    return types.Tool(
        name=name,
        description=tool.arguments.__doc__,
        input_schema=_schema(tool.arguments),
        output_schema=_schema(tool.result),
        annotations=types.ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )


def _schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON schema of a type; its top is an object, as the protocol requires."""
    (_,), parts = msgspec.json.schema_components((kind,), ref_template="#/$defs/{name}")
    return {**parts.pop(kind.__name__), "$defs": parts}


def _called(
    find: Find, name: str, arguments: dict[str, Any], cancelled: Flag
) -> "mcp_types.CallToolResult":
    import mcp_types as types

    try:
        if name not in _TOOLS:
            raise msgspec.ValidationError(f"there is no tool {name!r}")
        tool = _TOOLS[name]
        asked = msgspec.convert(arguments, tool.arguments)
        body = tool.call(find(asked.collection), asked, cancelled)
    except Exception as error:  # returned to the model; logged if it is a fault
        if cancelled.is_set():
            raise  # no client is left to read it
        return _refused(error)
    text = escaped_json(msgspec.json.encode(body)).decode()
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)],
        structured_content=msgspec.to_builtins(body),
    )


def _refused(error: Exception) -> "mcp_types.CallToolResult":
    import mcp_types as types

    return types.CallToolResult(
        content=[types.TextContent(type="text", text=_message(error))], is_error=True
    )


def _message(error: Exception) -> str:
    error = met(error)
    if isinstance(error, msgspec.ValidationError):
        return shown(error)
    if is_fault(error):
        logger().exception("tool_failed", error=type(error).__name__)
    return row_of(error).detail or shown(error)
