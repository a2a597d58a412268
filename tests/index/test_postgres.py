"""The catalogue on a PostgreSQL server, against the contract of every catalogue."""

from collections.abc import Iterator
from itertools import count

import pytest
from contracts import CatalogueContract
from postgres_server import PostgresServer, postgres_server

from citespan.index.catalogue.postgres import PostgresCatalogue
from citespan.index.catalogue.types import CatalogueServer

_SETTINGS = {"embedder": "some@model", "chunk_tokens": "150"}
_names = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as started:
        yield started


@pytest.fixture(scope="module")
def url(server: PostgresServer) -> str:
    return server.database()


class TestPostgresCatalogue(CatalogueContract):
    examples, remembered = 12, 12

    @pytest.fixture
    def place(self, url: str) -> CatalogueServer:
        return CatalogueServer(url=url, name=f"contract-{next(_names)}")

    @pytest.fixture
    def catalogue(self, place: CatalogueServer) -> Iterator[PostgresCatalogue]:
        opened = PostgresCatalogue(place, _SETTINGS)
        yield opened
        opened.close()
