"""All errors that the index raises, as types with facts.

StoreError
├── DocumentRejected     the text cannot be stored as given
├── DocumentNotFound     no document (or revision) has that id
├── JobNotFound          no job has that id, or it is no longer kept
├── JobsFull             too many jobs have not ended
├── DuplicateDocument    the id is taken by another text
├── CurrentRevision      the current revision cannot be purged
├── InvalidSpan          offsets outside the text
├── InvalidFilter        not a filter; `place` says where
├── StoreMismatch        the data folder was built with other settings
├── BuildIncomplete      a build lacks documents; it cannot be switched to
├── BuildInUse           the chunks already have these settings
├── StoreUnavailable     the data folder cannot be opened, read or written
│   ├── StoreFull        there is no room on its disk
│   ├── BuildReplaced    another process has switched to other chunks
│   └── SearchBehind     the search engine does not hold all that is stored yet
├── ClusterUnavailable   Ray cannot be reached, or its workers cannot do the work
├── StoreLocked          another process is writing to the data folder
├── StoreCorrupt         the catalogue or a collection's settings are damaged
│   ├── DocumentDamaged  one document is damaged; others can be read
│   └── JobsDamaged      the jobs are damaged; documents can be read and stored
├── BackupInvalid        the file is no backup, or is damaged
├── ExportInvalid        the file is no export, is damaged, or contradicts the store
└── ModelUnavailable     model files are missing or differ from the pinned ones
"""


class StoreError(Exception):
    """Root of all errors that `index` raises on purpose."""


class DocumentRejected(StoreError):
    """The text cannot become a document; the message says why and what to change."""


class DocumentNotFound(StoreError):
    """No document, or no such revision of it, is stored under this id."""

    def __init__(self, document_id: str, revision: int | None = None) -> None:
        what = f"document {document_id!r}"
        super().__init__(
            f"{what} has no revision {revision}: it was purged, or never was stored"
            if revision is not None
            else f"there is no {what}"
        )
        self.document_id = document_id
        self.revision = revision


class JobNotFound(StoreError):
    """No job has this id; the store keeps only the last finished jobs."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id!r} was not found; only the last finished jobs are kept")
        self.job_id = job_id


class JobsFull(StoreError):
    """Clients send jobs faster than the server finishes them, or too many jobs have failed."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} jobs have not ended; wait for them, or cancel some of those that failed"
        )


class DuplicateDocument(StoreError):
    """Adding a document would replace another text; replacing is a different operation."""

    def __init__(self, document_id: str) -> None:
        super().__init__(
            f"document {document_id!r} exists with other content; replace it, or choose another id"
        )
        self.document_id = document_id


class CurrentRevision(StoreError):
    """The current revision of a document cannot be purged; the document can be deleted."""

    def __init__(self, document_id: str, revision: int) -> None:
        super().__init__(
            f"revision {revision} is the current one of document {document_id!r}; replace the"
            " document first, or delete it"
        )
        self.document_id = document_id
        self.revision = revision


class InvalidSpan(StoreError):
    """Offsets lie outside the text that they are meant for."""


class InvalidFilter(StoreError):
    """The input is no filter over documents; `place` is the path to the error, empty at the top."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place or 'the filter'} {why}")
        self.place = place
        self.why = why


class StoreMismatch(StoreError):
    """The data folder holds vectors of another embedder or chunks of another size."""


class BuildIncomplete(StoreError):
    """Some documents have no chunks in the build: they are new, or filling was interrupted."""

    def __init__(self, build: int) -> None:
        super().__init__(
            f"build {build} lacks chunks of some documents; fill it before you switch to it"
        )


class BuildInUse(StoreError):
    """Reindexing would change nothing: the live chunks already have the requested settings."""

    def __init__(self) -> None:
        super().__init__("the chunks already have these settings; choose others to reindex")


class StoreUnavailable(StoreError):
    """The data folder cannot be opened, read or written."""


class StoreFull(StoreUnavailable):
    """The disk is full: the write was rolled back, and reads still work."""


class BuildReplaced(StoreUnavailable):
    """Another process has switched to other chunks, and these are no longer kept up to date."""

    def __init__(self) -> None:
        super().__init__(
            "another server has rebuilt the chunks of this collection; ask again, once they are"
            " read here"
        )


class SearchBehind(StoreUnavailable):
    """The search engine lags behind the documents, and answers from it would miss some."""

    def __init__(self) -> None:
        super().__init__(
            "the search engine does not hold all documents yet, as another server is still bringing"
            " it up to date; ask again"
        )


class ClusterUnavailable(StoreError):
    """Ray cannot be reached, or its workers cannot do the work; the message says what to change."""


class StoreLocked(StoreError):
    """Another process holds the data folder for writing."""


class StoreCorrupt(StoreError):
    """The catalogue, the only source of truth, or the settings of a collection are damaged."""


class DocumentDamaged(StoreCorrupt):
    """The stored data of a document differs from the data that was written."""

    def __init__(self, document_id: str) -> None:
        super().__init__(
            f"document {document_id!r} is damaged: its data differs from what was stored;"
            " `citespan doctor` rebuilds derived data; restore the rest from a backup"
        )
        self.document_id = document_id


class JobsDamaged(StoreCorrupt):
    """The file of the jobs is damaged or lost; documents are unaffected."""


class BackupInvalid(StoreError):
    """The file is not a backup, or it has changed since it was written."""


class ExportInvalid(StoreError):
    """The file is not an export, has changed since it was written, or cannot be stored here."""


class ModelUnavailable(StoreError):
    """Model files are missing, or their contents differ from the pinned ones."""
