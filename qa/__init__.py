"""Questions in, cited answers out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.citation import Citation
    from citespan.qa.composition.services import open_service
    from citespan.qa.doctor import examine
    from citespan.qa.files.members import MemberResult, store_members
    from citespan.qa.files.pages import MAX_WIDTH, picture_of
    from citespan.qa.oversight.audit_log import AuditLog, audit
    from citespan.qa.oversight.presence import Announcer, present
    from citespan.qa.service import Service
    from citespan.qa.settings.sections import Settings, load_settings
    from citespan.qa.types import Answer, Mode, Segment, Status

__all__ = (
    "Announcer",
    "Answer",
    "AuditLog",
    "Citation",
    "MAX_WIDTH",
    "MemberResult",
    "Mode",
    "Segment",
    "Service",
    "Settings",
    "Status",
    "audit",
    "examine",
    "load_settings",
    "open_service",
    "picture_of",
    "present",
    "store_members",
)

__getattr__ = names_of(
    __name__,
    {
        "Announcer": "citespan.qa.oversight.presence",
        "Answer": "citespan.qa.types",
        "AuditLog": "citespan.qa.oversight.audit_log",
        "Citation": "citespan.qa.citation",
        "MAX_WIDTH": "citespan.qa.files.pages",
        "MemberResult": "citespan.qa.files.members",
        "Mode": "citespan.qa.types",
        "Segment": "citespan.qa.types",
        "Service": "citespan.qa.service",
        "Settings": "citespan.qa.settings.sections",
        "Status": "citespan.qa.types",
        "audit": "citespan.qa.oversight.audit_log",
        "examine": "citespan.qa.doctor",
        "load_settings": "citespan.qa.settings.sections",
        "open_service": "citespan.qa.composition.services",
        "picture_of": "citespan.qa.files.pages",
        "present": "citespan.qa.oversight.presence",
        "store_members": "citespan.qa.files.members",
    },
)
