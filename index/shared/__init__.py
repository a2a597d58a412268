"""What the servers of one PostgreSQL database share besides documents."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.index.shared.files import SharedFiles
    from citespan.index.shared.jobs import ServerJobs, check_shared_jobs
    from citespan.index.shared.lines import SharedLines
    from citespan.index.shared.listing import Listing, SharedCollection
    from citespan.index.shared.notices import Notices
    from citespan.index.shared.tables import open_shared

__all__ = (
    "Listing",
    "Notices",
    "ServerJobs",
    "SharedCollection",
    "SharedFiles",
    "SharedLines",
    "check_shared_jobs",
    "open_shared",
)

__getattr__ = names_of(
    __name__,
    {
        "SharedCollection": "citespan.index.shared.listing",
        "Listing": "citespan.index.shared.listing",
        "Notices": "citespan.index.shared.notices",
        "ServerJobs": "citespan.index.shared.jobs",
        "SharedFiles": "citespan.index.shared.files",
        "SharedLines": "citespan.index.shared.lines",
        "check_shared_jobs": "citespan.index.shared.jobs",
        "open_shared": "citespan.index.shared.tables",
    },
)
