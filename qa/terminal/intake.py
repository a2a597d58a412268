"""Local files into a corpus, with the outcome of each file."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from citespan.index import Corpus
from citespan.index.jobs.types import FileOutcome, FileResult
from citespan.index.parse import other_files, printable, read_file, text_files
from citespan.qa.ingest import Seen, Source, ingest
from citespan.qa.terminal.progress import Progress


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a file; `chunks` is how many it has now, 0 if nothing was stored."""

    name: str
    outcome: FileOutcome
    reason: str | None
    document_id: str | None
    chunks: int


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """The outcomes of many files.

    files: a report of each file, or only of those that were not stored.
    skipped: names of files in folders whose suffix is not that of a text file.
    documents, chunks: how many are stored now, in total.
    stopped: whether the intake was interrupted; the next run continues it.
    """

    files: Sequence[FileReport]
    outcomes: dict[FileOutcome, int]
    skipped: Sequence[str]
    documents: int
    chunks: int
    stopped: bool


def take_in(
    corpus: Corpus, paths: Sequence[Path], encoding: str | None = None, *, every: bool = False
) -> Intake:
    """Store files, and the text files of folders, one after another; Ctrl-C stops early.

    Args:
        corpus: stores the files.
        paths: files and folders that exist.
        encoding: the encoding of files without a byte order mark; UTF-8 by default.
        every: whether to report the stored files, too.
    """
    files = list(text_files(paths))
    outcomes: Counter[FileOutcome] = Counter()
    reports: list[FileReport] = []
    stopped = False

    def keep(source: Source, result: FileResult) -> None:
        outcomes[result.outcome] += 1
        if every or result.reason:
            reports.append(_report(source, result))
        progress.file_done()

    with Progress(len(files)) as progress:
        sources = (_source(number, file, encoding) for number, file in enumerate(files))
        try:
            ingest(corpus, sources, seen=Seen(), on_result=keep, on_chunks=progress.chunks_done)
        except KeyboardInterrupt:
            stopped = True
    documents, chunks = corpus.counts()
    return Intake(
        files=reports,
        outcomes=dict(outcomes),
        skipped=[printable(file) for file in other_files(paths)],
        documents=documents,
        chunks=chunks,
        stopped=stopped,
    )


def _source(number: int, file: Path, encoding: str | None) -> Source:
    return Source(number=number, name=printable(file), read=partial(read_file, file, encoding))


def _report(source: Source, result: FileResult) -> FileReport:
    return FileReport(
        name=source.name,
        outcome=result.outcome,
        reason=result.reason,
        document_id=result.document_id,
        chunks=result.chunks,
    )
