"""The HTTP interface of citespan."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.addresses import Addresses
    from citespan.api.mcp.route import serve_stdio
    from citespan.api.server.app import create_app
    from citespan.api.server.operation import Operation, Tls
    from citespan.api.server.process import run_server

__all__ = (
    "Addresses",
    "Operation",
    "Tls",
    "create_app",
    "run_server",
    "serve_stdio",
)

__getattr__ = names_of(
    __name__,
    {
        "Addresses": "citespan.api.addresses",
        "Operation": "citespan.api.server.operation",
        "Tls": "citespan.api.server.operation",
        "create_app": "citespan.api.server.app",
        "run_server": "citespan.api.server.process",
        "serve_stdio": "citespan.api.mcp.route",
    },
)
