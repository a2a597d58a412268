"""Jobs that survive a crash, and the files that they read."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.jobs.check import JobsReport, check_jobs, set_aside
    from citespan.index.jobs.folder import FolderJobs
    from citespan.index.jobs.spool import (
        SpooledFile,
        SpooledUpload,
        SpoolSlice,
        slice_of,
        unpacked,
    )
    from citespan.index.jobs.store import JobStore

__all__ = (
    "FolderJobs",
    "JobStore",
    "JobsReport",
    "SpoolSlice",
    "SpooledFile",
    "SpooledUpload",
    "check_jobs",
    "set_aside",
    "slice_of",
    "unpacked",
)

__getattr__ = names_of(
    __name__,
    {
        "FolderJobs": "citespan.index.jobs.folder",
        "JobsReport": "citespan.index.jobs.check",
        "JobStore": "citespan.index.jobs.store",
        "SpoolSlice": "citespan.index.jobs.spool",
        "SpooledFile": "citespan.index.jobs.spool",
        "SpooledUpload": "citespan.index.jobs.spool",
        "check_jobs": "citespan.index.jobs.check",
        "set_aside": "citespan.index.jobs.check",
        "slice_of": "citespan.index.jobs.spool",
        "unpacked": "citespan.index.jobs.spool",
    },
)
