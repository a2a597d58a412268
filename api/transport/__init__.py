"""The HTTP/1.1 connections between sockets and the application: timeouts and framing."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.transport.connections import Connection

__all__ = ("Connection",)

__getattr__ = names_of(
    __name__,
    {
        "Connection": "citespan.api.transport.connections",
    },
)
