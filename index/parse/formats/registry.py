"""Which module reads which media type."""

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."

# Each module has `read(data: bytes, request: Request) -> Parsed`, and imports all that it needs
# when it is imported: a reader at work can open no file.
_READERS = {
    "application/pdf": "pdf",
    "image/png": "images",
    "image/jpeg": "images",
    "image/tiff": "images",
    "image/gif": "images",
    "image/bmp": "images",
    "image/webp": "images",
    f"{_OOXML}wordprocessingml.document": "docx",
    f"{_OOXML}presentationml.presentation": "pptx",
    f"{_OOXML}spreadsheetml.sheet": "xlsx",
    "application/vnd.ms-excel": "sheets",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": "sheets",
    f"{_ODF}spreadsheet": "odf",
    f"{_ODF}text": "odf",
    f"{_ODF}presentation": "odf",
    "application/rtf": "rtf",
    "text/html": "html",
    "application/epub+zip": "epub",
    "message/rfc822": "email",
    "application/vnd.ms-outlook": "msg",
    "text/csv": "tables",
    "text/tab-separated-values": "tables",
    "application/json": "records",
    "application/x-ndjson": "records",
    "application/xml": "xml",
    "application/x-subrip": "subtitles",
    "text/vtt": "subtitles",
    "text/x-rst": "marked",
    "text/asciidoc": "marked",
    "text/x-tex": "marked",
    "application/x-encrypted-ooxml": "encrypted",
}


def reader_of(media_type: str) -> str:
    """Return the name of the module that reads a media type; empty if there is none."""
    name = _READERS.get(media_type, "")
    return f"citespan.index.parse.formats.{name}" if name else ""


def all_readers() -> list[str]:
    """Return the names of the modules of all readers."""
    return [reader_of(media_type) for media_type in dict.fromkeys(_READERS)]
