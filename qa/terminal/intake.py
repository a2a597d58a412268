"""Local files of all kinds into a corpus, with the outcome of each file."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from citespan.index import Corpus
from citespan.index.corpus import ChunkMaker
from citespan.index.jobs.types import FileOutcome, FileResult
from citespan.index.parse import printable
from citespan.index.reading import FileReader, files_in
from citespan.qa.files import Source, StoredTexts, ingest
from citespan.qa.terminal.progress import Progress

_UNSUPPORTED = "unsupported"  # the code of files that citespan does not read


class FileReport(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a file; `chunks` is how many it has now, 0 if nothing was stored.

    `code` is the reason in one word, if the file or a part of it could not be read.
    """

    name: str
    outcome: FileOutcome
    reason: str | None
    code: str | None
    document_id: str | None
    chunks: int


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """The outcomes of many files.

    files: a report of each file, or only of those that were not stored.
    skipped: names of files in folders that are of no kind that citespan reads.
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
    corpus: Corpus,
    paths: Sequence[Path],
    encoding: str | None = None,
    *,
    files: FileReader | None = None,
    maker: ChunkMaker | None = None,
    password: str | None = None,
    every: bool = False,
    on_result: Callable[[str, FileResult], None] = lambda _, __: None,
) -> Intake:
    """Store files, and those of folders, one after another; Ctrl-C stops early.

    Args:
        corpus: stores the files.
        paths: files and folders that exist.
        encoding: the encoding of texts without a byte order mark; UTF-8 by default.
        files: reads the files; by default it keeps them.
        maker: makes chunks and vectors elsewhere; by default this process makes them.
        password: opens encrypted files.
        every: whether to report the stored files, too.
        on_result: called with the name and the outcome of each file that is not skipped.
    """
    reader = files or FileReader()
    found = list(files_in(paths))
    skipped: list[str] = []
    outcomes: Counter[FileOutcome] = Counter()
    reports: list[FileReport] = []
    stopped = False

    def keep(source: Source, result: FileResult) -> None:
        progress.file_done()
        _, in_folder = found[source.number]
        if in_folder and result.code == _UNSUPPORTED:
            skipped.append(source.name)
            return
        on_result(source.name, result)
        outcomes[result.outcome] += 1
        if every or result.reason:
            reports.append(_report(source, result))

    with Progress(len(found)) as progress:
        sources = (
            Source(
                number=number,
                name=printable(file),
                read=partial(reader.read_path, file, encoding, password),
                password=password,
            )
            for number, (file, _) in enumerate(found)
        )
        try:
            ingest(
                corpus, sources, seen=StoredTexts(), files=reader, on_result=keep,
                on_chunks=progress.chunks_done, maker=maker,
            )  # fmt: skip
        except KeyboardInterrupt:
            stopped = True
    documents, chunks = corpus.counts()
    return Intake(
        files=reports,
        outcomes=dict(outcomes),
        skipped=skipped,
        documents=documents,
        chunks=chunks,
        stopped=stopped,
    )


def _report(source: Source, result: FileResult) -> FileReport:
    return FileReport(
        name=source.name,
        outcome=result.outcome,
        reason=result.reason,
        code=result.code,
        document_id=result.document_id,
        chunks=result.chunks,
    )
