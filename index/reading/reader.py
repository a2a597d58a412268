"""One file to a draft: plain text is decoded here, all else is read in a process of its own."""

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Literal, TypeAlias
from urllib.parse import quote

import msgspec

from citespan.index.errors import DocumentRejected, StoreUnavailable
from citespan.index.layout import MARKDOWN, encoded
from citespan.index.parse.decode import decode
from citespan.index.parse.drafts import document_of
from citespan.index.parse.files import printable
from citespan.index.parse.isolation import close, parse
from citespan.index.parse.parsed import Member, Parsed, ReadingWarning
from citespan.index.parse.request import Request, Unreadable
from citespan.index.parse.sniff import is_plain, sniff
from citespan.index.reading.walk import title_of
from citespan.index.types import ACCESS, Draft, SourceFile

_AT_ONCE = 2  # processes that read files, in all of this process
_TEXTS = frozenset({"text/plain", MARKDOWN})
_SUFFIXES = {".txt": "text/plain", ".text": "text/plain", ".md": MARKDOWN, ".markdown": MARKDOWN}
_NO_TEXTS = (b"%PDF-", b"{\\rtf")  # these begin files that are not stored as they are

Parse: TypeAlias = Callable[[bytes, Request], Parsed]

_turns = threading.BoundedSemaphore(_AT_ONCE)
_stops = itertools.count(1)
_stopped = 0  # how often reading was stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file as it will be stored, what of it could not be read, and the files inside of it."""

    draft: Draft
    warnings: tuple[ReadingWarning, ...] = ()
    members: tuple[Member, ...] = ()


class FileReader:
    """A reader of files of all kinds. Safe for many threads.

    Args:
        originals: whether the bytes of files are kept with their texts.
        ocr: when pages are read as pictures.
        parse: reads a file that is not plain text; by default in a process of its own.
        at_once: how many files `parse` reads at once; by default two in all of this process.
    """

    def __init__(
        self,
        *,
        originals: bool = True,
        ocr: Literal["auto", "always", "never"] = "auto",
        parse: Parse = parse,
        at_once: int | None = None,
    ) -> None:
        self._originals, self._ocr, self._parse = originals, ocr, parse
        self._turns = threading.BoundedSemaphore(at_once) if at_once else _turns

    def read(self, data: bytes, request: Request) -> ReadFile:
        """Read a file; its content decides what it is, except among texts.

        Raises:
            Unreadable: the file cannot be read; `code` and message say why.
            DocumentRejected: the text is not valid in its encoding.
            StoreUnavailable: `stop_reading` was called meanwhile.
        """
        request = msgspec.structs.replace(request, ocr=self._ocr)
        named = _named_text(data, request)
        if named and (text := _decoded(data, request)) is not None:
            return _plain(text, named, request)
        media_type = sniff(data, request)
        if is_plain(media_type):
            return _plain(_text(data, request), media_type, request)
        with self._turns:
            return self._parsed(self._unless_stopped(data, request), data, request)

    def read_sent(self, data: bytes, request: Request) -> ReadFile:
        """Read a file that a client sent; its name is its address, and the title of plain text.

        Raises:
            Unreadable, DocumentRejected: as for `read`.
        """
        read = self.read(data, request)
        title = read.draft.title if read.draft.parsed else request.name
        return replace(read, draft=replace(read.draft, title=title, uri=request.name or None))

    def read_path(self, path: Path, encoding: str | None, password: str | None) -> ReadFile:
        """Read a file on disk; its address is the document's.

        Raises:
            Unreadable, DocumentRejected: as for `read`.
            OSError: the file cannot be opened.
        """
        request = Request(name=printable(path.name), encoding=encoding, password=password)
        found = self.read(path.read_bytes(), request)
        return replace(found, draft=replace(found.draft, uri=path.resolve().as_uri()))

    def read_member(
        self, parent: ReadFile, number: int, password: str | None = None
    ) -> tuple[str, ReadFile]:
        """Read a file inside of another one; return its name, and the file.

        Its metadata has `parent`, the id of the document that it is inside of, and the `access` of
        that document, if it has any.

        Raises:
            Unreadable, DocumentRejected: as for `read`.
        """
        member = parent.members[number]
        found = self.read(member.data, Request(name=member.name, password=password))
        parent_id = document_of(parent.draft).id
        uri = f"{parent.draft.uri or parent_id}#{number + 1}-{quote(member.name[:200])}"
        access = {k: v for k, v in parent.draft.metadata.items() if k == ACCESS}
        metadata = {**found.draft.metadata, "parent": parent_id, **access}
        return member.name, replace(found, draft=replace(found.draft, uri=uri, metadata=metadata))

    def _unless_stopped(self, data: bytes, request: Request) -> Parsed:
        before = _stopped
        try:
            return self._parse(data, request)
        except Unreadable as error:
            if _stopped != before:  # the file is not at fault
                raise StoreUnavailable("reading was stopped; send the file again") from error
            raise

    def _parsed(self, parsed: Parsed, data: bytes, request: Request) -> ReadFile:
        try:
            layout = encoded(parsed)
        except ValueError as error:
            raise Unreadable("crashed", "the reader of this format failed") from error
        name = PurePath(request.name).name[:255]
        kept = data if self._originals else None
        draft = Draft(
            text=parsed.text,
            title=parsed.title or title_of(parsed.text, name, markdown=False),
            media_type=parsed.media_type,
            metadata=parsed.metadata,
            parsed=SourceFile(name=name, made_by=parsed.made_by, layout=layout, data=kept),
        )
        return ReadFile(draft=draft, warnings=tuple(parsed.warnings), members=tuple(parsed.members))


def stop_reading() -> None:
    """End the processes that read files now; later files are read as usual."""
    global _stopped  # noqa: PLW0603  (the processes belong to all readers of this process)
    _stopped = next(_stops)
    close()


def stops() -> int:
    """Return how often reading was stopped, for a `parse` that waits for another machine."""
    return _stopped


def _named_text(data: bytes, request: Request) -> str:
    """Return the type that a plain text has by its name or the client; empty for other files."""
    if data.startswith(_NO_TEXTS):
        return ""
    given = request.media_type.partition(";")[0].strip().lower()
    return _SUFFIXES.get(PurePath(request.name).suffix.lower(), given if given in _TEXTS else "")


def _decoded(data: bytes, request: Request) -> str | None:
    """Return a text; None if it is none, but a file that citespan reads.

    Raises:
        DocumentRejected: it is neither.
    """
    try:
        return decode(data, request.encoding)
    except DocumentRejected:
        with suppress(Unreadable):
            if not is_plain(sniff(data, msgspec.structs.replace(request, name="", media_type=""))):
                return None
        raise


def _text(data: bytes, request: Request) -> str:
    """Return the text of a file that its name does not call a text.

    Raises:
        Unreadable: it is binary data.
        DocumentRejected: it is not in its encoding.
    """
    try:
        return decode(data, request.encoding)
    except DocumentRejected as error:
        if b"\0" in data:
            raise Unreadable("unsupported", str(error)) from error
        raise


def _plain(text: str, media_type: str, request: Request) -> ReadFile:
    title = title_of(text, request.name, markdown=media_type == MARKDOWN)
    return ReadFile(draft=Draft(text=text, title=title, media_type=media_type))
