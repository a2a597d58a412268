"""Files from a multipart/form-data body."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import multipart as _untyped  # pyright: ignore[reportMissingTypeStubs]

from citespan.api.errors.types import InvalidRequest, MalformedRequest

_multipart: Any = _untyped
_EXTENDED = re.compile(r"filename\*=utf-8'[^';]{0,20}'([^;\s]{1,1000})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An uploaded file; `filename` has no path, `media_type` is empty if the client sent none."""

    filename: str
    media_type: str
    charset: str | None
    data: bytes


def parse_uploads(
    body: bytes, boundary: str, field: str, most: int, secret: str
) -> tuple[list[Upload], str | None]:
    """Return the parts of a body named `field`, and the text of the one named `secret`, if any.

    Raises:
        MalformedRequest: the body is not multipart/form-data.
        InvalidRequest: the body has other parts, or more than `most`.
    """
    try:
        found = _parts(body, boundary, most + 1)
        secrets = [bytes(data).decode() for segment, data in found if segment.name == secret]
    except _multipart.ParserLimitReached as error:
        raise MalformedRequest(
            f"the body has more than {most} parts, or headers that are too long"
        ) from error
    except (_multipart.MultipartError, UnicodeError, LookupError) as error:
        raise MalformedRequest("the body is not valid multipart/form-data") from error
    parts = [(segment, data) for segment, data in found if segment.name != secret]
    if len(parts) > most or any(segment.name != field for segment, _ in parts):
        raise InvalidRequest.of(field, f"send only parts with this name, at most {most}")
    if len(secrets) > 1:
        raise InvalidRequest.of(secret, "send at most one part with this name")
    uploads = [
        Upload(
            filename=base_name(segment.filename or _extended(segment)),
            media_type=segment.content_type or "",
            charset=segment.charset,
            data=bytes(data),
        )
        for segment, data in parts
    ]
    return uploads, secrets[0] if secrets else None


def _extended(segment: Any) -> str:
    """Return the name in `filename*`, which some clients send for names that are not ASCII."""
    found = _EXTENDED.search(segment.header("Content-Disposition", ""))
    return unquote(found[1], errors="replace") if found else ""


def base_name(filename: str) -> str:
    """Return a file name without path and control characters, which may be empty."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if character.isprintable()).strip()
    return "" if name in {".", ".."} else name


def _parts(body: bytes, boundary: str, most: int) -> list[tuple[Any, bytearray]]:
    found: list[tuple[Any, bytearray]] = []
    with _multipart.PushMultipartParser(boundary, max_segment_count=most + 1) as parser:
        for event in parser.parse(body):
            if isinstance(event, _multipart.MultipartSegment):
                found.append((event, bytearray()))
            elif event:
                found[-1][1].extend(event)
    return found
