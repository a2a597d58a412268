"""What an operator looks at: the audit log, and the server that runs on a data folder."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.oversight.audit_log import (
        AuditLog,
        OpenAuditLog,
        audit,
        audit_file,
        held_open,
    )
    from citespan.qa.oversight.presence import SERVER_FILE, Announcer, present

__all__ = (
    "Announcer",
    "AuditLog",
    "OpenAuditLog",
    "SERVER_FILE",
    "audit",
    "audit_file",
    "held_open",
    "present",
)

__getattr__ = names_of(
    __name__,
    {
        "Announcer": "citespan.qa.oversight.presence",
        "AuditLog": "citespan.qa.oversight.audit_log",
        "OpenAuditLog": "citespan.qa.oversight.audit_log",
        "SERVER_FILE": "citespan.qa.oversight.presence",
        "audit": "citespan.qa.oversight.audit_log",
        "audit_file": "citespan.qa.oversight.audit_log",
        "held_open": "citespan.qa.oversight.audit_log",
        "present": "citespan.qa.oversight.presence",
    },
)
