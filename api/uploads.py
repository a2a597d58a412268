"""One text file from a multipart/form-data body."""

from dataclasses import dataclass
from typing import Any

import multipart as _untyped  # pyright: ignore[reportMissingTypeStubs]

from api.errors import InvalidRequest, MalformedRequest

_multipart: Any = _untyped

_MAX_PARTS = 10
_MAX_NAME = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An uploaded file; `filename` without any path, `media_type` empty if none was given."""

    filename: str
    media_type: str
    charset: str | None
    data: bytes


def parse_upload(body: bytes, boundary: str) -> Upload:
    """The one part of a body; it is named `file`.

    Raises:
        MalformedRequest: the body is not multipart/form-data.
        InvalidRequest: it has other parts, or the file's name is too long.
    """
    try:
        parts = _parts(body, boundary)
    except (_multipart.MultipartError, UnicodeError, LookupError) as error:
        raise MalformedRequest("the body is not valid multipart/form-data") from error
    if [segment.name for segment, _ in parts] != ["file"]:
        raise InvalidRequest.of("file", "send exactly one part, with this name")
    segment, data = parts[0]
    filename = base_name(segment.filename or "")
    if len(filename) > _MAX_NAME:
        raise InvalidRequest.of("file", f"has a name of more than {_MAX_NAME} characters")
    return Upload(
        filename=filename,
        media_type=segment.content_type or "",
        charset=segment.charset,
        data=bytes(data),
    )


def base_name(filename: str) -> str:
    """A file name without path and control characters; empty if nothing is left."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if character.isprintable()).strip()
    return "" if name in {".", ".."} else name


def _parts(body: bytes, boundary: str) -> list[tuple[Any, bytearray]]:
    found: list[tuple[Any, bytearray]] = []
    with _multipart.PushMultipartParser(boundary, max_segment_count=_MAX_PARTS) as parser:
        for event in parser.parse(body):
            if isinstance(event, _multipart.MultipartSegment):
                found.append((event, bytearray()))
            elif event:
                found[-1][1].extend(event)
    return found
