"""`citespan serve`: answer over HTTP, until it is stopped."""

import os
import sys
from contextlib import closing
from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict, replace

from citespan.qa import Announcer, Settings
from citespan.qa.errors import ConfigError
from citespan.qa.terminal import say

if TYPE_CHECKING:
    from citespan.api.middleware import Traces
    from citespan.api.server import ServerWorker

# As the OpenTelemetry SDK names them; either turns traces on.
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 selects a free port."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes that answer; several need store.url."
)
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.pass_obj
def serve(
    settings: Settings, host: str | None, port: int | None, workers: int | None, *, opens: bool
) -> None:
    """Answer questions over HTTP, and on a web page at the same address.

    On a terminal it prints the address and warnings. Elsewhere it logs JSON lines.
    """
    given = {"host": host, "port": port, "workers": workers}
    flags = {name: value for name, value in given.items() if value is not None}
    settings = replace(settings, serve=replace(settings.serve, **flags))
    if settings.serve.workers == 1:
        _serve(settings, opens=opens)
        return
    from citespan.api.server import run_workers

    if not settings.store.url:
        raise ConfigError(
            "serve.workers needs store.url: only one process writes a data folder; one process"
            " uses all cores for its models"
        )
    import_module("citespan.qa.collections.registry")  # once, before there are workers
    outcome = run_workers(
        settings.serve.workers,
        settings.serve.host,
        settings.serve.port,
        stop_s=settings.serve.stop_s,
        log_level=_level(),
    )
    if isinstance(outcome, int):
        sys.exit(outcome)
    _serve(settings, outcome, opens=opens)


def _serve(settings: Settings, worker: "ServerWorker | None" = None, *, opens: bool) -> None:
    import threading
    import webbrowser

    from citespan.api import Addresses, Operation, Tls, run_server
    from citespan.api.access import Gate, Keyring, ProviderTokens
    from citespan.api.middleware import Limits, Origins, Quotas
    from citespan.index.background import BackgroundMaker
    from citespan.measured import MeasuredHere
    from citespan.qa.collections import Collections
    from citespan.qa.composition import audit_log

    def listening(url: str) -> None:
        if sys.stderr.isatty():
            say(f"open {url} (Ctrl-C stops)")
        if opens:  # on a thread of its own: some browsers return only once they are closed
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    whole, settings = settings, _of(settings, worker)
    operation = Operation(
        quotas=Quotas.of(asdict(settings.limits)),
        audit=audit_log(settings),
        traces=_traces(settings),
        tls=Tls.of(settings.serve.tls_certificate, settings.serve.tls_key),
        folder=settings.data_path(),
        announcer=Announcer(settings.data_path(), worker and worker.parent),
        measured=MeasuredHere(whole.data_path()),
        worker=worker and worker.number,
    )
    limits = Limits(**{one.name: getattr(settings.serve, one.name) for one in fields(Limits)})
    with closing(BackgroundMaker()) as maker:
        run_server(
            lambda: Collections.open(settings, say=say, maker=maker),
            host=settings.serve.host,
            port=settings.serve.port,
            max_body_bytes=settings.serve.max_body_bytes,
            hosts=settings.serve.hosts.lower().replace(",", " ").split(),
            addresses=Addresses.of(settings.serve.public_url, settings.serve.trusted_proxies),
            origins=Origins.of(settings.serve.origins),
            limits=limits,
            gate=Gate(
                Keyring(settings.data_path(), settings.server()), ProviderTokens.of(settings.access)
            ),
            open_to_all=settings.access.open_to_all,
            operation=operation,
            log_level=_level(),
            on_listening=listening,
            worker=worker,
        )


def _level() -> str:
    return "WARNING" if sys.stderr.isatty() else "INFO"


def _of(settings: Settings, worker: "ServerWorker | None") -> Settings:
    """Return the settings of a worker: the first one has the data folder, others one inside."""
    if worker is None or worker.number == 1:
        return settings
    own = settings.data_path() / f"worker-{worker.number}"
    log = settings.audit_path()  # one for all
    return replace(
        settings,
        data=replace(settings.data, path=str(own)),
        audit=replace(settings.audit, path=str(log or "")),
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
