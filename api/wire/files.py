"""Documents from request bodies: JSON, text, a file as it is, or an uploaded file."""

from dataclasses import replace

from citespan.api.errors.types import InvalidRequest, UnsupportedMediaType
from citespan.api.wire.bodies import AnyRequest, Described, decode_json
from citespan.api.wire.requests import DocumentRequest
from citespan.api.wire.uploads import Upload, parse_uploads
from citespan.index import Draft, decode
from citespan.index.reading import FileReader, ReadFile, Request

TEXT_TYPES = ("text/markdown", "text/plain")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
# The types of bodies that are files; what a file is, its content decides.
FILE_TYPES = (
    "application/octet-stream", "application/pdf", "application/epub+zip", "application/rtf",
    "application/msword", "application/vnd.ms-excel", "application/vnd.ms-outlook",
    "application/vnd.ms-powerpoint", f"{_OFFICE}wordprocessingml.document",
    f"{_OFFICE}presentationml.presentation", f"{_OFFICE}spreadsheetml.sheet", f"{_OPEN}text",
    f"{_OPEN}presentation", f"{_OPEN}spreadsheet", "application/xml", "application/x-subrip",
    "message/rfc822", "text/asciidoc", "text/csv", "text/html", "text/tab-separated-values",
    "text/vtt", "text/x-rst", "text/x-tex", "text/x-markdown", "text/x-log", "text/x-yaml",
    "text/yaml", "application/yaml", "application/x-yaml", "application/toml", "image/bmp",
    "image/gif", "image/jpeg", "image/png", "image/tiff", "image/webp",
)  # fmt: skip
MULTIPART = "multipart/form-data"
PASSWORD = "password"  # noqa: S105  (the name of a part)
_JSON = "application/json"
_FIELD = "file"
MAX_NAME = 255


def read_document(
    request: AnyRequest, body: bytes, described: Described, files: FileReader
) -> tuple[ReadFile, str | None]:
    """Read the document of a body; return it, and the password that came with it.

    Raises:
        UnsupportedMediaType: the body is of a type that is not read.
        MalformedRequest, InvalidRequest: the body is not what its type says.
        Unreadable: the file cannot be read.
        DocumentRejected: the text is not valid in its encoding.
    """
    media_type, options = request.content_type
    if media_type == _JSON:
        _refuse_query(described)
        return ReadFile(draft=decode_json(body, DocumentRequest).draft()), None
    if media_type in TEXT_TYPES:
        text = decode(body, options.get("charset"))
        return _described(ReadFile(draft=Draft(text=text, media_type=media_type)), described), None
    if media_type in FILE_TYPES:
        asked = Request(media_type=media_type, encoding=options.get("charset"))
        return _described(files.read(body, asked), described), None
    if media_type == MULTIPART:
        uploads, password = parse_uploads(body, options.get("boundary", ""), _FIELD, 1, PASSWORD)
        if not uploads:
            raise InvalidRequest.of(_FIELD, "send exactly one part, with this name")
        upload = uploads[0]
        read = files.read_sent(upload.data, request_of(upload, password))
        return _described(read, described), password
    accepted = ", ".join([_JSON, *TEXT_TYPES, MULTIPART, *FILE_TYPES])
    raise UnsupportedMediaType(f"send one of {accepted}, not {media_type or 'nothing'}")


def request_of(upload: Upload, password: str | None = None) -> Request:
    """Return what is asked of the reader of an uploaded file.

    Raises:
        InvalidRequest: its name is too long.
    """
    if len(upload.filename) > MAX_NAME:
        raise InvalidRequest.of("file", f"has a name of more than {MAX_NAME} characters")
    return Request(
        name=upload.filename,
        media_type=upload.media_type,
        encoding=upload.charset,
        password=password,
    )


def _described(read: ReadFile, described: Described) -> ReadFile:
    """Return a file with what the query says of it."""
    draft = read.draft
    title = draft.title if described.title is None else described.title
    uri = draft.uri if described.uri is None else described.uri
    draft = replace(draft, id=described.id, title=title, uri=uri)
    return replace(read, draft=draft.for_groups(described.access))


def _refuse_query(described: Described) -> None:
    for field in ("id", "title", "uri", "access"):
        if getattr(described, field) not in {None, ()}:
            raise InvalidRequest.of(field, "with a JSON body this belongs in the body")
