"""What the catalogue's engine returns besides documents and chunks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

from citespan.index.types import Chunk, Document, Vectors

# The chunks of a document and their (n, dim) vectors.
Make: TypeAlias = Callable[[Document], tuple[Sequence[Chunk], Vectors]]


class IndexedText(NamedTuple):
    """A chunk with its text as people see it; `title` is the document's with its context."""

    chunk: Chunk
    title: str
    text: str


class Changes(NamedTuple):
    """Ids of chunks that were, or may have been, added, and of removed ones."""

    added: set[int]
    removed: set[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """The file of a revision without its bytes; `original` is their SHA-256, None if not kept."""

    name: str
    made_by: str
    layout: bytes
    original: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueServer:
    """A catalogue on a PostgreSQL server.

    url: the address of the server and its database, with the password.
    name: the catalogue's name there.
    connections: how many connections this process opens to it, at most.
    timeout_s: how long to wait for a connection, in seconds.
    """

    url: str
    name: str
    connections: int = 8
    timeout_s: float = 5.0

    def __str__(self) -> str:
        try:
            host = urlsplit(self.url).hostname
        except ValueError:
            host = None
        return f"the PostgreSQL server {host}" if host else "the PostgreSQL server"
