"""Questions in, cited answers out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.citation import Citation
    from citespan.qa.composition.services import open_service
    from citespan.qa.doctor import examine
    from citespan.qa.members import MemberResult, store_members
    from citespan.qa.pages import MAX_WIDTH, picture_of
    from citespan.qa.service import Service
    from citespan.qa.settings.sections import Settings, load_settings
    from citespan.qa.types import Answer, Mode, Segment, Status

__all__ = (
    "Answer",
    "Citation",
    "MAX_WIDTH",
    "MemberResult",
    "Mode",
    "Segment",
    "Service",
    "Settings",
    "Status",
    "examine",
    "load_settings",
    "open_service",
    "picture_of",
    "store_members",
)

__getattr__ = names_of(
    __name__,
    {
        "Answer": "citespan.qa.types",
        "Citation": "citespan.qa.citation",
        "MAX_WIDTH": "citespan.qa.pages",
        "MemberResult": "citespan.qa.members",
        "Mode": "citespan.qa.types",
        "Segment": "citespan.qa.types",
        "Service": "citespan.qa.service",
        "Settings": "citespan.qa.settings.sections",
        "Status": "citespan.qa.types",
        "examine": "citespan.qa.doctor",
        "load_settings": "citespan.qa.settings.sections",
        "open_service": "citespan.qa.composition.services",
        "picture_of": "citespan.qa.pages",
        "store_members": "citespan.qa.members",
    },
)
