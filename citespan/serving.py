"""`citespan serve`: answer over HTTP, until it is stopped."""

import sys
from dataclasses import fields

import click

from citespan.qa import Settings
from citespan.qa.terminal import say


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

    from citespan.api import Addresses, run_server
    from citespan.api.access import Gate, Keyring, ProviderTokens
    from citespan.api.middleware import Limits, Origins
    from citespan.qa.collections import Collections

    watched = sys.stderr.isatty()

    def listening(url: str) -> None:
        if watched:
            say(f"open {url} (Ctrl-C stops)")
        if opens:  # on a thread of its own: some browsers return only once they are closed
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    run_server(
        lambda: Collections.open(settings, say=say),
        host=host or settings.serve.host,
        port=settings.serve.port if port is None else port,
        max_body_bytes=settings.serve.max_body_bytes,
        hosts=settings.serve.hosts.lower().replace(",", " ").split(),
        addresses=Addresses.of(settings.serve.public_url, settings.serve.trusted_proxies),
        origins=Origins.of(settings.serve.origins),
        limits=Limits(**{one.name: getattr(settings.serve, one.name) for one in fields(Limits)}),
        gate=Gate(Keyring(settings.data_path()), ProviderTokens.of(settings.access)),
        open_to_all=settings.access.open_to_all,
        log_level="WARNING" if watched else "INFO",
        on_listening=listening,
    )
