"""Routes that create, list and delete collections."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, RawBody

from citespan.api.access import ADMIN, ASK, RULE
from citespan.api.errors.types import InvalidRequest
from citespan.api.middleware.changes import tell
from citespan.api.middleware.lines import STORING
from citespan.api.wire.bodies import AnyRequest, read_json
from citespan.api.wire.requests import CollectionRequest
from citespan.api.wire.urls import collection_url
from citespan.qa.collections import Collection, Collections
from citespan.qa.errors import InvalidCollection
from citespan.qa.settings import DEFAULT

InCollection: TypeAlias = Annotated[
    str, QueryParameter(name="collection", max_length=63, description="The name of the collection.")
]


class CollectionBody(msgspec.Struct, frozen=True, kw_only=True):
    """A collection; `settings` holds only those that differ from the service's, by section."""

    name: str
    documents: int
    chunks: int
    embedder: str
    chunk_tokens: int
    settings: Mapping[str, Mapping[str, Any]]


class CollectionListBody(msgspec.Struct, frozen=True, kw_only=True):
    """All usable collections, `default` first."""

    collections: tuple[CollectionBody, ...]


class CollectionRoutes(Controller):
    """The routes of `/v1/collections`: separate sets of documents."""

    path = "/v1/collections"

    @get(opt={RULE: ASK}, sync_to_thread=True)
    def names(self, collections: NamedDependency[Collections]) -> CollectionListBody:
        """List all usable collections."""
        found = collections.figures()
        return CollectionListBody(
            collections=tuple(collection_body(one.collection) for one in found)
        )

    @post(opt={"line": STORING, RULE: ADMIN}, sync_to_thread=True)
    def create(
        self, collections: NamedDependency[Collections], request: AnyRequest, body: RawBody
    ) -> Response[CollectionBody]:
        """Create an empty collection, with its own settings."""
        asked = read_json(request, body, CollectionRequest)
        tell(request.scope, collection=asked.name)
        try:
            made = collections.create(asked.name, asked.own())
        except InvalidCollection as error:
            raise InvalidRequest.of(error.place, error.why) from error
        return Response(
            collection_body(made), status_code=201, headers={"location": collection_url(made.name)}
        )

    @get("/{name:str}", opt={RULE: ASK}, sync_to_thread=True)
    def info(
        self, collections: NamedDependency[Collections], name: FromPath[str]
    ) -> CollectionBody:
        """Return the size and the settings of a collection."""
        return collection_body(collections.info(name))

    @delete("/{name:str}", opt={RULE: ADMIN}, sync_to_thread=True)
    def remove(self, collections: NamedDependency[Collections], name: FromPath[str]) -> None:
        """Delete a collection with all its documents."""
        if name == DEFAULT:
            raise InvalidRequest.of(
                "name", "the default collection cannot be deleted; delete its documents"
            )
        collections.delete(name)


def collection_body(found: Collection) -> CollectionBody:
    """Return a collection on the wire."""
    return CollectionBody(
        name=found.name,
        documents=found.documents,
        chunks=found.chunks,
        embedder=found.embedder,
        chunk_tokens=found.chunk_tokens,
        settings=found.settings,
    )
