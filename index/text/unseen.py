"""Invisible characters that control how text is shown: for people and in JSON. Pure."""

import re

_CONTROLS = [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)]  # all but tab and line feed
_DIRECTIONS = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # they reorder the text that follows
_LINE_ENDS = [0x2028, 0x2029]
_FORMATS = [  # Unicode's category Cf, except signs with a shape and the two joiners of scripts
    0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x2060, 0x2065), *range(0x206A, 0x2070),
    0xFEFF, *range(0xFFF9, 0xFFFC), *range(0x13430, 0x13440), *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B), 0xE0001, *range(0xE0020, 0xE0080),
]  # fmt: skip
_SURROGATES = range(0xD800, 0xE000)
_REPLACED = dict.fromkeys([*_CONTROLS, *_DIRECTIONS, *_LINE_ENDS, *_SURROGATES], "\ufffd")
_SHOWN = _REPLACED | dict.fromkeys(_FORMATS, None)

# The same in UTF-8, with the joiners and the signs, because an escape loses nothing.
_IN_JSON = re.compile(
    rb"\x7f|\xc2[\x80-\x9f\xad]|\xd8[\x80-\x85\x9c]|\xdb\x9d|\xdc\x8f|\xe0\xa2[\x90\x91]"
    rb"|\xe0\xa3\xa2|\xe1\xa0\x8e|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf"
    rb"|\xef\xbf[\xb9-\xbb]|\xf0\x91\x82\xbd|\xf0\x91\x83\x8d|\xf0\x93\x90[\xb0-\xbf]"
    rb"|\xf0\x9b\xb2[\xa0-\xa3]|\xf0\x9d\x85[\xb3-\xba]|\xf3\xa0[\x80\x81][\x80-\xbf]"
)


def shown(text: str) -> str:
    """Return the text without characters that control a terminal or the reading order.

    U+FFFD replaces each control except tab and line feed, each character that changes the
    direction of writing, and U+2028 and U+2029. Other format characters, such as soft hyphens, are
    removed. The joiners of scripts and emoji are kept.
    """
    return text.translate(_SHOWN)


def escaped_json(encoded: bytes) -> bytes:
    r"""Return the same JSON with each control and format character escaped as ``\uXXXX``.

    Args:
        encoded: JSON in UTF-8, or a part that cuts no character of the JSON.
    """
    if encoded.isascii() and b"\x7f" not in encoded:
        return encoded
    return _IN_JSON.sub(_escape, encoded)


def _escape(found: re.Match[bytes]) -> bytes:
    units = found[0].decode().encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)).encode()
