"""Files into documents: stored one by one, with the files inside of them, and their pages drawn."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.files.members import MemberResult, members_of, store_members
    from citespan.qa.files.pages import MAX_WIDTH, picture_of
    from citespan.qa.files.storing import Source, StoredTexts, ingest

__all__ = (
    "MAX_WIDTH",
    "MemberResult",
    "Source",
    "StoredTexts",
    "ingest",
    "members_of",
    "picture_of",
    "store_members",
)

__getattr__ = names_of(
    __name__,
    {
        "MAX_WIDTH": "citespan.qa.files.pages",
        "MemberResult": "citespan.qa.files.members",
        "Source": "citespan.qa.files.storing",
        "StoredTexts": "citespan.qa.files.storing",
        "ingest": "citespan.qa.files.storing",
        "members_of": "citespan.qa.files.members",
        "picture_of": "citespan.qa.files.pages",
        "store_members": "citespan.qa.files.members",
    },
)
