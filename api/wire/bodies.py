"""Request bodies read into values: JSON strictly by type."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from litestar import Request
from litestar.params import QueryParameter

from citespan.api.errors.types import InvalidRequest, MalformedRequest, UnsupportedMediaType
from citespan.decoding import from_json

T = TypeVar("T")
AnyRequest: TypeAlias = Request[Any, Any, Any]

Access: TypeAlias = Annotated[
    str,
    QueryParameter(
        max_length=2000,
        description="The only groups that may see it, by commas; by default all readers may.",
    ),
]

_JSON = "application/json"
_PLACE = re.compile(r" - at `(?:key in )?\$?\.?([^`]*)`$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The description in the query of a document whose body is only its text, or a file.

    access: only these groups see it; without any, all readers of its collection do.
    """

    id: str | None
    title: str | None
    uri: str | None
    access: tuple[str, ...] = ()


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


def decode_json(body: bytes, kind: type[T]) -> T:
    """Decode JSON as one of the wire types.

    Raises:
        MalformedRequest, InvalidRequest: as for `read_json`.
    """
    try:
        return from_json(body, kind)
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


def groups(access: str) -> tuple[str, ...]:
    """Return the groups of a query."""
    return tuple(dict.fromkeys(one for one in access.replace(",", " ").split()))
