"""Tools for language models, over the Model Context Protocol: search, fetch and ask.

The protocol's library is loaded at first use, so that only its clients wait for it.
"""

import importlib.metadata
from collections.abc import Callable
from functools import partial
from threading import Event as Flag
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import anyio
import msgspec
from anyio import to_thread
from litestar import asgi
from litestar.exceptions import MethodNotAllowedException
from litestar.types import ASGIApp, Receive, Scope, Send

from citespan.api.access import ASK, RULE
from citespan.api.addresses import Addresses, seen_at
from citespan.api.errors import is_fault, row_of, shown
from citespan.api.errors.types import Busy, QuotaExceeded, TookTooLong
from citespan.api.mcp.tools import TOOLS
from citespan.api.middleware.disconnect import until_disconnected
from citespan.api.middleware.lines import ASKING, USUAL, WaitingLine, lines_of
from citespan.api.middleware.patience import Patience
from citespan.api.middleware.telemetry import logger
from citespan.api.middleware.watch import take_question
from citespan.decoding import converted
from citespan.index.text import escaped_json
from citespan.qa import Service
from citespan.qa.collections import Collections, met
from citespan.qa.errors import CollectionNotFound
from citespan.qa.settings import DEFAULT

if TYPE_CHECKING:
    import mcp_types
    from mcp.server.lowlevel import Server

PATH = "/mcp"
_MAX_BODY_BYTES = 256_000  # a question has at most 2,000 characters
_QUESTIONS = frozenset({"ask", "search"})  # tools whose calls are questions
Find: TypeAlias = Callable[[str | None], Service]  # by a collection's name; None for its own
_INSTRUCTIONS = (
    "citespan answers questions from a collection of documents. Every sentence of an answer cites"
    " the exact characters of a document that support it; `fetch` returns them. If the documents do"
    " not answer, citespan says so: do not guess then."
)


def build_server(find: Find, line: WaitingLine) -> "Server[Any]":
    """Return a server of the tools; each call waits in the line, then looks its collection up."""
    import mcp_types as types
    from mcp.server.lowlevel import Server

    async def list_tools(_: Any, __: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(name) for name in TOOLS])

    async def call_tool(_: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        patience = Patience()
        cancelled = patience.cancelled
        call = partial(_called, find, params.name, params.arguments or {}, cancelled)
        try:
            if params.name in _QUESTIONS:
                take_question()
            with anyio.fail_after(line.limit_s):
                async with line.turn(patience):
                    return await to_thread.run_sync(call, abandon_on_cancel=True)
        except (Busy, QuotaExceeded) as error:
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


async def serve_stdio(service: Service, public_url: str = "") -> None:
    """Answer from one collection on standard input and output until the input ends.

    Args:
        service: the service of the collection.
        public_url: the address of a server of the same data, with which links begin.

    Raises:
        ConfigError: the address is none.
    """

    def only(name: str | None) -> Service:
        if name not in {None, service.collection}:
            raise CollectionNotFound(name or "")
        return service

    server = build_server(only, lines_of(USUAL, _MAX_BODY_BYTES)[ASKING])
    known = Addresses.of(public_url, "").public_url
    with seen_at(known):
        await _talk(server)


async def _talk(server: "Server[Any]") -> None:
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def mcp_route(collections: Callable[[Scope], Collections], line: WaitingLine) -> ASGIApp:
    """Return the route of the tools over the collections that the caller sees.

    It is stateless: there are no sessions, so that no caller can be in another one's.
    """

    # Only calls of tools wait in the line.
    @asgi(PATH, copy_scope=False, opt={"line": None, "counted": True, RULE: ASK})
    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            # GET would open a stream of the server's own messages; this server has none.
            raise MethodNotAllowedException(headers={"allow": "POST"})

        def find(name: str | None) -> Service:
            return collections(scope).service(name or DEFAULT)

        manager = await to_thread.run_sync(_manager, find, line)

        async def answer(receive: Receive) -> None:
            async with manager.run():
                await manager.handle_request(
                    cast("Any", scope), cast("Any", receive), cast("Any", send)
                )

        await until_disconnected(receive, answer, _MAX_BODY_BYTES)

    return cast("ASGIApp", route)


def _manager(find: Find, line: WaitingLine) -> Any:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    server = build_server(find, line)
    return StreamableHTTPSessionManager(app=server, stateless=True, json_response=True)


def _described(name: str) -> "mcp_types.Tool":
    import mcp_types as types

    tool = TOOLS[name]
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
        if name not in TOOLS:
            raise msgspec.ValidationError(f"there is no tool {name!r}")
        tool = TOOLS[name]
        asked = converted(arguments, tool.arguments)
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
