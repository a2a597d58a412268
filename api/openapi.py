"""The description of the HTTP interface, request bodies and problems included."""

import importlib.metadata
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.types import ControllerRouterHandler

from api.batches import JSON_LINES, MAX_DOCUMENTS
from api.completionbodies import CompletionRequest
from api.problems import MEDIA_TYPE, Problem
from api.requests import (
    AskRequest,
    CollectionRequest,
    DocumentRequest,
    ReindexRequest,
    SearchRequest,
)

_REF = "#/components/schemas/{name}"
_TEXT = {"schema": {"type": "string"}}
_FILE = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "contentMediaType": "text/plain"}},
    }
}
_FILES = {
    "schema": {
        "type": "object",
        "required": ["files"],
        "properties": {
            "files": {
                "type": "array",
                "items": {"type": "string", "contentMediaType": "text/plain"},
                "minItems": 1,
                "maxItems": MAX_DOCUMENTS,
            }
        },
    }
}


def description(
    route_handlers: Sequence[ControllerRouterHandler], dependencies: Mapping[str, Provide]
) -> bytes:
    """The OpenAPI document of these routes, as JSON.

    The framework's own pages for it are not used: they answer in HTML, from other hosts, and know
    nothing of bodies that we read ourselves.
    """
    config = OpenAPIConfig(title="citespan", version=importlib.metadata.version("citespan"))
    described = Litestar(
        route_handlers=route_handlers,
        dependencies=dependencies,
        openapi_config=config,
        logging_config=None,
    )
    return msgspec.json.encode(_completed(described.openapi_schema.to_schema()))


def _completed(described: dict[str, Any]) -> dict[str, Any]:
    kinds = (
        AskRequest, SearchRequest, DocumentRequest, CollectionRequest, ReindexRequest,
        CompletionRequest, Problem,
    )  # fmt: skip
    references, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    ask, search, document, collection, reindex, completion, problem = references
    documents = {
        "application/json": {"schema": document},
        "text/plain": _TEXT,
        "text/markdown": _TEXT,
        "multipart/form-data": _FILE,
    }
    bodies: dict[tuple[str, str], dict[str, Any]] = {
        ("/v1/ask", "post"): {"application/json": {"schema": ask}},
        ("/v1/search", "post"): {"application/json": {"schema": search}},
        ("/v1/chat/completions", "post"): {"application/json": {"schema": completion}},
        ("/v1/documents", "post"): documents,
        ("/v1/collections", "post"): {"application/json": {"schema": collection}},
        ("/v1/collections/{name}/reindex", "post"): {"application/json": {"schema": reindex}},
        ("/v1/jobs", "post"): {"multipart/form-data": _FILES} | dict.fromkeys(JSON_LINES, _TEXT),
        ("/v1/documents/{document_id}", "put"): documents,
    }
    failure = {"description": "A problem", "content": {MEDIA_TYPE: {"schema": problem}}}
    paths = {
        path: {
            method: _operation(operation, bodies.get((path, method)), failure)
            for method, operation in operations.items()
        }
        for path, operations in described["paths"].items()
    }
    schemas = described.get("components", {}).get("schemas", {}) | components
    return described | {"paths": paths, "components": {"schemas": schemas}}


def _operation(
    operation: dict[str, Any], body: dict[str, Any] | None, failure: dict[str, Any]
) -> dict[str, Any]:
    responses = {
        status: response
        for status, response in operation.get("responses", {}).items()
        if not status.startswith("4")
    }
    completed = operation | {"responses": responses | {"default": failure}}
    return (
        completed
        if body is None
        else completed | {"requestBody": {"required": True, "content": body}}
    )
