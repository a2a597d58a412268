"""How a server is operated: quotas, the audit log, traces, TLS, and where its data is."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from citespan.api.middleware.quotas import Quotas
from citespan.api.routes import Measured
from citespan.qa import Announcer, AuditLog
from citespan.qa.errors import ConfigError

if TYPE_CHECKING:
    from citespan.api.middleware.traces import Traces


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The files of a certificate and of its key; an empty `key` is in the certificate's file."""

    certificate: Path
    key: Path | None = None

    @classmethod
    def of(cls, certificate: str, key: str) -> "Tls | None":
        """Return the files that the settings name, or None if they name none.

        Raises:
            ConfigError: there is a key without a certificate.
        """
        if not certificate:
            if key:
                raise ConfigError("serve.tls_key needs serve.tls_certificate")
            return None
        return cls(certificate=Path(certificate), key=Path(key) if key else None)

    def check(self) -> None:
        """Raise ConfigError if the files cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            context.load_cert_chain(self.certificate, self.key, password=lambda: "")
        except OSError as error:
            why = error.strerror or str(error)
            raise ConfigError(
                f"serve.tls_certificate {self.certificate} and serve.tls_key"
                f" {self.key or '(in the same file)'} cannot be used: {why}"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """How a server is operated; by default without quotas, logs of changes, traces and TLS.

    quotas: how much each caller may use.
    audit: the log of changes.
    traces: where traces of requests go.
    tls: the certificate; with one, the server speaks only HTTPS.
    folder: the data folder, whose free space the metrics tell.
    announcer: says where the server runs, and what failed.
    measured: the runs of the evaluation, and data sets made of labels.
    worker: the number of this process, if there are several.
    """

    quotas: Quotas = field(default_factory=Quotas)
    audit: AuditLog | None = None
    traces: "Traces | None" = None
    tls: Tls | None = None
    folder: Path | None = None
    announcer: Announcer | None = None
    measured: Measured = field(default_factory=Measured)
    worker: int | None = None
