"""The HTTP interface of citespan."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.addresses import Addresses
    from citespan.api.app import create_app
    from citespan.api.mcp import serve_stdio
    from citespan.api.operation import Operation, Tls
    from citespan.api.server import run_server

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
        "Operation": "citespan.api.operation",
        "Tls": "citespan.api.operation",
        "create_app": "citespan.api.app",
        "run_server": "citespan.api.server",
        "serve_stdio": "citespan.api.mcp",
    },
)
