"""The audit log that settings name."""

from citespan.qa.oversight import AuditLog
from citespan.qa.settings.sections import Settings


def audit_log(settings: Settings) -> AuditLog | None:
    """Return the audit log; None if it is off. Nothing is opened before the first entry."""
    path = settings.audit_path()
    return None if path is None else AuditLog(path=path, most_bytes=settings.audit.max_bytes)
