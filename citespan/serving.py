"""`citespan serve`: answer over HTTP, until it is stopped."""

import os
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

import click

from citespan.qa import Announcer, Settings
from citespan.qa.errors import ConfigError
from citespan.qa.terminal import say

if TYPE_CHECKING:
    from citespan.api.middleware import Traces

# As the OpenTelemetry SDK names them; either turns traces on.
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 selects a free port."
)
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None, *, opens: bool) -> None:
    """Answer questions over HTTP, and on a web page at the same address.

    On a terminal it prints the address and warnings. Elsewhere it logs JSON lines.
    """
    import threading
    import webbrowser

    from msgspec.structs import asdict

    from citespan.api import Addresses, Operation, Tls, run_server
    from citespan.api.access import Gate, Keyring, ProviderTokens
    from citespan.api.middleware import Limits, Origins, Quotas
    from citespan.measured import MeasuredHere
    from citespan.qa.collections import Collections
    from citespan.qa.composition import audit_log

    watched = sys.stderr.isatty()

    def listening(url: str) -> None:
        if watched:
            say(f"open {url} (Ctrl-C stops)")
        if opens:  # on a thread of its own: some browsers return only once they are closed
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    operation = Operation(
        quotas=Quotas.of(asdict(settings.limits)),
        audit=audit_log(settings),
        traces=_traces(settings),
        tls=Tls.of(settings.serve.tls_certificate, settings.serve.tls_key),
        folder=settings.data_path(),
        announcer=Announcer(settings.data_path()),
        measured=MeasuredHere(settings.data_path()),
    )
    run_server(
        lambda: Collections.open(settings, say=say),
        host=host or settings.serve.host,
        port=settings.serve.port if port is None else port,
        max_body_bytes=settings.serve.max_body_bytes,
        hosts=settings.serve.hosts.lower().replace(",", " ").split(),
        addresses=Addresses.of(settings.serve.public_url, settings.serve.trusted_proxies),
        origins=Origins.of(settings.serve.origins),
        limits=Limits(**{one.name: getattr(settings.serve, one.name) for one in fields(Limits)}),
        gate=Gate(
            Keyring(settings.data_path(), settings.server()), ProviderTokens.of(settings.access)
        ),
        open_to_all=settings.access.open_to_all,
        operation=operation,
        log_level="WARNING" if watched else "INFO",
        on_listening=listening,
    )


def _traces(settings: Settings) -> "Traces | None":
    """Return where traces go; None, and nothing is imported, if nobody named a collector."""
    endpoint = settings.telemetry.otlp_endpoint
    if not (endpoint or any(os.environ.get(name) for name in _ENDPOINTS)):
        return None
    try:
        from citespan.api.middleware import Traces
    except ImportError as error:
        raise ConfigError(
            "telemetry.otlp_endpoint needs OpenTelemetry; install it: pip install 'citespan[otel]'"
        ) from error
    llm = settings.llm
    return Traces.to_collector(endpoint, model=llm.model, model_url=llm.base_url)
