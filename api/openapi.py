"""The OpenAPI description of the HTTP interface, with request bodies and problems."""

import importlib.metadata
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from litestar import Litestar
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.types import ControllerRouterHandler

from citespan.api.errors import MEDIA_TYPE, ErrorBody, Problem, is_openai, problems
from citespan.api.mcp import PATH as MCP
from citespan.api.middleware.metrics import MEDIA_TYPE as METRICS_TYPE
from citespan.api.openai import CompletionChunk, CompletionRequest, ResponseRequest
from citespan.api.wire.batches import JSON_LINES, MAX_DOCUMENTS
from citespan.api.wire.files import FILE_TYPES, TEXT_TYPES
from citespan.api.wire.filter_schema import filter_schema
from citespan.api.wire.labels import LabelChange, LabelRequest
from citespan.api.wire.requests import (
    ID_SCHEMA,
    AskRequest,
    CollectionRequest,
    DocumentRequest,
    ReindexRequest,
    SearchRequest,
)
from citespan.qa.settings import DEFAULT

_REF = "#/components/schemas/{name}"
_TEXT = {"schema": {"type": "string"}}
_FIGURES = {f"{METRICS_TYPE}; charset=utf-8": _TEXT}
_ANY_TEXT: dict[str, dict[str, Any]] = {"schema": {}}  # any body is text
_EVENT = {
    "type": "object",
    "description": "An event of the stream; `data` is JSON, or `[DONE]` at the end of completions.",
    "required": ["data"],
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
}
_EVENTS = {"text/event-stream": {"schema": _EVENT}}
_OBJECT = {"application/json": {"schema": {"type": "object"}}}
_RPC = {
    "type": "object",
    "required": ["jsonrpc", "method"],
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"type": ["string", "integer"]},
        "method": {"type": "string"},
        "params": {"type": "object"},
    },
}
_BINARY: dict[str, Any] = {"type": "string", "contentMediaType": "application/octet-stream"}
_ZIP = {"application/zip": {"schema": _BINARY}}
_FILE = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": {"file": _BINARY, "password": {"type": "string"}},
    }
}
_FILES = {
    "schema": {
        "type": "object",
        "required": ["files"],
        "additionalProperties": False,
        "properties": {
            "files": {
                "type": "array",
                "items": _BINARY,
                "minItems": 1,
                "maxItems": MAX_DOCUMENTS,
            },
            "password": {"type": "string"},
        },
    }
}


_KEYS: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_STREAMED = {
    ("/v1/ask", "post"), ("/v1/chat/completions", "post"), ("/v1/responses", "post"),
    ("/v1/jobs/{job_id}", "get"),
}  # fmt: skip
_STORES = {("/v1/documents", "post"), ("/v1/documents/{document_id}", "put")}
_NULL = {"type": "null"}  # in a query, the word `null` means no value
_SAME = "Stored as a new revision, or stored before"


def description(
    route_handlers: Sequence[ControllerRouterHandler], dependencies: Mapping[str, Provide]
) -> bytes:
    """Return the OpenAPI document of these routes, as JSON.

    The framework's own pages are not used. They are HTML that loads from other hosts, and they
    lack the bodies that the routes read themselves.
    """
    config = OpenAPIConfig(
        title="citespan",
        version=importlib.metadata.version("citespan"),
        use_handler_docstrings=True,
    )
    described = Litestar(
        route_handlers=route_handlers,
        dependencies=dependencies,
        openapi_config=config,
        logging_config=None,
    )
    return msgspec.json.encode(_completed(_overlapping(described.openapi_schema.to_schema())))


def _overlapping(schema: Any) -> Any:
    """Return a schema whose alternatives may overlap: each integer is a number too."""
    if isinstance(schema, list):
        return [_overlapping(one) for one in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    members = cast("dict[str, Any]", schema)
    return {"anyOf" if k == "oneOf" else k: _overlapping(v) for k, v in members.items()}


def _completed(described: dict[str, Any]) -> dict[str, Any]:
    kinds = (
        AskRequest, SearchRequest, DocumentRequest, CollectionRequest, ReindexRequest,
        LabelRequest, LabelChange, CompletionRequest, ResponseRequest, Problem, ErrorBody,
        CompletionChunk,
    )  # fmt: skip
    references, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    ask, search, document, collection, reindex, label, change, *others = references
    completion, response, problem, error, _ = others
    filters = _REF.format(name="Filter")
    components["Filter"] = filter_schema(filters)
    for kind in ("AskRequest", "SearchRequest"):
        either = [{"$ref": filters}, {"type": "null"}]
        components[kind]["properties"]["filters"] = {"anyOf": either, "default": None}
    documents = {
        "application/json": {"schema": document},
        **dict.fromkeys(TEXT_TYPES, _ANY_TEXT),
        "multipart/form-data": _FILE,
        **dict.fromkeys(FILE_TYPES, _ANY_TEXT),
    }
    lines = dict.fromkeys(JSON_LINES, _ANY_TEXT)
    bodies: dict[tuple[str, str], dict[str, Any]] = {
        ("/v1/ask", "post"): {"application/json": {"schema": ask}},
        ("/v1/search", "post"): {"application/json": {"schema": search}},
        ("/v1/chat/completions", "post"): {"application/json": {"schema": completion}},
        ("/v1/responses", "post"): {"application/json": {"schema": response}},
        ("/v1/documents", "post"): documents,
        ("/v1/collections", "post"): {"application/json": {"schema": collection}},
        ("/v1/collections/{name}/reindex", "post"): {"application/json": {"schema": reindex}},
        ("/v1/jobs", "post"): {"multipart/form-data": _FILES, **lines},
        ("/v1/documents/{document_id}", "put"): documents,
        ("/v1/labels", "post"): {"application/json": {"schema": label}},
        ("/v1/labels/{label_id}", "patch"): {"application/json": {"schema": change}},
        (MCP, "post"): {"application/json": {"schema": _RPC}},
    }
    paths: dict[str, Any] = {}
    for path, operations in (described["paths"] | _unlisted()).items():
        shape = {"application/json": {"schema": error}} if is_openai(path) else _problem(problem)
        shape |= _OBJECT | {"text/plain": _TEXT} if path == MCP else {}  # the protocol's own errors
        paths[path] = {
            method: operation
            | {"parameters": [_parameter(one, method) for one in operation.get("parameters", ())]}
            | {"responses": _succeeded(path, method, operation) | problems(method, path, shape)}
            | _body(bodies.get((path, method)))
            for method, operation in operations.items()
        }
    schemas = described.get("components", {}).get("schemas", {}) | components
    return described | {
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _KEYS},
        "security": [{}, *({name: []} for name in _KEYS)],  # without keys, none is needed
    }


def _problem(reference: dict[str, Any]) -> dict[str, Any]:
    return {MEDIA_TYPE: {"schema": reference}}


def _body(content: dict[str, Any] | None) -> dict[str, Any]:
    return {} if content is None else {"requestBody": {"required": True, "content": content}}


def _unlisted() -> dict[str, Any]:
    """Return the paths that the framework does not describe."""
    answered = {"description": "The protocol's response", "content": _OBJECT}
    return {
        MCP: {
            "post": {
                "summary": "Answer a request of the Model Context Protocol.",
                "operationId": "Mcp",
                "responses": {
                    "200": answered,
                    "202": {"description": "A notification"},
                    "406": {"description": "Not acceptable", "content": _OBJECT},
                },
            }
        },
        "/schema": {
            "get": {
                "summary": "Return this description of the HTTP interface, as OpenAPI.",
                "operationId": "Schema",
                "responses": {"200": {"description": "The OpenAPI document", "content": _OBJECT}},
            }
        },
    }


def _parameter(described: dict[str, Any], method: str) -> dict[str, Any]:
    """Return a parameter with the limits that the framework omits or gives only to `null`."""
    schema: dict[str, Any] = dict(described["schema"])
    kinds = schema.pop("anyOf", ())
    for kind in kinds:
        schema |= {} if kind == _NULL else kind
    name = described["name"]
    if name in {"start", "end"}:
        schema["minimum"] = 0
    if name in {"document_id", "id"}:
        schema |= {"minLength": 1, "maxLength": 200, **ID_SCHEMA}
    if name == "page":
        schema["pattern"] = r"^[1-9][0-9]{0,8}\.png$"
    if name == "name" and method == "delete":
        schema["not"] = {"const": DEFAULT}  # only its documents can be deleted
    return described | {"schema": {"anyOf": [schema, _NULL]} if _NULL in kinds else schema}


def _succeeded(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Return the success responses of an operation."""
    made: dict[str, Any] = {
        status: response
        for status, response in operation["responses"].items()
        if not status.startswith("4")
    }
    if path == "/metrics":
        made = {"200": {"description": "The metrics", "content": _FIGURES}}
    if (path, method) in _STREAMED:
        whole: dict[str, Any] = made["200"]
        made["200"] = whole | {"content": whole["content"] | _EVENTS}
    if path == "/v1/labels/dataset":
        made = {"200": {"description": "The files of the data set", "content": _ZIP}}
    if (path, method) == ("/v1/unanswered", "get"):
        listed: dict[str, Any] = made["200"]
        made["200"] = listed | {"content": listed["content"] | {"text/csv": _TEXT}}
    if path.endswith("/text"):
        made["304"] = {"description": "Not changed"}
        made["303"] = {"description": "To the reader, for browsers that open a span"}
    if (path, method) in _STORES:
        stored = next(iter(made.values()))
        made = {"201": stored | {"description": "Stored"}, "200": stored | {"description": _SAME}}
    return made
