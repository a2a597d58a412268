"""Whose work a thread does, so that callers share the models evenly."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_caller: ContextVar[str] = ContextVar("caller", default="")


@contextmanager
def working_for(caller: str) -> Generator[None]:
    """Do the work inside, also on other threads that copy the context, for `caller`."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


def present_caller() -> str:
    """Return for whom this thread works; empty if nobody said so."""
    return _caller.get()
