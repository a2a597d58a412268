"""JSON and MessagePack as values of types, read on any thread.

msgspec learns a Struct when it first meets it. A second thread that decodes the same Struct
meanwhile crashes the process. So one thread at a time learns types, and all decode afterwards.
"""

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_learning = threading.Lock()
_json: dict[Any, msgspec.json.Decoder[Any]] = {}
_msgpack: dict[Any, msgspec.msgpack.Decoder[Any]] = {}


def from_json(data: bytes | str, kind: type[T]) -> T:
    """Return JSON as a value of a type.

    Raises:
        msgspec.MsgspecError, UnicodeDecodeError: it is not JSON, or not of this type.
    """
    return json_decoder(kind).decode(data)


def from_msgpack(data: bytes, kind: type[T]) -> T:
    """Return MessagePack as a value of a type.

    Raises:
        msgspec.MsgspecError: it is not MessagePack, or not of this type.
    """
    return msgpack_decoder(kind).decode(data)


def converted(value: object, kind: type[T], *, strict: bool = True) -> T:
    """Return a value of plain types as one of a type.

    Args:
        value: made of `dict`, `list`, `str` and the like.
        kind: the type.
        strict: whether a text such as "3" is no number.

    Raises:
        msgspec.ValidationError: it is not of this type.
    """
    json_decoder(kind)
    return msgspec.convert(value, kind, strict=strict)


def json_decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Return the decoder of JSON into a type."""
    if kind not in _json:
        with _learning:
            _json[kind] = msgspec.json.Decoder(kind)
    return _json[kind]


def msgpack_decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    """Return the decoder of MessagePack into a type."""
    if kind not in _msgpack:
        with _learning:
            _msgpack[kind] = msgspec.msgpack.Decoder(kind)
    return _msgpack[kind]
