"""Bodies of many documents as the files of a job; an error concerns only its file."""

from collections.abc import Iterator
from io import BytesIO
from itertools import islice

from citespan.api.errors.types import ApiError, InvalidRequest, UnsupportedMediaType
from citespan.api.wire.bodies import AnyRequest, decode_json
from citespan.api.wire.files import MAX_NAME, MULTIPART, PASSWORD, request_of
from citespan.api.wire.requests import DocumentRequest
from citespan.api.wire.uploads import Upload, parse_uploads
from citespan.index.errors import DocumentRejected
from citespan.index.jobs import SpooledFile, SpooledUpload
from citespan.index.reading import FileReader, Unreadable

JSON_LINES = ("application/x-ndjson", "application/jsonl")
MAX_DOCUMENTS = 10_000  # in one job
_FIELD = "files"


def read_entries(request: AnyRequest, body: bytes, files: FileReader) -> Iterator[SpooledFile]:
    """Return the documents of a body, as uploaded files or as lines of JSON.

    The job reads the files. If a password came with them, they are read here, because a job is
    stored and a password may not be.

    Raises:
        UnsupportedMediaType: the body is of another type.
        MalformedRequest: the body is not valid multipart/form-data.
        InvalidRequest: the body has no document, or more than `MAX_DOCUMENTS`.
    """
    media_type, options = request.content_type
    if media_type == MULTIPART:
        boundary = options.get("boundary", "")
        uploads, password = parse_uploads(body, boundary, _FIELD, MAX_DOCUMENTS, PASSWORD)
        _check_count(len(uploads))
        return (_uploaded(one, password, files) for one in uploads)
    if media_type in JSON_LINES:
        found = ((n, line) for n, line in enumerate(BytesIO(body), start=1) if line.strip())
        lines = list(islice(found, MAX_DOCUMENTS + 1))  # a body may hold 20 million more lines
        _check_count(len(lines))
        return (_line(number, line) for number, line in lines)
    accepted = ", ".join([MULTIPART, *JSON_LINES])
    raise UnsupportedMediaType(f"send one of {accepted}, not {media_type or 'nothing'}")


def _check_count(count: int) -> None:
    if not 1 <= count <= MAX_DOCUMENTS:
        raise InvalidRequest.of(_FIELD, f"send 1 to {MAX_DOCUMENTS} documents in a request")


def _uploaded(upload: Upload, password: str | None, files: FileReader) -> SpooledFile:
    name = upload.filename[:MAX_NAME]
    try:
        if password is None:
            return SpooledFile(name=name, upload=SpooledUpload(upload.data, request_of(upload)))
        read = files.read_sent(upload.data, request_of(upload, password))
        return SpooledFile(name=name, file=read)
    except Unreadable as error:
        return SpooledFile(name=name, reason=str(error), code=error.code)
    except (ApiError, DocumentRejected) as error:
        return SpooledFile(name=name, reason=str(error))


def _line(number: int, line: bytes) -> SpooledFile:
    name = f"line {number}"
    try:
        return SpooledFile(name=name, draft=decode_json(line, DocumentRequest).draft())
    except ApiError as error:
        return SpooledFile(name=name, reason=str(error))
