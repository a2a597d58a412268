"""What stands between a socket and the application: slow clients, and where requests end."""

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
