"""The settings of sources to what they may do, and where the sources are."""

import weakref
from ipaddress import ip_network

from citespan.qa.settings.sections import Settings
from citespan.qa.settings.sources import listed
from citespan.qa.sources import SourceFiles
from citespan.qa.sources.guard import Outgoing


def build_outgoing(settings: Settings) -> Outgoing:
    """Return what sources may do.

    Raises:
        ConfigError: a setting is invalid.
    """
    given = settings.sources
    given.check()
    lines = [line.partition("=") for line in given.secrets.splitlines() if line.strip()]
    return Outgoing(
        hosts=frozenset(one.lower() for one in listed(given.hosts)),
        networks=tuple(map(ip_network, listed(given.networks))),
        protocols=frozenset(listed(given.protocols)),
        secrets={name.strip(): secret.strip() for name, _, secret in lines},
        max_bytes=given.max_bytes,
        max_entries=given.max_entries,
        timeout_s=given.timeout_s,
        limit_s=given.limit_s,
    )


def source_files(settings: Settings) -> SourceFiles:
    """Return the definitions of the sources of the data folder, or of its server.

    Raises:
        StoreUnavailable: the server cannot be reached.
    """
    server = settings.server()
    if server is None:
        return SourceFiles(settings.data_path())
    from citespan.index.shared import open_shared  # its driver is an extra

    db = open_shared(server)
    made = SourceFiles(settings.data_path(), db)
    weakref.finalize(made, db.close)
    return made
