"""The server: the application, its opening, and the process."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.server.app import create_app
    from citespan.api.server.operation import Operation, Tls
    from citespan.api.server.process import run_server
    from citespan.api.server.workers import ServerWorker, run_workers

__all__ = ("Operation", "ServerWorker", "Tls", "create_app", "run_server", "run_workers")

__getattr__ = names_of(
    __name__,
    {
        "Operation": "citespan.api.server.operation",
        "Tls": "citespan.api.server.operation",
        "create_app": "citespan.api.server.app",
        "run_server": "citespan.api.server.process",
        "ServerWorker": "citespan.api.server.workers",
        "run_workers": "citespan.api.server.workers",
    },
)
