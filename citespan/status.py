"""`citespan status`: whether a server runs here, and how it is."""

import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import click
import msgspec

from citespan.index.errors import StoreError
from citespan.qa import Settings, present
from citespan.qa.terminal import json_flag, print_json, say, tell

_TIMEOUT_S = 5.0
_LITTLE_BYTES = 2_000_000_000  # of free disk


class StatusReport(msgspec.Struct, kw_only=True):
    """What was found of a data folder and its server; `problems` is empty if all is well."""

    folder: str
    url: str | None = None
    pid: int | None = None
    since: str | None = None
    readiness: str = "no server"
    documents: dict[str, int] = {}
    jobs: dict[str, int] = {}
    free_bytes: int = 0
    errors: list[str] = []
    problems: list[str] = []


@click.command()
@json_flag
@click.pass_obj
def status(settings: Settings, *, as_json: bool) -> None:
    """Show whether a server runs on the data folder, and how it is.

    The exit code is 1 if no server is ready, or if it reports damage.
    """
    found = _found(settings)
    if as_json:
        print_json(found)
    else:
        _print(found)
    if found.problems:
        sys.exit(1)


def _found(settings: Settings) -> StatusReport:
    folder = settings.data_path()
    found = StatusReport(folder=str(folder))
    server = present(folder)
    if server is None:
        found.problems.append("no server is ready on this data folder")
    else:
        found.url, found.pid, found.since = server.url, server.pid, server.since
        found.errors = [f"{one.time} {one.route}: {one.error} ({one.request_id})"
                        for one in server.faults]  # fmt: skip
        _ask(found, server.url)
    _look(found, settings, folder)
    return found


def _ask(found: StatusReport, url: str) -> None:
    """Ask the server for its readiness."""
    import httpx

    try:
        # Of this machine: no proxy stands before it, and its certificate is for another name.
        with httpx.Client(trust_env=False, verify=False, timeout=_TIMEOUT_S) as client:  # noqa: S501
            response = client.get(f"{_near(url)}/health/ready")
        said: dict[str, Any] = response.json()
    except (httpx.HTTPError, ValueError) as error:
        found.readiness = "no answer"
        found.problems.append(f"the server does not answer: {type(error).__name__}")
        return
    found.readiness = str(said.get("status"))
    if response.status_code != 200:
        found.readiness = "not ready"
        found.problems.append(f"the server is not ready: {said.get('detail')}")
        return
    for name in said.get("damaged", ()):
        found.problems.append(f"the collection {name} is damaged; run citespan doctor")
    if said.get("jobs") != "ready":
        found.problems.append(f"the jobs are {said.get('jobs')}; run citespan doctor")


def _look(found: StatusReport, settings: Settings, folder: Path) -> None:
    """Count what is stored."""
    from citespan.index.jobs import check_jobs
    from citespan.qa.collections import known

    found.documents = {one.name: one.documents for one in known(settings, say)}
    if not folder.is_dir():
        return
    try:
        server = settings.server()
        if server:
            from citespan.index.shared import check_shared_jobs  # its driver is an extra

            found.jobs = check_shared_jobs(server).states
        else:
            found.jobs = check_jobs(folder).states
    except StoreError as error:
        found.problems.append(f"the jobs cannot be read: {error}")
    found.free_bytes = shutil.disk_usage(folder).free
    if found.free_bytes < _LITTLE_BYTES:
        found.problems.append("less than 2 GB of the disk are free")


def _near(url: str) -> str:
    """Return an address at which this machine reaches a server that listens everywhere."""
    parts = urlsplit(url)
    near = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(parts.hostname or "")  # noqa: S104
    return urlunsplit(parts._replace(netloc=f"{near}:{parts.port}")) if near else url


def _print(found: StatusReport) -> None:
    tell(f"data folder: {found.folder}")
    if found.url:
        tell(f"server: {found.url}, process {found.pid}, since {found.since}")
    tell(f"readiness: {found.readiness}")
    for name, documents in found.documents.items():
        tell(f"collection {name}: {documents} documents")
    jobs = ", ".join(f"{count} {state}" for state, count in found.jobs.items())
    tell(f"jobs: {jobs or 'none'}")
    tell(f"free disk: {found.free_bytes / 1e9:.1f} GB")
    for line in found.errors:
        tell(f"error: {line}", colour="yellow")
    for line in found.problems:
        tell(f"problem: {line}", colour="red")
