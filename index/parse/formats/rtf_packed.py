"""Text of RTF as Outlook packs it, by the standard [MS-OXRTFCP]."""

import struct

_MAX = 50_000_000
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_SIZE = 4096


def unpacked(data: bytes) -> bytes:
    """Return packed RTF as RTF; what there is of it if it is damaged."""
    if len(data) < 16:
        return b""
    _, size, kind = struct.unpack_from("<III", data)
    if kind == 0x414C454D:  # not packed
        return data[16:]
    out = bytearray()
    window = bytearray(_DICTIONARY.ljust(_SIZE, b"\0"))
    write, at, most = len(_DICTIONARY), 16, min(size, _MAX)
    while at < len(data) and len(out) < most:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                break
            if not flags >> bit & 1:
                out.append(data[at])
                window[write] = data[at]
                write, at = (write + 1) % _SIZE, at + 1
                continue
            reference = int.from_bytes(data[at : at + 2], "big")
            at += 2
            offset, length = reference >> 4, (reference & 15) + 2
            if offset == write:  # the end
                return bytes(out[:most])
            for step in range(length):
                one = window[(offset + step) % _SIZE]
                out.append(one)
                window[write] = one
                write = (write + 1) % _SIZE
    return bytes(out[:most])
