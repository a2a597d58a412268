"""Exports: all documents with their kept revisions as JSON Lines, for other versions and engines.

The first line is a header. Then comes a line for each revision, in order of ids and revisions. If
revisions of an id were deleted, a line with the highest of them precedes the kept ones, if any. The
last line has counts and the SHA-256 of all lines before it. Derived data, vectors included, is not
exported: the importing store rebuilds it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, BinaryIO, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from citespan.decoding import json_decoder
from citespan.index.catalogue import History
from citespan.index.errors import DocumentRejected, ExportInvalid, StoreCorrupt
from citespan.index.layout import Layout
from citespan.index.parse import document_of
from citespan.index.text.unseen import escaped_json
from citespan.index.types import Document, Draft, MetadataValue, SourceFile

T = TypeVar("T")

_VERSION = 2
_READ = {1, 2}  # 1 has no files
_MAX_LINE = 1 << 30  # bytes

_Number = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of an export."""

    format: Literal["citespan-export"] = "citespan-export"
    version: int = _VERSION
    created_at: str


class FileLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file that a revision was read from; bytes are in base64, `data` is null if not kept."""

    name: Annotated[str, msgspec.Meta(max_length=2000)]
    made_by: Annotated[str, msgspec.Meta(max_length=2000)]
    layout: bytes
    data: bytes | None


class RevisionLine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="revision",
    tag_field="kind",
):
    """One revision of a document; `current` is true for the document's last one."""

    id: _Id
    revision: _Number
    current: bool
    title: str
    uri: str | None
    media_type: str
    metadata: Mapping[str, MetadataValue]
    created_at: Annotated[str, msgspec.Meta(max_length=40)]
    sha256: str
    text: str
    file: FileLine | None = None


class RetiredLine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="retired",
    tag_field="kind",
):
    """A deleted document: revision numbers up to this one are never used again."""

    id: _Id
    revision: _Number


class EndLine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag="end",
    tag_field="kind",
):
    """The last line: counts of the lines before it, and the `sha256` of those lines."""

    documents: _Count
    revisions: _Count
    retired: _Count
    sha256: str


Line: TypeAlias = RevisionLine | RetiredLine | EndLine


_HEADER = json_decoder(Header)
_LINE: msgspec.json.Decoder[Line] = json_decoder(Line)


class Numbered(NamedTuple):
    """A history and the number of its first line."""

    line: int
    history: History


def lines_of(history: History) -> Iterator[Line]:
    """Yield the lines of a history, in their order."""
    if history.retired:
        yield RetiredLine(id=history.id, revision=history.retired)
    for document in history.revisions:
        source = history.sources.get(document.revision)
        yield _line(document, source, current=document is history.revisions[-1])


def _line(document: Document, source: SourceFile | None, *, current: bool) -> RevisionLine:
    return RevisionLine(
        id=document.id,
        revision=document.revision,
        current=current,
        title=document.title,
        uri=document.uri,
        media_type=document.media_type,
        metadata=document.metadata,
        created_at=document.created_at,
        sha256=document.sha256,
        text=document.text,
        file=source
        and FileLine(
            name=source.name, made_by=source.made_by, layout=source.layout, data=source.data
        ),
    )


def encoded(line: Header | Line) -> bytes:
    """Return the bytes of a line."""
    return escaped_json(msgspec.json.encode(line)) + b"\n"  # `export -` prints it


def read_histories(file: BinaryIO) -> Iterator[Numbered]:
    """Yield the histories of an export one by one; at the end, the whole file is checked.

    Raises:
        ExportInvalid: the file is no export, or is damaged; the message starts with the line.
    """
    lines = _Lines(file)
    lines.header()
    group: list[tuple[int, RevisionLine | RetiredLine]] = []
    counts: Counter[type[Line]] = Counter()
    documents = 0
    while True:
        line = lines.next()
        if group and (isinstance(line, EndLine) or line.id != group[0][1].id):
            history = _history(group)
            documents += bool(history.revisions)
            yield Numbered(group[0][0], history)
        if isinstance(line, EndLine):
            break
        if group and line.id != group[0][1].id:
            if line.id < group[0][1].id:
                raise lines.invalid("ids must ascend, the lines of each together")
            group = []
        group.append((lines.number, line))
        counts[type(line)] += 1
    if (line.documents, line.revisions, line.retired) != (
        documents, counts[RevisionLine], counts[RetiredLine],
    ):  # fmt: skip
        raise lines.invalid("lines are missing: the counts differ from the lines")
    lines.end(line.sha256)


class _Lines:
    """The lines of an export with their numbers and checksum."""

    def __init__(self, file: BinaryIO) -> None:
        self.number = 0
        self._file = file
        self._before = self._digest = hashlib.sha256()

    def header(self) -> None:
        header = self._next(_HEADER)
        if header.version not in _READ:
            raise self.invalid(
                f"version {header.version} of the format is unknown; update citespan"
            )

    def next(self) -> Line:
        return self._next(_LINE)

    def end(self, sha256: str) -> None:
        """Check the checksum of all lines before the last one read, and that no line follows."""
        if self._before.hexdigest() != sha256:
            raise self.invalid("the checksum of the lines before is wrong: one of them was changed")
        if self._file.read(1):
            self.number += 1
            raise self.invalid("nothing may follow the last line")

    def invalid(self, why: str) -> ExportInvalid:
        return ExportInvalid(f"line {self.number}: {why}")

    def _read(self) -> bytes:
        self.number += 1
        raw = self._file.readline(_MAX_LINE)
        if not raw.endswith(b"\n"):
            raise self.invalid("the file was cut here, or is no export of citespan")
        self._before = self._digest.copy()
        self._digest.update(raw)
        return raw

    def _next(self, decoder: msgspec.json.Decoder[T]) -> T:
        try:
            return decoder.decode(self._read())
        except (ValueError, RecursionError) as error:
            raise self.invalid(f"not a line of an export: {error}") from error


def _history(group: Sequence[tuple[int, RevisionLine | RetiredLine]]) -> History:
    """Return the history that the numbered lines of one id describe."""
    retired = 0
    revisions: list[Document] = []
    sources: dict[int, SourceFile] = {}
    last = len(group) - 1
    for at, (number, line) in enumerate(group):
        before = revisions[-1].revision if revisions else retired
        if isinstance(line, RetiredLine):
            if at:
                raise ExportInvalid(
                    f"line {number}: the line of deleted revisions must come before the kept ones"
                )
            retired = line.revision
            continue
        if line.revision <= before:
            raise ExportInvalid(
                f"line {number}: revision {line.revision} comes after {before}; they must ascend"
            )
        if line.current != (at == last):
            raise ExportInvalid(f"line {number}: exactly the last revision must be current")
        revisions.append(_document(number, line))
        if line.file:
            sources[line.revision] = _source(number, line.file, len(line.text))
    return History(id=group[0][1].id, retired=retired, revisions=tuple(revisions), sources=sources)


def _source(number: int, line: FileLine, length: int) -> SourceFile:
    """Return the file of a line; raise if its layout is not one of a text of this length."""
    try:
        problem = next(Layout(line.layout).problems(length), "")
    except StoreCorrupt as error:
        raise ExportInvalid(f"line {number}: {error}") from error
    if problem:
        raise ExportInvalid(f"line {number}: the layout of the text is wrong: {problem}")
    return SourceFile(name=line.name, made_by=line.made_by, layout=line.layout, data=line.data)


def _document(number: int, line: RevisionLine) -> Document:
    """Return the revision as a store would keep it; raise if the line differs from it."""
    try:
        datetime.fromisoformat(line.created_at)
        made = document_of(
            Draft(
                id=line.id,
                text=line.text,
                title=line.title,
                uri=line.uri,
                media_type=line.media_type,
                metadata=line.metadata,
            )
        )
    except (DocumentRejected, ValueError) as error:
        raise ExportInvalid(f"line {number}: {error}") from error
    if made.sha256 != line.sha256:
        raise ExportInvalid(f"line {number}: the text does not have its sha256")
    if (made.text, made.title) != (line.text, line.title):
        raise ExportInvalid(f"line {number}: the text or title is not as citespan stores it")
    return replace(made, revision=line.revision, created_at=line.created_at)
