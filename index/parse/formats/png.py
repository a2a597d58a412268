"""PNG, written from rows of pixels."""

import struct
import zlib

_GREY, _RGB = 0, 2  # colour types


def png(data: bytes, width: int, height: int, stride: int, depth: int) -> bytes:
    """Return a picture; `depth` is 1 byte a pixel (grey) or 3 (red, green, blue)."""
    size = width * depth
    rows = b"".join(b"\0" + data[at : at + size] for at in range(0, stride * height, stride))
    header = struct.pack(">IIBBBBB", width, height, 8, _GREY if depth == 1 else _RGB, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 4)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check
