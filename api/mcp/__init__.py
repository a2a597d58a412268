"""MCP: its tools, and the two doors to them."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.mcp.route import PATH, mcp_route, serve_stdio

__all__ = ("PATH", "mcp_route", "serve_stdio")

__getattr__ = names_of(
    __name__,
    {
        "PATH": "citespan.api.mcp.route",
        "mcp_route": "citespan.api.mcp.route",
        "serve_stdio": "citespan.api.mcp.route",
    },
)
