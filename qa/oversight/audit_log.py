"""The audit log: who changed what, and how that ended, as JSON lines that are only ever appended.

An entry never holds text of documents, questions or answers.
"""

import fcntl
import getpass
import os
import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from citespan.index.jobs.types import FileOutcome, FileResult

Outcome = Literal["done", "refused", "failed"]
_MOST_TEXT = 200  # code points of a value: longer ones are cut
_KEPT = 9  # full files besides the one that is written
_NO_CHANGE = {FileOutcome.UNCHANGED, FileOutcome.DUPLICATE}


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the audit log.

    time: when it was written, in UTC.
    who: the id of a key, the address of a client, or `local:` and the name of a user.
    action: what was done, such as `document.delete`.
    outcome: done, refused (the caller's fault) or failed (the server's).
    collection, document: what it was done to; of actions on neither, empty.
    target: what else it was done to: a job, a key, a revision, a file.
    detail: more about the outcome in a word or two, such as `replaced`, or a status.
    request_id: the request, as in the log and in the response.
    """

    time: str
    who: str
    action: str
    outcome: Outcome
    collection: str = ""
    document: str = ""
    target: str = ""
    detail: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog:
    """A file of entries, which several processes may append to.

    If the file has `most_bytes`, it gets the suffix `.1`, and older ones the next number; the
    oldest of `_KEPT` is deleted.

    path: the file; its folder must exist.
    most_bytes: the size from which a new file is begun.
    """

    path: Path
    most_bytes: int = 10_000_000

    def write(self, entry: Entry, *, durable: bool = False) -> None:
        """Append an entry; if `durable`, return only once it is on the disk.

        Raises:
            OSError: the entry cannot be written.
        """
        with self.opened() as log:
            log.write(entry, durable=durable)

    @contextmanager
    def opened(self) -> Generator["OpenAuditLog"]:
        """Yield the log for many entries: its file is opened at the first, and once."""
        log = OpenAuditLog(self.path, self.most_bytes)
        try:
            yield log
        finally:
            log.close()


class OpenAuditLog:
    """An audit log whose file stays open between entries. Safe for many threads.

    Args:
        path, most_bytes: as for `AuditLog`.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        self._path, self._most_bytes = path, most_bytes
        self._file: int | None = None

    def write(self, entry: Entry, *, durable: bool = False) -> None:
        """Append an entry, as `AuditLog.write`."""
        line = msgspec.json.encode(entry) + b"\n"
        with _writing, self._locked() as file:
            os.write(file, line)
            if durable:
                os.fsync(file)

    def close(self) -> None:
        """Close the file; another entry opens it again."""
        if self._file is not None:
            os.close(self._file)  # which unlocks it
            self._file = None

    @contextmanager
    def _locked(self) -> Generator[int]:
        file = self._current()
        try:
            if os.fstat(file).st_size >= self._most_bytes:
                self._rotate()
                self.close()
                file = self._current()
            yield file
        finally:
            if self._file is not None:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _current(self) -> int:
        """Lock the file that has the name now: another process may have renamed it."""
        while True:
            if self._file is None:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                self._file = os.open(self._path, flags, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if self._is_open_as(self._file):
                return self._file
            self.close()

    def _is_open_as(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False

    def _rotate(self) -> None:
        for number in range(_KEPT, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            newer = older.with_name(f"{self._path.name}.{number - 1}") if number > 1 else self._path
            if newer.exists():
                newer.replace(older)


def held_open(log: AuditLog | None) -> AbstractContextManager[OpenAuditLog | None]:
    """Return a context with the log opened for many entries; without a log, with None."""
    return nullcontext() if log is None else log.opened()


_writing = threading.Lock()


def audit(
    log: AuditLog | OpenAuditLog | None,
    action: str,
    outcome: Outcome = "done",
    *,
    who: str = "",
    collection: str = "",
    document: str = "",
    target: str = "",
    detail: str = "",
    request_id: str = "",
    durable: bool = False,
) -> None:
    """Append an entry to the audit log; without a log, do nothing.

    Args:
        log: the log, or None if the settings turn it off.
        action: a noun and a verb, such as `key.create`.
        outcome: how it ended.
        who: who did it; by default, the user of this process.
        collection: the collection that it was done to, if any.
        document: the document that it was done to, if any.
        target: what else it was done to.
        detail: more about the outcome, in a word or two; never text of a document or a question.
        request_id: the request, if it was one.
        durable: return only once the entry is on the disk: for deletions and for administration.

    Raises:
        OSError: the entry cannot be written.
    """
    if log is None:
        return
    entry = Entry(
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        who=_cut(who) or local_user(),
        action=action,
        outcome=outcome,
        collection=_cut(collection),
        document=_cut(document),
        target=_cut(target),
        detail=_cut(detail),
        request_id=request_id,
    )
    log.write(entry, durable=durable)


def audit_file(
    log: AuditLog | OpenAuditLog | None,
    name: str,
    result: FileResult,
    *,
    collection: str,
    who: str = "",
) -> None:
    """Append what became of a file that was to be stored, or is gone at its source, as `audit`.

    A file that changed nothing is left out: reading a folder each night must not push out the rest.
    """
    if result.outcome in _NO_CHANGE:
        return
    audit(
        log,
        "document.delete" if result.outcome is FileOutcome.REMOVED else "document.store",
        "refused" if result.outcome is FileOutcome.REJECTED else "done",
        who=who,
        collection=collection,
        document=result.document_id or "",
        target=name,
        detail=result.outcome,
    )


def local_user() -> str:
    """Return who uses the command line."""
    try:
        return f"local:{getpass.getuser()}"
    except (KeyError, OSError):  # a user without a name, as in a container
        return f"local:{os.getuid()}"


def _cut(text: str) -> str:
    return text[:_MOST_TEXT]
