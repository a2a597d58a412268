"""Decoding of bytes and strings to canonical text, which is never changed afterwards."""

import codecs

from citespan.index.errors import DocumentRejected

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its first half
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_NO_CHARSETS = {"punycode", "idna"}  # codecs for domain names, which take quadratic time


def decode(data: bytes, encoding: str | None = None) -> str:
    """Return the canonical text of a file's bytes.

    A byte order mark decides the encoding; otherwise `encoding` does, otherwise it is UTF-8. The
    decoder guesses nothing: a wrong guess would put wrong characters under every citation.

    Raises:
        DocumentRejected: the bytes are not text in that encoding, or the encoding is unknown.
    """
    skipped = 0
    for mark, name in _BOMS:
        if data.startswith(mark):
            skipped, encoding = len(mark), name
            break
    try:
        if codecs.lookup(encoding or "utf-8").name in _NO_CHARSETS:
            raise LookupError
        text = data[skipped:].decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise DocumentRejected("binary data, not text; convert it to text first") from error
        hint = "convert it to UTF-8 or name its encoding"
        raise DocumentRejected(
            f"not valid {error.encoding} at byte {skipped + error.start}; {hint}"
        ) from error
    except (LookupError, ValueError) as error:  # ValueError: a name with a NUL, "undefined"
        raise DocumentRejected(
            f"unknown encoding {encoding!r}; name one that Python knows, such as 'latin-1'"
        ) from error
    return canonical(text)


def canonical(text: str) -> str:
    """Return the text to store: no leading byte order marks, LF line ends, otherwise unchanged.

    There is no Unicode normalisation, because it would change lengths, and so every offset.

    Raises:
        DocumentRejected: the text is only white space, or holds a NUL or a lone surrogate.
    """
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise DocumentRejected("the document holds no text")
    if (at := text.find("\0")) >= 0:
        raise DocumentRejected(f"a NUL at character {at}: binary data, not text")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DocumentRejected(
            f"a lone surrogate at character {error.start}: not valid Unicode"
        ) from error
    return text
