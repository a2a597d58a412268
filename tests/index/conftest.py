"""A PostgreSQL server for the tests of a module, and a place for a catalogue of a test there."""

from collections.abc import Iterator
from itertools import count

import pytest
from postgres_server import PostgresServer, postgres_server

from citespan.index.catalogue.types import CatalogueServer

_names = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.fixture(scope="module")
def url(server: PostgresServer) -> str:
    return server.database()


@pytest.fixture
def place(url: str) -> CatalogueServer:
    """Where no catalogue is yet."""
    return CatalogueServer(url=url, name=f"test-{next(_names)}")
