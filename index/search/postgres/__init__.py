"""Search in the PostgreSQL database that holds the documents: pgvector and full text."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.search.postgres.engine import PostgresEngine

__all__ = ("PostgresEngine",)

__getattr__ = names_of(__name__, {"PostgresEngine": "citespan.index.search.postgres.engine"})
