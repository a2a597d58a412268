"""The kind of a file: signatures first, then containers, then texts."""

from citespan.index.parse.request import Request, Unreadable
from citespan.index.parse.sniff.ole import kind_of_ole
from citespan.index.parse.sniff.texts import MARKED, kind_of_text
from citespan.index.parse.sniff.zips import kind_of_zip

_PDF_WITHIN = 1024  # bytes before the signature, as viewers allow
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")

_SIGNATURES = (
    (b"{\\rtf", "application/rtf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)

# What citespan does not read, by its first bytes, and what a person can do.
_REFUSED = (
    (b"%!PS", "PostScript; convert it to PDF"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it and send the files"),
    (b"Rar!", "a RAR archive; unpack it and send the files"),
    (b"\x1f\x8b", "a gzip archive; unpack it and send the files"),
    (b"BZh", "a bzip2 archive; unpack it and send the files"),
    (b"\xfd7zXZ", "an xz archive; unpack it and send the files"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive; unpack it and send the files"),
    (b"PAR1", "a Parquet file; export it as CSV"),
    (b"SQLite format 3", "an SQLite database; export its tables as CSV"),
    (b"!BDN", "an Outlook data file; save its messages as .eml or .msg"),
    (b"AT&TFORM", "DjVu; convert it to PDF"),
    (b"II+\0", "a BigTIFF image; save it as TIFF or PNG"),
    (b"MM\0+", "a BigTIFF image; save it as TIFF or PNG"),
    (b"ID3", "sound; send its transcript"),
    (b"OggS", "sound or video; send its transcript"),
    (b"fLaC", "sound; send its transcript"),
    (b"\x1a\x45\xdf\xa3", "video; send its subtitles or transcript"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
)

_HEADERS_OF_BMP = {12, 40, 52, 56, 64, 108, 124}  # sizes of the second header


def sniff(data: bytes, request: Request | None = None) -> str:
    """Return the media type of a file by its content.

    The name and the media type of the request decide only between texts. The time is short and
    does not grow with what a container holds: only directories and a few small members are read.

    Raises:
        Unreadable: `unsupported`, `encrypted`, `corrupt` or `too_large`; the message says what
            to do.
    """
    if not data:
        raise Unreadable("corrupt", "the file is empty")
    head = data[:_PDF_WITHIN]
    if data.startswith(_ZIPS):
        return kind_of_zip(data)
    if data.startswith(_OLE):
        return kind_of_ole(data)
    return _by_signature(head) or kind_of_text(data, request or Request())


def is_plain(media_type: str) -> bool:
    """Return whether a type is text that is stored as it is, without a reader."""
    return media_type.startswith("text/") and media_type not in MARKED


def _by_signature(head: bytes) -> str:
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    if b"%PDF-" in head:
        return "application/pdf"
    for signature, what in _REFUSED:
        if head.startswith(signature):
            raise Unreadable("unsupported", f"the file is {what}")
    return _by_inner_signature(head)


def _by_inner_signature(head: bytes) -> str:
    """Return the type of a file whose signature is not at its very beginning, or ""."""
    if head.startswith(b"RIFF"):
        if head[8:12] == b"WEBP":
            return "image/webp"
        raise Unreadable("unsupported", "the file is sound or video; send its transcript")
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _HEADERS_OF_BMP:
        return "image/bmp"
    if head[60:68] == b"BOOKMOBI":
        raise Unreadable("unsupported", "the file is a Mobipocket e-book; convert it to EPUB")
    if head[4:8] == b"ftyp":
        image = head[8:12] in {b"heic", b"heix", b"mif1", b"avif", b"msf1"}
        advice = "a HEIC or AVIF image; save it as JPEG" if image else "video; send its subtitles"
        raise Unreadable("unsupported", f"the file is {advice}")
    return ""
