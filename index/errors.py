"""Everything the index refuses, as types with facts.

StoreError
├── DocumentRejected     the text cannot be stored as given
├── DocumentNotFound     no document (or revision) has that id
├── JobNotFound          no job has that id, or none any more
├── JobsFull             too many jobs have not ended
├── DuplicateDocument    the id is taken by another text
├── CurrentRevision      the current revision cannot be purged
├── InvalidSpan          offsets outside the text
├── InvalidFilter        not a filter; `place` says where
├── StoreMismatch        the data folder was built with other settings
├── BuildIncomplete      a build lacks documents; it cannot be switched to
├── BuildInUse           the chunks are made with these settings already
├── StoreUnavailable     the data folder cannot be opened, read or written
│   └── StoreFull        there is no room on its disk
├── StoreLocked          another process is writing to the data folder
├── StoreCorrupt         the catalogue itself, or a collection's settings, are damaged
│   ├── DocumentDamaged  what is stored of one document; others can be read
│   └── JobsDamaged      the jobs of a data folder; documents can be read and stored
├── BackupInvalid        a file is no backup, or damaged
├── ExportInvalid        a file is no export, or damaged, or does not fit what is stored
└── ModelUnavailable     model files are missing or not the ones pinned
"""


class StoreError(Exception):
    """Root of everything `index` raises on purpose."""


class DocumentRejected(StoreError):
    """The text cannot become a document; the message says why and how to mend it."""


class DocumentNotFound(StoreError):
    """No document, or no such revision of it, is stored under this id."""

    def __init__(self, document_id: str, revision: int | None = None) -> None:
        what = f"document {document_id!r}"
        super().__init__(
            f"{what} has no revision {revision}: it was purged, or never was"
            if revision is not None
            else f"there is no {what}"
        )
        self.document_id = document_id
        self.revision = revision


class JobNotFound(StoreError):
    """No job has this id; finished ones are forgotten after a while."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"there is no job {job_id!r}, or none any more")
        self.job_id = job_id


class JobsFull(StoreError):
    """Jobs come faster than they are done, or too many have failed."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} jobs have not ended; wait for them, or cancel some of those that failed"
        )


class DuplicateDocument(StoreError):
    """Adding would replace another text; replacing is a different operation."""

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
    """Offsets that do not lie inside the text they are meant for."""


class InvalidFilter(StoreError):
    """Not a filter over documents; `place` is the path to what is wrong, empty at the top."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place or 'the filter'} {why}")
        self.place = place
        self.why = why


class StoreMismatch(StoreError):
    """The data folder holds vectors of another embedder or chunks of another size."""


class BuildIncomplete(StoreError):
    """Documents were stored since the build was made, or it was not finished."""

    def __init__(self, build: int) -> None:
        super().__init__(f"build {build} lacks chunks of some documents; go on with it first")


class BuildInUse(StoreError):
    """Nothing is to be made anew: the chunks that are searched are as they were asked for."""

    def __init__(self) -> None:
        super().__init__("the chunks are made with these settings already")


class StoreUnavailable(StoreError):
    """The data folder cannot be opened, read or written."""


class StoreFull(StoreUnavailable):
    """The disk has no room for what was to be written; it was not stored, and reads go on."""


class StoreLocked(StoreError):
    """Another process holds the data folder for writing."""


class StoreCorrupt(StoreError):
    """The catalogue, the only truth, is damaged, or the settings of a collection."""


class DocumentDamaged(StoreCorrupt):
    """What is stored of a document is not what was stored any more."""

    def __init__(self, document_id: str) -> None:
        super().__init__(
            f"document {document_id!r} is damaged: what is kept of it is not what was stored;"
            " `citespan doctor` mends what can be made again, a backup brings back the rest"
        )
        self.document_id = document_id


class JobsDamaged(StoreCorrupt):
    """The file that jobs are kept in is damaged or lost; nothing else is."""


class BackupInvalid(StoreError):
    """A file that is not a backup, or not what was written any more."""


class ExportInvalid(StoreError):
    """A file that is not an export, or not what was written any more, or not to be stored here."""


class ModelUnavailable(StoreError):
    """Model files are missing, or their contents are not what was pinned."""
