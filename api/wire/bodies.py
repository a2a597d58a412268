"""Request bodies read into values: JSON strictly by type, documents as JSON, text or upload."""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import msgspec
from litestar import Request

from citespan.api.errors.types import InvalidRequest, MalformedRequest, UnsupportedMediaType
from citespan.api.wire.requests import DocumentRequest
from citespan.api.wire.uploads import Upload, parse_uploads
from citespan.index import Draft, decode

T = TypeVar("T")
AnyRequest: TypeAlias = Request[Any, Any, Any]

_JSON = "application/json"
_MULTIPART = "multipart/form-data"
_TEXTS = frozenset({"text/plain", "text/markdown"})
_MAX_NAME = 255
_UNTYPED = frozenset({"", "application/octet-stream"})  # browsers send these for unknown suffixes
_PLACE = re.compile(r" - at `(?:key in )?\$?\.?([^`]*)`$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The description in the query of a document whose body is only its text."""

    id: str | None
    title: str | None
    uri: str | None


def read_json(request: AnyRequest, body: bytes, kind: type[T]) -> T:
    """Read a JSON body as one of the wire types.

    Raises:
        UnsupportedMediaType: the body's Content-Type is not JSON.
        MalformedRequest: the body is not JSON.
        InvalidRequest: the body is not of this type.
    """
    media_type, _ = request.content_type
    if media_type != _JSON:
        raise UnsupportedMediaType(f"send {_JSON}, not {media_type or 'a body without a type'}")
    return decode_json(body, kind)


def read_draft(request: AnyRequest, body: bytes, described: Described) -> Draft:
    """Read the document of a body, as JSON, as text, or as an uploaded text file.

    Raises:
        UnsupportedMediaType, MalformedRequest, InvalidRequest: as for `read_json`.
        DocumentRejected: the text is not valid in its encoding.
    """
    media_type, options = request.content_type
    if media_type == _JSON:
        _refuse_query(described)
        return decode_json(body, DocumentRequest).draft()
    if media_type in _TEXTS:
        text = decode(body, options.get("charset"))
        return Draft(
            text=text,
            media_type=media_type,
            id=described.id,
            title=described.title,
            uri=described.uri,
        )
    if media_type == _MULTIPART:
        uploads = parse_uploads(body, options.get("boundary", ""), "file", 1)
        if not uploads:
            raise InvalidRequest.of("file", "send exactly one part, with this name")
        return uploaded_draft(uploads[0], described)
    accepted = ", ".join([_JSON, *sorted(_TEXTS), _MULTIPART])
    raise UnsupportedMediaType(f"send one of {accepted}, not {media_type or 'nothing'}")


def decode_json(body: bytes, kind: type[T]) -> T:
    """Decode JSON as one of the wire types.

    Raises:
        MalformedRequest, InvalidRequest: as for `read_json`.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        message = str(error)
        place = _PLACE.search(message)
        raise InvalidRequest.of(
            place[1] if place and place[1] else "body",
            message[: place.start()] if place else message,
        ) from error
    except UnicodeDecodeError as error:
        raise MalformedRequest("the body is not UTF-8") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedRequest(f"the body is not JSON: {error}") from error


def uploaded_draft(upload: Upload, described: Described) -> Draft:
    """Return the document of an uploaded text file.

    Raises:
        UnsupportedMediaType, InvalidRequest: the file is not text, or its name is too long.
        DocumentRejected: the text is not valid in its encoding.
    """
    if upload.media_type not in _TEXTS | _UNTYPED:
        raise UnsupportedMediaType(f"the file is {upload.media_type}; only text is read")
    if len(upload.filename) > _MAX_NAME:
        raise InvalidRequest.of("file", f"has a name of more than {_MAX_NAME} characters")
    media_type = "text/plain" if upload.media_type in _UNTYPED else upload.media_type
    return Draft(
        text=decode(upload.data, upload.charset),
        media_type=media_type,
        id=described.id,
        title=upload.filename if described.title is None else described.title,
        uri=(upload.filename or None) if described.uri is None else described.uri,
    )


def _refuse_query(described: Described) -> None:
    for field in ("id", "title", "uri"):
        if getattr(described, field) is not None:
            raise InvalidRequest.of(field, "with a JSON body this belongs in the body")
