"""One sandbox for the process, made at the first use."""

from functools import cache

from citespan.index.parse.isolation.sandbox import Sandbox
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.request import Request


@cache
def _sandbox() -> Sandbox:
    return Sandbox()


def parse(data: bytes, request: Request) -> Parsed:
    """Read a file; see `Sandbox.parse`."""
    return _sandbox().parse(data, request)


def render(data: bytes, page: int, width_px: int, password: str | None = None) -> bytes:
    """Draw a page; see `Sandbox.render`."""
    return _sandbox().render(data, page, width_px, password)


def close() -> None:
    """End the processes of the readers; the next use starts them again."""
    _sandbox().close()
